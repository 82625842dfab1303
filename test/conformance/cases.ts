// The suite: what every substrate is held to.
import type { Case } from "./case.ts"
import { ABSENCE } from "./cases/absence.ts"
import { ENDING } from "./cases/ending.ts"
import { ESCAPE } from "./cases/escape.ts"
import { EXEC } from "./cases/exec.ts"
import { FILE_CASES } from "./cases/files.ts"
import { LIMIT_CASES } from "./cases/limits.ts"
import { NETWORK_CASES } from "./cases/network.ts"
import { TERMINAL } from "./cases/terminal.ts"
import { WORD_CASES } from "./cases/words.ts"

export const CASES: Case[] = [
	...EXEC,
	...TERMINAL,
	...WORD_CASES,
	...FILE_CASES,
	...NETWORK_CASES,
	...ESCAPE,
	...LIMIT_CASES,
	...ENDING,
	...ABSENCE,
]
