// The conformance suite in: vm.
import { conformance } from "./suite.ts"

conformance("vm")
