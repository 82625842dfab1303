// Sessions that come back after a restart of their machine: real holders that die, and a link process that finds another boot.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { HeldSession } from "../../connector/held-session.ts"
import { Machine } from "../../connector/machine.ts"
import { type Answered, ASKS, type Ask } from "../../protocol/ask.ts"
import { Refusal } from "../../protocol/errors.ts"
import { newSessionId, type SessionId } from "../../protocol/ids.ts"
import type { FromConnector } from "../../protocol/messages.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { processesOver } from "../support/home.ts"
import { nobody } from "../support/home-calls.ts"

/** The data folder of a machine whose system starts again and again. */
function computer() {
	const dataDir = mkdtempSync(join(tmpdir(), "homeport-back-"))
	onTestFinished(() => {
		for (const pid of processesOver(dataDir)) process.kill(pid, "SIGKILL")
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
	})
	return {
		dataDir,
		/** A link process in this boot, and the edge's side of its link. */
		async start(boot: string, returnSession: (session: SessionId) => Promise<void> = async () => {}) {
			const logged: string[] = []
			const home = Object.assign(nobody(), { returnSession })
			const machine = await Machine.open({ dataDir, log: (line) => logged.push(line), home, boot })
			const told = machine.sessions()
			const messages: FromConnector[] = []
			let heard = () => {}
			machine.linked({
				tell: (message) => {
					messages.push(message)
					heard()
				},
				send: () => {},
			})
			const until = async <T>(look: () => T | undefined): Promise<T> => {
				for (;;) {
					const found = look()
					if (found !== undefined) return found
					await new Promise<void>((resolve) => {
						heard = resolve
					})
				}
			}
			let asked = 0
			return {
				told,
				messages,
				logged,
				async ask<A extends Ask>(ask: A, of: object): Promise<Answered<A>> {
					const number = asked++
					machine.message({ type: "ask", number, ask, of })
					const reply = await until(() =>
						messages.find((one) => (one.type === "answer" || one.type === "refuse") && one.number === number),
					)
					if (reply.type === "refuse") throw new Refusal(reply.code as "internal", reply.detail)
					return ASKS[ask].answered.parse((reply as { answer: unknown }).answer) as Answered<A>
				},
				/** As last told, once it is so. */
				session: (id: SessionId, is: (session: SessionInfo) => boolean) =>
					until(() => {
						const last = messages.findLast((one) => one.type === "session" && one.session.id === id)
						return last?.type === "session" && is(last.session) ? last.session : undefined
					}),
				/** The system goes down: by telling every process to end, or with the power, which nobody can write down. */
				async end(how: "shutdown" | "power" = "shutdown") {
					machine.unlinked()
					const written = readdirSync(join(dataDir, "sessions")).map((name) => {
						const path = join(dataDir, "sessions", name, "session.json")
						return { path, text: readFileSync(path) }
					})
					for (const pid of processesOver(dataDir)) process.kill(pid, how === "power" ? "SIGKILL" : "SIGTERM")
					const isOver = () => machine.sessions().every(({ state }) => state.is !== "running")
					await expect.poll(() => isOver() && processesOver(dataDir).length === 0, { timeout: 20_000 }).toBe(true)
					// Whoever links here in this test lives on, and has written that its sessions are lost.
					if (how === "power") for (const { path, text } of written) writeFileSync(path, text)
				},
			}
		},
	}
}

const spec = (more: object = {}) => ({
	id: newSessionId(),
	argv: ["sh", "-c", 'echo "begun with $SECRET$PLAIN"; exec cat'],
	cwd: "/usr",
	substrate: "host",
	comesBack: true,
	...more,
})

test.each(["shutdown", "power"] as const)(
	"[SES2] after the end by %s a marked session comes back where it was, once, its output above; others are lost",
	async (how) => {
		const { start } = computer()
		const first = await start("boot 1")
		const marked = spec({ environment: { PLAIN: "plain" } })
		const unmarked = spec({ comesBack: false })
		for (const each of [marked, unmarked]) await first.ask("start", each)
		const text = async (machine: typeof first) =>
			(await machine.ask("screen", { session: marked.id })).lines.join("\n").trim()
		await expect.poll(() => text(first), { timeout: 20_000 }).toBe("begun with plain")
		await first.end(how)

		const second = await start("boot 2")
		const back = await second.session(marked.id, ({ state }) => state.is === "running")
		expect(back).toMatchObject({ run: 2, cwd: "/usr", comesBack: true })
		await expect
			.poll(() => text(second), { timeout: 20_000 })
			.toMatch(/^begun with plain\n── started again, [-\d]+ [:\d]+ ──\nbegun with plain$/)
		expect(second.told.find(({ id }) => id === unmarked.id)?.state).toMatchObject({ is: "lost" })

		// The link process is killed and comes again in the same boot, twice at that: there is nothing left to begin.
		const [third, fourth] = [await start("boot 2"), await start("boot 2")]
		expect(third.told.find(({ id }) => id === marked.id)).toMatchObject({ run: 2, state: { is: "running" } })
		expect(fourth.told.find(({ id }) => id === marked.id)).toMatchObject({ run: 2, state: { is: "running" } })
		await fourth.end("power")

		// As if its holder alone had died: within one boot the session is lost, and stays so after the next restart.
		const fifth = await start("boot 2")
		expect(fifth.told.find(({ id }) => id === marked.id)).toMatchObject({ run: 2, state: { is: "lost" } })
		const sixth = await start("boot 3")
		expect(sixth.told.find(({ id }) => id === marked.id)).toMatchObject({ run: 2, state: { is: "lost" } })
	},
)

test("[SES2] one that could not be begun before its link process died comes back with the next one", async () => {
	const { start, dataDir } = computer()
	const first = await start("boot 1")
	const marked = spec({ cwd: dataDir, argv: ["cat"] })
	await first.ask("start", marked)
	await first.end("power")
	// Held by a process that only looks, as `ls --local` does, and is gone again.
	const audience = { changed() {}, message() {}, unwatchable() {}, frame() {}, log() {} }
	const looked = await HeldSession.adopt(marked.id, dataDir, audience, "boot 2")
	expect(looked?.info.state.is).toBe("lost")
	const second = await start("boot 2")
	expect(await second.session(marked.id, ({ state }) => state.is === "running")).toMatchObject({ run: 2 })
})

test("[SES3] one that had secrets is begun by the home, which is asked once this machine is linked", async () => {
	const { start } = computer()
	const first = await start("boot 1")
	const secrets = [{ name: "KEY", variable: "SECRET", value: "first/secret/value" }]
	const marked = { ...spec(), secrets }
	await first.ask("start", marked)
	const shown = (on: typeof first) => async () => (await on.ask("screen", { session: marked.id })).lines.join("\n")
	await expect.poll(shown(first), { timeout: 20_000 }).toContain("begun with")
	await first.end()
	const asked: SessionId[] = []
	const second = await start("boot 2", async (session) => void asked.push(session))
	expect(second.told[0]?.state).toMatchObject({ is: "lost" })
	expect(asked).toEqual([marked.id])
	await second.ask("restart", {
		session: marked.id,
		resume: true,
		secrets: [{ ...secrets[0], value: "second/secret/value" }],
	})
	await expect
		.poll(shown(second), { timeout: 20_000 })
		.toMatch(/begun with \*{18}\n── started again.*\nbegun with \*{19}\n/)
})

test("[SES2] one whose program ended of itself does not come back, though it ended while the system ran", async () => {
	const { start } = computer()
	const first = await start("boot 1")
	const marked = spec({ argv: ["sh", "-c", "exit 3"] })
	await first.ask("start", marked)
	await first.session(marked.id, ({ state }) => state.is === "exited")
	await first.end("power")
	const second = await start("boot 2")
	expect(second.told[0]).toMatchObject({ run: 1, state: { is: "exited", code: 3 } })
})

test("[SES2] one that cannot come back is lost, and says why", async () => {
	const { start, dataDir } = computer()
	const folder = mkdtempSync(join(dataDir, "work-"))
	const first = await start("boot 1")
	const marked = spec({ cwd: folder })
	await first.ask("start", marked)
	await first.end()
	rmSync(folder, { recursive: true })
	const second = await start("boot 2")
	const lost = await second.session(marked.id, ({ state }) => state.is === "lost" && state.reason.includes("directory"))
	expect(lost.state).toMatchObject({ reason: expect.stringContaining(folder) })
	const third = await start("boot 3")
	expect(third.told[0]).toMatchObject({ run: 1, state: { is: "lost", reason: expect.stringContaining(folder) } })
})
