// The conformance suite in: vm. What boots a VM a case is left to `npm run conformance`, since in software that takes longer
// than everything else together; ends, terminals, words and files are held to by test/connector/vm-session.test.ts.
import { ESCAPE } from "./cases/escape.ts"
import { conformance } from "./suite.ts"

conformance("vm", ESCAPE)
