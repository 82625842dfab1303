// A program has a terminal that is its own: its size, its keys, and job control.
import assert from "node:assert/strict"
import { createHash, randomBytes } from "node:crypto"
import type { Case } from "../case.ts"
import type { Run } from "../place.ts"

const SHELL = ["bash", "--norc", "--noprofile", "-i"]

export const TERMINAL: Case[] = [
	{
		what: "[SES2] the terminal has the size that was asked for, and follows the viewer's",
		async run(place) {
			const script = "trap 'echo resized $(stty size)' WINCH; echo began $(stty size); while :; do sleep 0.1; done"
			const run = await place.start(["bash", "-c", script], { cols: 91, rows: 33 })
			await run.writes("began 33 91")
			const { viewing } = await run.attach(91, 33)
			viewing.size(101, 41, true)
			await run.writes("resized 41 101")
			viewing.size(60, 20, true)
			await run.writes("resized 20 60")
			await run.end()
		},
	},
	{
		what: "[SES2] the terminal is the program's own: its standard files, and /dev/tty",
		async run(place) {
			const { text } = await place.sh(
				"test -t 0 && test -t 1 && test -t 2 && echo all; echo heard > /dev/tty; echo $TERM",
			)
			assert.equal(text, "all\nheard\nxterm-256color\n")
		},
	},
	{
		what: "[INP1] Ctrl-C ends what runs in the foreground, and only that",
		async run(place) {
			const run = await place.start(SHELL, { environment: { PS1: "$ " } })
			await run.writes("$ ")
			await run.type("sleep 100 & sh -c 'echo begun; exec sleep 101'; echo foreground $?")
			await run.writes(/^begun$/m)
			await run.type("\x03", false)
			await run.type("jobs; echo prompt")
			const text = await run.writes(/^prompt$/m)
			assert.match(text, /Running +sleep 100/)
			assert.doesNotMatch(text, /^foreground/m)
			await run.end()
		},
	},
	{
		what: "[INP1] Ctrl-Z stops a job, which goes on when it is told to",
		async run(place) {
			const run = await place.start(SHELL, { environment: { PS1: "$ " } })
			await run.writes("$ ")
			assert.doesNotMatch(await run.text(), /job control/)
			await run.type("sh -c 'echo begun; read line; echo job read $line'")
			await run.writes(/^begun$/m)
			await run.type("\x1a", false)
			await run.writes(/Stopped/)
			await run.type("fg")
			await run.type("this")
			await run.writes(/^job read this$/m)
			await run.type("exit 3")
			assert.deepEqual(await exit(run), [3, null])
		},
	},
	{
		what: "[INP1] Ctrl-C and Ctrl-\\ reach a program that no shell stands around",
		async run(place) {
			for (const [key, signal] of [
				["\x03", "SIGINT"],
				["\x1c", "SIGQUIT"],
			] as const) {
				const run = await place.start(["sh", "-c", "ulimit -c 0; echo ready; exec sleep 100"])
				await run.writes("ready")
				await run.type(key, false)
				assert.deepEqual(await exit(run), [null, signal])
			}
		},
	},
	{
		what: "[OUT1] output is exact: megabytes of every byte",
		async run(place) {
			const program = '$a = join("", map { chr } 0..255) x 2; print substr($a, $_ % 256, 256) for 0..11999; print "end"'
			const run = await place.start(["bash", "-c", `stty raw; exec perl -e '${program}'`])
			await run.ended()
			const every = Buffer.from(Array.from({ length: 512 }, (_, at) => at % 256))
			const rows = Array.from({ length: 12_000 }, (_, i) => every.subarray(i % 256, (i % 256) + 256))
			assert.ok((await run.output()).equals(Buffer.concat([...rows, Buffer.from("end")])))
		},
	},
	{
		what: "[INP1] input is exact: a large paste, whole and in order",
		async run(place) {
			const text = randomBytes(200_000).toString("base64")
			const script = `stty raw -echo; echo ready; head -c ${text.length} | sha256sum`
			const run = await place.start(["bash", "-c", script])
			await run.writes("ready")
			await run.type(text, false)
			assert.ok((await run.writes(/[0-9a-f]{64}/)).includes(createHash("sha256").update(text).digest("hex")))
			await run.ended()
		},
	},
]

async function exit(run: Run): Promise<unknown> {
	const state = await run.ended()
	return state.is === "exited" ? [state.code, state.signal] : state
}
