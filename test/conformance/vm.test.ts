// The conformance suite in: vm. The cases of limits and ends, which boot a VM each, are left to `npm run conformance`: in
// software, as here, they take longer than everything else together.
import { ESCAPE } from "./cases/escape.ts"
import { EXEC } from "./cases/exec.ts"
import { FILE_CASES } from "./cases/files.ts"
import { TERMINAL } from "./cases/terminal.ts"
import { WORD_CASES } from "./cases/words.ts"
import { conformance } from "./suite.ts"

conformance("vm", [...EXEC, ...TERMINAL, ...WORD_CASES, ...FILE_CASES, ...ESCAPE])
