// The conformance suite in: sandbox.
import { conformance } from "./suite.ts"

conformance("sandbox")
