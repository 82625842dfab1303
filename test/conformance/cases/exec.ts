// How a program ends is told as it was, through everything that it ran in.
import assert from "node:assert/strict"
import type { Case } from "../case.ts"

const CODES = [0, 1, 7, 126, 127, 137, 255]
const SIGNALS = ["SIGTERM", "SIGKILL", "SIGSEGV", "SIGUSR2"]

export const EXEC: Case[] = [
	{
		what: "[SES2] exit codes are exact, also those that others use for signals",
		async run(place) {
			const ended = await Promise.all(CODES.map((code) => place.sh(`exit ${code}`)))
			const found = ended.map(({ state }) => (state.is === "exited" ? [state.code, state.signal] : state))
			assert.deepEqual(
				found,
				CODES.map((code) => [code, null]),
			)
		},
	},
	{
		what: "[SES2] a signal is told as that signal, and never as a code",
		async run(place) {
			const ended = await Promise.all(SIGNALS.map((signal) => place.sh(`ulimit -c 0; kill -${signal.slice(3)} $$`)))
			const found = ended.map(({ state }) => (state.is === "exited" ? [state.code, state.signal] : state))
			assert.deepEqual(
				found,
				SIGNALS.map((signal) => [null, signal]),
			)
		},
	},
	{
		what: "[SES2] the last byte of output comes before the end",
		async run(place) {
			for (let time = 0; time < 5; time++) {
				const { text } = await place.sh("head -c 20000 /dev/zero | tr '\\0' x; printf end")
				assert.equal(text.length, 20_003)
				assert.ok(text.endsWith("xend"))
			}
		},
	},
	{
		what: "[SES2] a program that is not there is no session that ran",
		async run(place) {
			const start = place.start(["/no/such/program", "argument"])
			const run = await start.catch((error: { code?: string }) => {
				assert.equal(error.code, "program_missing")
				return null
			})
			if (run === null) return
			const state = await run.ended()
			if (state.is === "exited") assert.ok(state.code === 127 || state.code === 126, `it exited ${state.code}`)
			else assert.equal(state.is, "failed")
		},
	},
]
