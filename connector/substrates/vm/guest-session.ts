// A session's program in a VM, on a terminal there, as its warden has it.
import { randomUUID } from "node:crypto"
import { setTimeout as after } from "node:timers/promises"
import { Refusal } from "../../../protocol/errors.ts"
import type { Vm } from "../../../protocol/vm.ts"
import type { Contained } from "../contained.ts"
import { type Ended, Lost, type Running, type Terminal } from "../substrate.ts"
import type { Place } from "./place.ts"
import { COOKIE, keepLine, killLine, programLine, programScript } from "./processes.ts"
import { type Connection, connect, type Remote } from "./ssh.ts"
import { TOUCH_EVERY_MS, type Vms } from "./vms.ts"

type Where = Pick<Place, "vms" | "vm"> & {
	/** Done when nothing of the session is left in the VM, before its end is told. */
	atEnd(): Promise<void>
}

export async function startInVm(
	connection: Connection,
	{ vms, vm, atEnd }: Where,
	contained: Contained,
	environment: Record<string, string>,
	terminal: Terminal,
): Promise<Running> {
	const { session, argv, cwd, limits } = contained
	const meeting = randomUUID()
	const keeper = await connection.run(keepLine(session, meeting, limits))
	// The end of the program is told by the other channel.
	keeper.channel.on("error", () => {})
	const variables = { ...environment, ...ABOUT_TERMINAL, [COOKIE]: session }
	keeper.channel.write(programScript({ argv, environment: variables, cwd }))
	const next = sayings(keeper)
	const ready = await next()
	if (ready !== "ready") throw unprepared(vm, ready)
	const { cols, rows } = terminal
	const pty = { term: ABOUT_TERMINAL.TERM, cols, rows, width: 0, height: 0, modes: UTF8 as never }
	const program = await connection.run(programLine(meeting), { pty })
	// What has ended by now has been told, or never will be.
	const nothing = program.closed.then(() => after(TOLD_MS, ""))
	const [word, boot] = (await Promise.race([next(), nothing])).split(" ")
	if (word === "no-directory") throw new Refusal("directory_missing", `${cwd} in the VM ${vm}.`)
	if (word === "no-program")
		throw new Refusal("program_missing", `The VM ${vm} has no ${argv[0]}: install it there, for example by a loadout.`)
	if (word === "no-limit")
		throw new Refusal(
			"substrate_unavailable",
			`The VM ${vm} cannot enforce these limits: its user may not become root.`,
		)
	if (word !== "started" || boot === undefined)
		throw unprepared(vm, word || String(program.channel.read() ?? "").trim())
	return new GuestSession({ connection, vms, vm, atEnd }, session, { keeper, program, boot }, terminal)
}

class GuestSession implements Running {
	readonly ended: Promise<Ended>
	readonly #place: Where & { connection: Connection }
	readonly #session: string
	readonly #keeper: Remote
	readonly #program: Remote
	/** Of the system's start in which the program runs. */
	readonly #boot: string
	readonly #startedAt = Date.now()
	#touchedAt = 0

	constructor(
		place: Where & { connection: Connection },
		session: string,
		{ keeper, program, boot }: { keeper: Remote; program: Remote; boot: string },
		terminal: Terminal,
	) {
		this.#place = place
		this.#session = session
		this.#keeper = keeper
		this.#program = program
		this.#boot = boot
		const { channel } = program
		channel.on("error", () => {})
		channel.on("data", (bytes: Buffer) => {
			this.#touch()
			if (terminal.output.write(bytes)) return
			channel.pause()
			terminal.output.once("drain", () => channel.resume())
		})
		const gone = program.closed.then(() => {})
		terminal.input((bytes) => {
			this.#touch()
			const written = new Promise<void>((resolve) => channel.write(bytes, () => resolve()))
			// What nobody reads any more is never written.
			return Promise.race([written, gone])
		})
		this.ended = this.#end()
		void this.#listen()
	}

	async signal(signal: NodeJS.Signals): Promise<void> {
		// What cannot be resumed is not signalled now, but when it goes on.
		await this.#place.vms.touch(this.#place.vm).catch(() => {})
		if (this.#keeper.channel.writable) this.#keeper.channel.write(`${signal.slice("SIG".length)}\n`)
		else if (signal === "SIGKILL") await this.#kill()
		if (signal === "SIGKILL") await this.ended.catch(() => {})
	}

	resize(cols: number, rows: number): void {
		this.#program.channel.setWindow(rows, cols, 0, 0)
	}

	async #end(): Promise<Ended> {
		const { connection, atEnd } = this.#place
		const ended = await this.#program.exited
		if (ended !== null) {
			// Whatever the program has left behind has its terminal still.
			const hasKeeper = this.#keeper.channel.writable
			if (hasKeeper) this.#keeper.channel.end()
			const kept = hasKeeper ? await this.#keeper.closed : null
			if (kept?.code !== 0 && connection.isOpen) await this.#kill()
			await this.#program.closed
			await atEnd()
			connection.close()
			return ended
		}
		connection.destroy()
		throw new Lost(await this.#whyLost().catch(() => this.#howItBroke("is out of reach.")))
	}

	async #kill(): Promise<void> {
		await this.#place.connection.run(killLine(this.#session)).then(
			async ({ channel, closed }) => {
				channel.resume().end()
				await closed
			},
			// A connection that has broken is found so by whoever waits for the end.
			() => {},
		)
	}

	/** The connection is gone, and the program's terminal with it: says why, and leaves nothing of the session. */
	async #whyLost(): Promise<string> {
		const { vms, vm } = this.#place
		// The VM's own end may be a moment behind that of its connections.
		await after(SETTLE_MS)
		const state = await stateOf(vms, vm)
		if (state === undefined) return `The VM ${vm} was destroyed.`
		if (state.is === "crash-loop") return state.reason
		if (state.is === "stopped") return `The VM ${vm} was stopped.`
		if (state.is === "starting") return this.#howItBroke("was restarted.")
		const connection = await connect(await vms.ready(vm, () => {}))
		try {
			const { channel, closed } = await connection.run(`cat ${BOOT}; ${killLine(this.#session)}`)
			channel.end()
			let boot = ""
			for await (const bytes of channel) boot += bytes
			await closed
			if (boot.trim() !== this.#boot) return this.#howItBroke("was restarted.")
			return `The connection to the VM ${vm} has broken: it was restored from a snapshot, or its SSH was ended.`
		} finally {
			connection.close()
		}
	}

	/** What the system has done under the program, by the record of its keeper; `otherwise` where that knows of nothing. */
	async #howItBroke(otherwise: string): Promise<string> {
		const { vms, vm } = this.#place
		const broke = await vms.broke(vm).catch(() => null)
		return `The VM ${vm} ${broke !== null && broke.at >= this.#startedAt ? broke.how : otherwise}`
	}

	/** A system that is gone without a word is noticed; one that is paused says nothing either, and stays. */
	async #listen(): Promise<void> {
		const { connection, vms, vm } = this.#place
		let heard = -1
		for (let silentMs = 0; connection.isOpen; silentMs += LISTEN_MS) {
			await after(LISTEN_MS, undefined, { ref: false })
			if (connection.received !== heard) silentMs = 0
			heard = connection.received
			if (silentMs < SILENT_MS) continue
			const state = await stateOf(vms, vm).catch(() => undefined)
			if (state?.is === "running") connection.destroy()
			else silentMs = 0
		}
	}

	/** Work in the VM, told so often that its idle clock never runs out meanwhile. A paused one goes on at once. */
	#touch(): void {
		const now = Date.now()
		if (now - this.#touchedAt < TOUCH_EVERY_MS) return
		this.#touchedAt = now
		// A VM that cannot be told ends the connection, too, or goes on.
		this.#place.vms.touch(this.#place.vm).catch(() => {})
	}
}

/** Its next line at each call; what it has said on standard error where there is none. */
function sayings({ channel, closed }: Remote): () => Promise<string> {
	let errors = ""
	channel.stderr.on("data", (bytes: Buffer) => {
		errors = (errors + bytes).slice(-ERRORS_CHARS)
	})
	let said = ""
	let heard = () => {}
	channel.on("data", (bytes: Buffer) => {
		said += bytes
		heard()
	})
	let isOver = false
	void closed.then(() => {
		isOver = true
		heard()
	})
	return async () => {
		while (!said.includes("\n") && !isOver) {
			await new Promise<void>((resolve) => {
				heard = resolve
			})
		}
		const end = said.indexOf("\n")
		if (end < 0) return errors.trim().replaceAll(/\s+/g, " ")
		const line = said.slice(0, end)
		said = said.slice(end + 1)
		return line
	}
}

function unprepared(vm: string, said = ""): Refusal {
	return new Refusal("substrate_unavailable", `The VM ${vm} could not prepare the session: ${said || "it hung up"}.`)
}

async function stateOf(vms: Vms, name: string): Promise<Vm["state"] | undefined> {
	return (await vms.list()).find((vm) => vm.name === name)?.state
}

const ABOUT_TERMINAL = { TERM: "xterm-256color", COLORTERM: "truecolor" }
/** The terminal's line editor knows letters of several bytes: IUTF8 of RFC 8160, then the end of the list. */
const UTF8 = Buffer.from([42, 0, 0, 0, 1, 0])
const BOOT = "/proc/sys/kernel/random/boot_id"
const ERRORS_CHARS = 500
const SETTLE_MS = 500
const TOLD_MS = 15_000
const LISTEN_MS = 15_000
/** Some unanswered signs of life. */
const SILENT_MS = 60_000
