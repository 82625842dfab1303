// Whoever ends a session ends all of it; whoever dies around it does not.
import assert from "node:assert/strict"
import { processesOver } from "../../support/home.ts"
import { until } from "../../support/until.ts"
import type { Case } from "../case.ts"
import { argumentsOf, type Place, type Run } from "../place.ts"

export const ENDING: Case[] = [
	{
		what: "[SES2] a kill leaves no process: in the background, after setsid and nohup, forked twice, deaf to signals",
		async run(place) {
			const { run, mark } = await family(place)
			await run.signal("SIGKILL")
			const state = await run.ended()
			assert.deepEqual([state.is === "exited" && state.signal], ["SIGKILL"])
			await until("all of it is gone", async () => (await place.count(mark)) === 0, 60_000)
		},
	},
	{
		what: "[SES2] a signal reaches the program, which may answer it",
		async run(place) {
			const script = "trap 'echo one' USR1; trap 'echo two; exit 9' TERM; echo ready; while :; do sleep 0.1; done"
			const run = await place.start(["bash", "-c", script])
			await run.writes("ready")
			await run.signal("SIGUSR1")
			await run.writes("one")
			await run.signal("SIGTERM")
			const state = await run.ended()
			assert.deepEqual([state.is === "exited" && state.code, (await run.text()).includes("two")], [9, true])
		},
	},
	{
		what: "[SES2] a hangup ends what does nothing about it, background and all",
		async run(place) {
			const mark = place.mark()
			const run = await place.start(["bash", "-c", `sleep ${mark} & setsid sleep ${mark} & echo ready; sleep ${mark}`])
			await run.writes("ready")
			await run.signal("SIGHUP")
			const state = await run.ended()
			assert.deepEqual([state.is === "exited" && state.signal], ["SIGHUP"])
			await until("all of it is gone", async () => (await place.count(mark)) === 0, 60_000)
		},
	},
	{
		what: "[SES2] what a program leaves in the background ends with it",
		lacks: ({ substrate }) =>
			substrate === "host" ? "On the host a daemon that a program leaves goes on, as from any terminal." : null,
		async run(place) {
			const mark = place.mark()
			const { state } = await place.sh(`setsid nohup sleep ${mark} >/dev/null 2>&1 & exit 4`)
			assert.deepEqual([state.is === "exited" && state.code], [4])
			await until("all of it is gone", async () => (await place.count(mark)) === 0, 60_000)
		},
	},
	{
		what: "[SES1] kill -9 of the connector leaves the session running, and its output exact",
		async run(place) {
			const script = "stty -echo; for i in {0..499}; do echo line $i; sleep 0.01; done; read word; echo heard $word"
			const run = await place.start(["bash", "-c", script])
			await run.writes("line 50\n")
			const before = place.connectorPid()
			process.kill(before, "SIGKILL")
			await until(
				"another connector is linked",
				async () => place.connectorPid() !== before && (await answers(run)),
				60_000,
			)
			await run.writes("line 499\n")
			await run.type("this")
			const state = await run.ended()
			assert.deepEqual([state.is === "exited" && state.code], [0])
			const lines = Array.from({ length: 500 }, (_, i) => `line ${i}\n`)
			assert.equal(await run.text(), `${lines.join("")}heard this\n`)
		},
	},
	{
		what: "[SES1] [SES2] kill -9 of the holder or the warden ends the session, and leaves no process",
		async run(place) {
			for (const part of place.substrate === "host" ? ["holder"] : ["holder", "warden"]) {
				const { run, mark } = await family(place)
				const isPart = (pid: number) => argumentsOf(pid).some((word) => word.endsWith(`/${part}.js`))
				for (const pid of processesOver(run.id).filter(isPart)) process.kill(pid, "SIGKILL")
				const state = await run.ended()
				assert.notEqual(state.is === "exited" && state.code, 0)
				if (place.substrate === "host") place.end(mark)
				else await until("all of it is gone", async () => (await place.count(mark)) === 0, 60_000)
			}
		},
	},
	{
		what: "a session that is forgotten leaves nothing in the data folder",
		async run(place) {
			const run = await place.start(["true"])
			await run.ended()
			await place.home.call("removeSession", { params: run.params })
			assert.ok(!place.sessionFolders().includes(run.id))
		},
	},
]

/** A program whose processes have left it in every way there is. */
async function family(place: Place): Promise<{ run: Run; mark: string }> {
	const mark = place.mark()
	const script = `trap '' TERM HUP
		sleep ${mark} &
		setsid sleep ${mark} &
		nohup sleep ${mark} >/dev/null 2>&1 &
		(setsid bash -c 'sleep ${mark} & sleep ${mark} & wait' &)
		(cd /; setsid sleep ${mark} </dev/null >/dev/null 2>&1 &)
		${place.substrate === "host" ? "" : `env -i setsid sleep ${mark} &`}
		echo ready; sleep ${mark}; sleep ${mark}`
	const run = await place.start(["bash", "-c", script])
	await run.writes("ready")
	const expected = place.substrate === "host" ? 7 : 8
	await until("all of it runs", async () => (await place.count(mark)) === expected, 60_000)
	return { run, mark }
}

async function answers(run: Run): Promise<boolean> {
	return run.text().then(
		() => true,
		() => false,
	)
}
