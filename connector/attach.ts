// A session in the person's own terminal: raw keys in, output out, and the terminal left as it was found.
import { never } from "../protocol/errors.ts"
import type { Session } from "../protocol/routes/sessions.ts"
import type { SessionState } from "../protocol/session.ts"
import type { Screen } from "../protocol/viewing.ts"
import type { Credentials } from "./credentials.ts"
import { describeState } from "./describe-state.ts"
import { Failure } from "./exit.ts"
import { typed } from "./invocation.ts"
import type { Output } from "./output.ts"
import { type DetachKey, DetachWatch, detachKey, SECOND_PRESS_MS } from "./terminal/detach-key.ts"
import { QueryFilter } from "./terminal/queries.ts"
import { Watch } from "./watch.ts"

interface Options {
	session: Session
	credentials: Credentials
	out: Output
	key?: DetachKey
}

export const DEFAULT_DETACH_KEY = "ctrl-\\"

type End = { is: "detached" } | { is: "ended"; state: SessionState } | { is: "failed"; error: Error }

/** Shows the session until the person detaches or its program ends. */
export async function attachTo({
	session,
	credentials,
	out,
	key = mustBeKey(DEFAULT_DETACH_KEY),
}: Options): Promise<void> {
	const { stdin, stdout } = process
	if (!stdin.isTTY || !stdout.isTTY)
		throw new Failure(
			"usage",
			`Attaching needs a terminal. \`${typed("send")}\`, \`${typed("screen")}\` and \`${typed("logs")}\` work without one.`,
		)
	const end = await new Promise<End>((resolve) => new Attachment(session, credentials, key, resolve))
	if (end.is === "failed") throw end.error
	out.result({ session: session.id, ...end }, () => {
		const how = end.is === "detached" ? "detached; it goes on" : describeState(end.state)
		return `${session.machineName}/${session.name}: ${how}.`
	})
}

export function mustBeKey(text: string): DetachKey {
	const key = detachKey(text)
	if (key === undefined)
		throw new Failure(
			"usage",
			`"${text}" is no control key. Say one as ctrl-a to ctrl-z, ctrl-], ctrl-\\, ctrl-^ or ctrl-_.`,
		)
	return key
}

/** How long the detach key is shown at first; long enough to read. */
const HINT_MS = 2_000
/** An outage shorter than this is not worth a notice. */
const NOTICE_AFTER_MS = 1_000

class Attachment {
	readonly #session: Session
	readonly #watch: Watch
	readonly #key: DetachKey
	readonly #detach: DetachWatch
	readonly #end: (end: End) => void
	/** The line over the bottom of the screen. A hint has its own time; a notice stays as long as its trouble. */
	#notice: "none" | "due" | "shown" | "hint" = "none"
	#isHinted = false
	#noticeTimer: NodeJS.Timeout | undefined
	#keyTimer: NodeJS.Timeout | undefined
	#isOver = false

	constructor(session: Session, credentials: Credentials, key: DetachKey, end: (end: End) => void) {
		this.#session = session
		this.#key = key
		this.#detach = new DetachWatch(key)
		this.#end = end
		process.stdin.setRawMode(true)
		process.stdin.on("data", this.#typed)
		process.stdout.on("resize", this.#resized)
		process.on("SIGTERM", this.#leave)
		process.on("SIGHUP", this.#leave)
		this.#watch = new Watch({
			credentials,
			session,
			screen: new OwnTerminal(),
			...windowSize(),
			changed: () => this.#changed(),
		})
	}

	readonly #leave = () => this.#over({ is: "detached" })

	readonly #resized = () => {
		const { cols, rows } = windowSize()
		this.#watch.viewing.size(cols, rows, true)
	}

	readonly #typed = (bytes: Buffer) => {
		clearTimeout(this.#keyTimer)
		const step = this.#detach.take(bytes.toString("latin1"))
		if (step.is === "detach") return this.#leave()
		if (this.#watch.viewing.holding) return this.#decide(step.text)
		this.#type(step.text)
		if (this.#detach.isWaiting) this.#keyTimer = setTimeout(() => this.#type(this.#detach.expire()), SECOND_PRESS_MS)
	}

	#type(text: string): void {
		if (text === "") return
		if (!this.#watch.viewing.type(Buffer.from(text, "latin1")))
			this.#show("Too much waits to be sent; this was not taken.")
	}

	/** What was typed during an outage is old: the person says whether the program shall still have it. */
	#decide(typed: string): void {
		const { viewing } = this.#watch
		if (typed.includes("y")) viewing.sendHeld()
		else if (typed.includes("n")) viewing.discardHeld()
		else return
		this.#restore()
	}

	#changed(): void {
		if (this.#isOver) return
		const { failure, info, viewing } = this.#watch
		if (failure !== undefined) return this.#over({ is: "failed", error: failure })
		const isShown = viewing.status.is === "live" || (viewing.status.is === "away" && info?.state.is !== "running")
		if (isShown && info !== undefined && info.state.is !== "running")
			return this.#over({ is: "ended", state: info.state })
		if (viewing.status.is !== "live") return this.#expectNotice()
		if (!this.#isHinted) return this.#hint()
		if (viewing.holding) {
			return this.#show(`${this.#unsent} bytes typed during the outage are not sent. Send them? y or n`)
		}
		if (viewing.stalledSince !== null)
			return this.#show(`${this.#session.machineName} does not answer: ${this.#unsent} bytes are not acknowledged.`)
		this.#restore()
	}

	#hint(): void {
		this.#isHinted = true
		// Whoever attaches means to work here: the session takes this window's size.
		this.#resized()
		clearTimeout(this.#noticeTimer)
		this.#show(`${this.#key.name} twice detaches; the session goes on.`)
		this.#notice = "hint"
		this.#noticeTimer = setTimeout(() => {
			this.#notice = "shown"
			this.#changed()
		}, HINT_MS)
	}

	#expectNotice(): void {
		if (this.#notice === "due" || this.#notice === "shown") return this.#tell()
		clearTimeout(this.#noticeTimer)
		this.#notice = "due"
		this.#noticeTimer = setTimeout(() => {
			this.#notice = "shown"
			this.#tell()
		}, NOTICE_AFTER_MS)
	}

	/** Where things stand, while the notice is on the screen. */
	#tell(): void {
		if (this.#notice !== "shown") return
		this.#show(`${this.#trouble()} ${this.#unsent === 0 ? "" : `${this.#unsent} bytes unsent.`}`.trimEnd())
	}

	/** Bytes typed and not known to be written. */
	get #unsent(): number {
		return this.#watch.viewing.pending.reduce((sum, { bytes }) => sum + bytes.length, 0)
	}

	#trouble(): string {
		const { status } = this.#watch.viewing
		switch (status.is) {
			case "away":
				return `${this.#session.machineName} is away; this is the last screen. It goes on when the machine is back.`
			case "connecting":
				return `No connection to ${this.#session.machineName}; trying again.`
			case "catching-up":
				return "Catching up."
			case "live":
			case "refused":
				return ""
			default:
				return never(status)
		}
	}

	/** A line over the bottom of the screen; the program does not know of it. */
	#show(text: string): void {
		this.#notice = "shown"
		const { cols, rows } = windowSize()
		process.stdout.write(`\x1b7\x1b[${rows};1H\x1b[0;7m ${text.slice(0, cols - 2)} \x1b[0m\x1b[K\x1b8`)
	}

	/** All is well again: paints over a notice that is shown. */
	#restore(): void {
		if (this.#notice === "hint") return
		clearTimeout(this.#noticeTimer)
		const wasShown = this.#notice === "shown"
		this.#notice = "none"
		const { cols, rows } = windowSize()
		if (wasShown) this.#watch.repaint(cols, rows)
	}

	#over(end: End): void {
		if (this.#isOver) return
		this.#isOver = true
		clearTimeout(this.#noticeTimer)
		clearTimeout(this.#keyTimer)
		this.#watch.close()
		process.stdin.off("data", this.#typed).pause()
		process.stdout.off("resize", this.#resized)
		process.off("SIGTERM", this.#leave)
		process.off("SIGHUP", this.#leave)
		process.stdout.write(`${PLAIN_MODES}\x1b[${windowSize().rows};1H\r\n`)
		process.stdin.setRawMode(false)
		this.#end(end)
	}
}

/** The person's terminal as a screen. It cannot be resized from here: other sizes are shown as well as they fit. */
class OwnTerminal implements Screen {
	readonly #filter = new QueryFilter()

	reset(): void {
		this.#filter.reset()
		process.stdout.write(`${PLAIN_MODES}\x1b[H\x1b[2J`)
	}

	resize(): void {}

	write(bytes: Uint8Array, parsed: () => void): void {
		process.stdout.write(this.#filter.filter(bytes), () => parsed())
	}
}

/** Undoes every mode that a program may have left on: screen, margins, pen, cursor, mouse, paste, focus, keys, title. */
const PLAIN_MODES = [
	"\x1b[?1049l\x1b[r\x1b[0m\x1b[?25h\x1b[?7h\x1b[?6l\x1b[4l\x1b[?1l\x1b>",
	"\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l",
	"\x1b[?2004l\x1b[?1004l\x1b[?2026l\x1b[?2031l\x1b[=0u\x1b[>4m\x1b(B\x0f",
].join("")

/** A terminal that nobody has told its size says 0; the classic size serves as well as any. */
function windowSize(): { cols: number; rows: number } {
	return { cols: process.stdout.columns || 80, rows: process.stdout.rows || 24 }
}
