// A connector's machine without a link: its real sessions and holders, and the edge's side of its messages, held by a test.
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { Machine } from "../../connector/machine.ts"
import { type Answered, ASKS, type Ask, type Asked } from "../../protocol/ask.ts"
import type { Attention, AttentionReport } from "../../protocol/attention.ts"
import { Refusal } from "../../protocol/errors.ts"
import { newSessionId, type SessionId } from "../../protocol/ids.ts"
import { FromConnector, type ToConnector } from "../../protocol/messages.ts"
import { NODE, processesOver } from "./home.ts"
import { nobody } from "./home-calls.ts"

/** A folder for sessions, and link processes over it, one after the other. Everything ends with the test. */
export function machineFolder(within = tmpdir()) {
	const dataDir = mkdtempSync(join(within, "homeport-attention-"))
	onTestFinished(() => {
		for (const pid of processesOver(dataDir)) process.kill(pid, "SIGKILL")
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
	})
	return { dataDir, open: () => Edge.open(dataDir), fork: (environment = {}) => Edge.fork(dataDir, environment) }
}

/** Real agents take their time on a machine that is busy with something else. */
const PATIENCE_MS = 40_000

/** What the edge sees of a machine. */
export class Edge {
	readonly messages: FromConnector[] = []
	/** Ends the link process as a crash does; only of one that is a process of its own. */
	kill: () => Promise<void> = () => Promise.reject(new Error("It is this process."))
	#send: (message: Exclude<ToConnector, { type: "welcome" }>) => void = () => {}
	#heard: (() => void)[] = []
	#asked = 0

	static async open(dataDir: string): Promise<Edge> {
		const edge = new Edge()
		const machine = await Machine.open({ dataDir, log: () => {}, home: nobody() })
		machine.sessions()
		machine.linked({ tell: (message) => edge.#told(JSON.parse(JSON.stringify(message))), send: () => {} })
		edge.#send = (message) => machine.message(message)
		return edge
	}

	/** With a link process of its own, which can be killed. */
	static async fork(dataDir: string, environment: Record<string, string>): Promise<Edge> {
		const edge = new Edge()
		const child = fork(join(import.meta.dirname, "link-process.ts"), [dataDir], {
			execPath: NODE,
			env: { ...withoutCi(process.env), ...environment },
		})
		const over = once(child, "exit")
		child.on("message", (message) => message !== "linked" && edge.#told(message))
		edge.#send = (message) => void child.send(message)
		edge.kill = async () => {
			child.kill("SIGKILL")
			await over
		}
		onTestFinished(edge.kill)
		await Promise.race([once(child, "message"), over])
		return edge
	}

	#told(message: unknown): void {
		// As it would be parsed at the other end.
		this.messages.push(FromConnector.parse(message))
		for (const heard of this.#heard.splice(0)) heard()
	}

	/** The newest report. */
	get report(): AttentionReport {
		const last = this.messages.findLast((message) => message.type === "attention")
		return last ?? { open: [], ended: [] }
	}

	async until<T>(look: () => T | undefined): Promise<T> {
		const end = Date.now() + PATIENCE_MS
		for (;;) {
			const found = look()
			if (found !== undefined) return found
			if (Date.now() > end) throw new Error(`Not within ${PATIENCE_MS} ms. ${JSON.stringify(this.report, null, "\t")}`)
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, end + 1 - Date.now())
				this.#heard.push(() => {
					clearTimeout(timer)
					resolve()
				})
			})
		}
	}

	/** The open request that is like that. */
	open(like: Partial<Attention>): Promise<Attention> {
		const wanted = Object.entries(like)
		return this.until(() =>
			this.report.open.find((request) => wanted.every(([key, value]) => request[key as keyof Attention] === value)),
		)
	}

	/** Why it is over. */
	ended(id: Attention["id"]): Promise<string> {
		return this.until(() => this.report.ended.find((ended) => ended.id === id)?.because)
	}

	async ask<A extends Ask>(ask: A, of: object): Promise<Answered<A>> {
		const number = this.#asked++
		this.#send({ type: "ask", number, ask, of })
		const reply = await this.until(() =>
			this.messages.find((one) => (one.type === "answer" || one.type === "refuse") && one.number === number),
		)
		if (reply.type === "refuse") throw new Refusal(reply.code as "internal", reply.detail)
		return ASKS[ask].answered.parse((reply as { answer: unknown }).answer) as Answered<A>
	}

	async start(spec: Partial<Asked<"start">>): Promise<SessionId> {
		const id = newSessionId()
		await this.ask("start", { id, substrate: "host", cols: 80, rows: 24, ...spec })
		return id
	}

	/** A shell script as a session. */
	script(script: string, more: Partial<Asked<"start">> = {}): Promise<SessionId> {
		return this.start({ runtime: "custom", argv: ["sh", "-c", script], ...more })
	}

	async screen(session: SessionId): Promise<string> {
		return (await this.ask("screen", { session })).lines.join("\n").trimEnd()
	}
}

/** Programs that draw a screen show none where they find themselves in continuous integration. */
function withoutCi(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const isSaid = (name: string) => /^(CI|CI_.*|CONTINUOUS_INTEGRATION|GITHUB_ACTIONS)$/.test(name)
	return Object.fromEntries(Object.entries(environment).filter(([name]) => !isSaid(name)))
}
