// A task in a VM that is made for it: its inputs go in, what it leaves comes out, and the VM goes with it.
import { readFileSync } from "node:fs"
import { expect, onTestFinished, test } from "vitest"
import { Vms } from "../../connector/substrates/vm/vms.ts"
import { sessionOf } from "../../connector/tasks/kept.ts"
import { script, taskFolder, taskMachine } from "../support/attempts.ts"
import { withVmImage } from "../support/vm-image.ts"

/** A machine that emulates processors, and does something else beside, is slow. */
const SLOW_MS = 600_000

test("a task in a new VM has its inputs, leaves its artifacts, and leaves no VM", { timeout: SLOW_MS }, async () => {
	const dataDir = taskFolder()
	await withVmImage(dataDir)
	const vms = new Vms(dataDir)
	onTestFinished(async () => {
		for (const { name } of await vms.list()) await vms.do(name, { verb: "destroy" })
	})
	const { run, ledger, attempts, machine } = await taskMachine({}, dataDir)
	const given = await run({
		...script("cat .homeport/inbox/word > .homeport/outbox/word && hostname > .homeport/outbox/host && exit 3"),
		substrate: undefined,
		target: { newVm: {} },
		inputs: [{ path: "word", from: { is: "content", base64: Buffer.from("in and out").toString("base64") } }],
	})
	const end = await ledger.end()
	expect(end, end.reason).toMatchObject({ is: "failed", because: "exit", exitCode: 3 })
	expect(end.artifacts.map(({ path }) => path)).toEqual(["host", "word"])
	expect(readFileSync(attempts.get(given)?.artifact(end.artifacts[1]?.hash ?? "") ?? "", "utf8")).toBe("in and out")
	expect(machine.forAttempts.info(sessionOf(given))).toMatchObject({ substrate: "vm", state: { is: "exited" } })
	await attempts.get(given)?.run()
	expect(await vms.list()).toEqual([])
})

test("what cannot be had in a VM is a failure that says so, before anything is made", async () => {
	const { run, ledger } = await taskMachine()
	await run({ ...script("true"), substrate: "vm", workOn: { is: "directory", path: taskFolder() } })
	expect(await ledger.end()).toMatchObject({ is: "failed", because: "prepare", session: null })
	expect(ledger.reports.at(-1)?.reason).toContain("name a repository by its address")
})
