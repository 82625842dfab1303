// The conformance suite in: container.
import { conformance } from "./suite.ts"

conformance("container")
