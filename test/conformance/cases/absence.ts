// A substrate that a machine does not have is refused with why, and what to do; and what the command says of sessions.
import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { newSessionId } from "../../../protocol/ids.ts"
import { homeport } from "../../support/command.ts"
import { startHome } from "../../support/home.ts"
import type { Case } from "../case.ts"
import { tried } from "../place.ts"

/** Tools that are there, but do nothing; and engines that do not answer. */
function withoutTools(dataDir: string): Record<string, string> {
	const folder = join(dataDir, "tools")
	mkdirSync(folder)
	for (const name of ["bwrap", "sandbox-exec", "qemu-system-x86_64", "qemu-system-aarch64", "qemu-img"])
		writeFileSync(join(folder, name), "#!/bin/sh\necho It is broken. >&2\nexit 1\n", { mode: 0o755 })
	const nowhere = "unix:///nowhere/engine.sock"
	return { PATH: `${folder}:${process.env.PATH}`, DOCKER_HOST: nowhere, CONTAINER_HOST: nowhere }
}

export const ABSENCE: Case[] = [
	{
		what: "[SES4] where it is missing it is refused, with the reason and the remedy, and nothing is left",
		lacks: ({ substrate }) => (substrate === "host" ? "The host itself is never missing." : null),
		async run({ substrate }) {
			const dataDir = mkdtempSync(join(tmpdir(), "homeport-absent-"))
			const home = await startHome({ dataDir, environment: withoutTools(dataDir), substrate })
			try {
				const info = await tried(home, substrate)
				assert.equal(info.is, "absent")
				if (info.is !== "absent") return
				assert.match(info.reason, /^[A-Z].+\.$/)
				assert.match(info.remedy, /^[A-Z`]./)
				const id = newSessionId()
				const params = { machine: home.machine.id, session: id }
				for (const said of [{ substrate }, {}]) {
					const body = { id, runtime: "custom", argv: ["true"], ...said }
					await assert.rejects(
						home.call("startSession", { params, body }),
						(error: { code: string; detail: string }) => {
							assert.equal(error.code, "substrate_unavailable")
							assert.ok(error.detail.includes(info.reason), error.detail)
							return true
						},
					)
				}
				assert.deepEqual((await home.call("listSessions")).sessions, [])
				assert.deepEqual(readdirSync(join(dataDir, "sessions")), [])
			} finally {
				await home.stop()
				rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
			}
		},
	},
	{
		what: "[SES2] [SES3] the command starts it, with its words, and tells how it ended",
		async run(place) {
			const words = ["two words", "", "-n", "$HOME"]
			const script = 'printf "%s|" "$@"; exit 7'
			const run = (...args: string[]) => homeport(place.home.dataDir, args, { timeoutMs: 120_000 })
			const name = `by-command-${place.mark()}`
			const where = ["--substrate", place.substrate, ...place.options()]
			const spawned = await run("spawn", "--name", name, ...where, "--", "sh", "-c", script, "sh", ...words)
			assert.equal(`${spawned.code} ${spawned.stderr}`, "0 ")
			const waited = await run("wait", name, "--exit", "--json", "--timeout", "100")
			assert.deepEqual([(waited.json() as { state: { code: number } }).state.code], [7])
			assert.equal((await run("logs", name, "--raw")).stdout, `${words.join("|")}|`)
		},
	},
]
