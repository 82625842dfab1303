// A connector that does attempts, for tests that kill it: at one of its writes it ends as a crash does, before or after that.
import { appendFileSync, readFileSync } from "node:fs"
import { bootId } from "../../connector/boot.ts"
import { Machine } from "../../connector/machine.ts"
import { Attempts } from "../../connector/tasks/attempts.ts"
import { Assignment, writeKept } from "../../connector/tasks/kept.ts"
import { CLOCK } from "../../connector/tasks/ports.ts"
import { nobody } from "./home-calls.ts"

/** `when`: "before" or "after"; `which`: the write, from 1; 0 for none. `told`: a line for each report, as the ledger has it. */
const [dataDir = "", given = "", told = "", when = "", which = "0"] = process.argv.slice(2)
const log = (line: string) => void process.stderr.write(`${line}\n`)
const die = () => process.kill(process.pid, "SIGKILL")
let writes = 0

const machine = await Machine.open({ dataDir, log, home: nobody() })
const attempts = await Attempts.open({
	...{ dataDir, sessions: machine.forAttempts, log, clock: { ...CLOCK, boot: bootId() } },
	ledger: {
		report: async (report) => {
			appendFileSync(told, `${JSON.stringify(report)}\n`)
			return ["succeeded", "failed", "timed-out", "lost"].includes(report.is) ? "forget" : "go-on"
		},
		secrets: async () => ({ secrets: { git: "s3cret-of-git" }, bound: [] }),
		upload: () => Promise.reject(new Error("There are none.")),
		artifact: async () => false,
	},
	write: async (folder, kept) => {
		writes++
		if (when === "before" && writes === Number(which)) die()
		await writeKept(folder, kept)
		if (when === "after" && writes === Number(which)) die()
	},
})
const assignment = Assignment.parse(JSON.parse(readFileSync(given, "utf8")))
await attempts.take(assignment)
await attempts.get(assignment)?.run()
process.exit(0)
