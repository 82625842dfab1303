// The conformance suite in: host.
import { conformance } from "./suite.ts"

conformance("host")
