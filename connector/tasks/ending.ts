// How an attempt's program comes to its end: waited for, and brought about where its time is over or nobody wants it any more.
import type { SessionInfo } from "../../protocol/session.ts"
import { failure, sentence } from "./failed.ts"
import type { Kept } from "./kept.ts"
import type { Clock, Sessions } from "./ports.ts"
import type { Proof } from "./proof.ts"

interface Host {
	kept: Kept
	sessions: Sessions
	clock: Clock
	proof: Proof
	log: (line: string) => void
	/** This process does no more for it. */
	isClosed: () => boolean
	/** What is kept is not what it was. */
	keepSoon: () => void
	/** From running to waiting for a person, or back. */
	turned: (is: "running" | "waiting") => void
}

/** A program that is asked to end has this long for it. */
const GRACE_MS = 10_000
/** After which nobody can say that it ended. */
const KILL_MS = 30_000
/** No timer counts the time that a machine sleeps. */
const LOOK_MS = 30_000
/** Who says that it is done may have been told more at that moment. */
const RESTS_MS = 5_000
/** Where only its screen shows that it waits for work. */
const SEEMS_TO_REST_MS = 30_000

export class Ending {
	readonly #host: Host
	#look: () => void = () => {}

	constructor(host: Host) {
		this.#host = host
	}

	/** What it depends on is not what it was. */
	look(): void {
		this.#look()
	}

	/** Resolves when the program is over, cannot be ended, or is not this process's business any more. */
	wait(): Promise<SessionInfo | undefined> {
		const { kept, sessions, isClosed } = this.#host
		return new Promise((resolve) => {
			let timer: NodeJS.Timeout | undefined
			const kill = this.#killer()
			const done = (info: SessionInfo | undefined) => {
				clearTimeout(timer)
				unwatch()
				this.#look = () => {}
				resolve(info)
			}
			const look = () => {
				clearTimeout(timer)
				const info = sessions.info(kept.session)
				if (isClosed() || info === undefined || info.state.is !== "running") return done(info)
				const left = this.#left()
				const wait = left <= 0 ? kill() : left
				if (wait === null) return done(info)
				timer = setTimeout(look, Math.max(Math.ceil(wait), 1))
			}
			const unwatch = sessions.watch(kept.session, () => look())
			this.#look = look
			look()
		})
	}

	/** Milliseconds until it is looked at again; none where it is to end now, with the outcome that it has then. */
	#left(): number {
		const { kept, sessions, clock, proof } = this.#host
		const { timeoutSeconds, inputSeconds, ...manifest } = kept.assignment.manifest
		const rests = manifest.interactive ? sessions.rests(kept.session) : null
		const restLeft = rests === null ? null : (rests.isSaid ? RESTS_MS : SEEMS_TO_REST_MS) - rests.ms
		if (restLeft !== null && restLeft <= 0) this.#is({ is: "succeeded", because: null, reason: "", exitCode: null })
		if (kept.isVoid || kept.outcome !== null) return 0
		const now = clock.monotonic()
		this.#turn(sessions.waits(kept.session) ? "waiting" : "running", now)
		const since = now - (kept.clock.since ?? now)
		const isWaiting = kept.clock.is === "waiting"
		const timeLeft = isWaiting ? inputSeconds * 1_000 - since : timeoutSeconds * 1_000 - kept.clock.ran - since
		const homeLeft = proof.leftOf(kept.assignment.awayMs)
		if (timeLeft <= 0 && isWaiting)
			this.#is(failure("failed", "input_timeout", `Nobody has answered it within ${inputSeconds} s.`))
		else if (timeLeft <= 0) this.#is(failure("timed-out", null, `It ran longer than ${timeoutSeconds} s.`))
		else if (homeLeft <= 0) this.#is(failure("lost", null, "The machine was without its home for too long."))
		return Math.min(timeLeft, homeLeft, restLeft ?? LOOK_MS)
	}

	#is(outcome: NonNullable<Kept["outcome"]>): void {
		const { kept, keepSoon } = this.#host
		kept.outcome ??= outcome
		keepSoon()
	}

	/** Asks its program to end, then kills it. Answers how long that is waited for; null where nothing helps. */
	#killer(): () => number | null {
		const { kept, sessions, clock, log } = this.#host
		let asked = { at: 0, times: 0 }
		return () => {
			const now = clock.monotonic()
			const wait = asked.times === 0 ? 0 : asked.times === 1 ? GRACE_MS : KILL_MS
			if (asked.times > 0 && now - asked.at < wait) return wait - (now - asked.at)
			if (asked.times === 2) return null
			const signal = asked.times === 0 ? "SIGTERM" : "SIGKILL"
			asked = { at: now, times: asked.times + 1 }
			sessions.signal(kept.session, signal).catch((error: unknown) => log(`${kept.session}: ${sentence(error)}`))
			return asked.times === 1 ? GRACE_MS : KILL_MS
		}
	}

	#turn(is: "running" | "waiting", now: number): void {
		const { kept, turned } = this.#host
		const { clock } = kept
		if (clock.is === is) return
		if (clock.is === "running") clock.ran += now - (clock.since ?? now)
		clock.is = is
		clock.since = now
		turned(is)
	}
}
