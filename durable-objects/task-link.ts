// What this machine has of tasks, between its connector and the workspace's ledger: the ledger is told of each link once it
// begins and when it ends, again until it has it. While attempts run here, a link that died in silence is noticed.
import { Refusal } from "../protocol/errors.ts"
import type { MachineId } from "../protocol/ids.ts"
import type { TaskReport, TaskStanding, Verdict } from "../protocol/task-report.ts"
import type { Link } from "./link.ts"

/** The link that the ledger knows of, or is to be told of. */
export interface KeptTaskLink {
	workspaceId: string
	machine: MachineId
	epoch: number
	is: "linked" | "ended" | "removed"
	/** The ledger has it. */
	isTold: boolean
	/** That may run here. */
	attempts: AttemptKey[]
}

type AttemptKey = Pick<TaskReport, "task" | "fence">

/** Whatever can carry it. Every call is synchronous and durable. */
export interface TaskLinkStore {
	kept(): KeptTaskLink | null
	keep(kept: KeptTaskLink): void
}

/** The workspace's ledger. Each resolves when it has it for good. */
export interface TaskLedger {
	linked: (of: KeptTaskLink, standing: TaskStanding) => Promise<(AttemptKey & { verdict: Verdict })[]>
	unlinked: (of: KeptTaskLink) => Promise<void>
	removed: (of: KeptTaskLink) => Promise<void>
	reported: (of: KeptTaskLink, report: TaskReport) => Promise<Verdict>
}

interface Host {
	store: TaskLinkStore
	ledger: TaskLedger
	link: Link
	/** Null once it was removed. */
	machine: () => MachineId | null
	now: () => number
	/** Asks to be called by `alarm` again at `wakeAt`. */
	arm: () => void
	failed: (error: unknown) => void
}

export class TaskLink {
	readonly #host: Host
	/** As the machine has told it last on this link. In memory alone: a link whose words are forgotten is ended. */
	#standing: TaskStanding | null = null
	#telling: Promise<void> | null = null
	/** When a ledger that did not answer is told again. */
	#againAt: number | null = null
	/** In a row. */
	#failures = 0
	/** When the link's proof was looked at last. */
	#lookedAt = 0

	constructor(host: Host) {
		this.#host = host
	}

	// What the connector tells.

	/** All that it has; also told again, when what it can run has changed. */
	stands(standing: TaskStanding): void {
		const { store, link, machine } = this.#host
		const [id, workspaceId, epoch] = [machine(), link.workspaceId, link.epoch]
		if (id === null || workspaceId === null || epoch === null) return
		this.#standing = standing
		const attempts = standing.reports.map(keyOf)
		store.keep({ workspaceId, machine: id, epoch, is: "linked", isTold: false, attempts })
		this.#send()
	}

	/**
	 * Where it cannot be passed on the connector tells it again. Its answer says to the machine that the ledger knows of this
	 * link; so the ledger is told of the link first.
	 */
	async reported(report: TaskReport): Promise<void> {
		const { store, ledger, link, failed } = this.#host
		await this.#telling
		const kept = store.kept()
		if (kept?.is !== "linked" || !kept.isTold || kept.epoch !== link.epoch) return
		try {
			this.#answer(kept.epoch, report, await ledger.reported(kept, report))
		} catch (error) {
			failed(error)
		}
	}

	// What happens to its link.

	ended(): void {
		const { store } = this.#host
		const kept = store.kept()
		this.#standing = null
		if (kept?.is !== "linked") return
		store.keep({ ...kept, is: "ended", isTold: false })
		this.#send()
	}

	revoked(): void {
		const { store } = this.#host
		const kept = store.kept()
		if (kept === null) return
		store.keep({ ...kept, is: "removed", isTold: false, attempts: [] })
		this.#send()
	}

	// What the ledger asks of the machine.

	/** It has this attempt, or is about to be asked to take it. */
	takes(attempt: AttemptKey): void {
		this.#keepAttempts((attempts) =>
			attempts.some((other) => isSame(other, attempt)) ? attempts : [...attempts, keyOf(attempt)],
		)
	}

	/** It does not have this attempt, and will not. */
	hasNot(attempt: AttemptKey): void {
		this.#keepAttempts((attempts) => attempts.filter((other) => !isSame(other, attempt)))
	}

	// What is due.

	/** When `alarm` is to be called; null where nothing is due. */
	get wakeAt(): number | null {
		const { store, link, now } = this.#host
		const kept = store.kept()
		if (kept === null) return null
		if (!kept.isTold) return this.#againAt ?? now() + AGAIN_MS
		const expiresAt = kept.is === "linked" && kept.attempts.length > 0 ? (link.expiresAt() ?? now()) : null
		return expiresAt === null ? null : Math.max(expiresAt, this.#lookedAt + LOOK_MS)
	}

	alarm(): void {
		const { store, link, now } = this.#host
		this.#lookedAt = now()
		link.isUp()
		const kept = store.kept()
		// Its socket went with the memory of this object, and nobody was told.
		if (kept?.is === "linked" && kept.epoch !== link.epoch) this.ended()
		else if (kept !== null && !kept.isTold) this.#send()
	}

	#send(): void {
		// Before anything is sent: who is cut off in the middle is woken again.
		this.#host.arm()
		this.#telling ??= Promise.resolve()
			.then(() => this.#tell())
			.finally(() => {
				this.#telling = null
			})
	}

	async #tell(): Promise<void> {
		const { store, now, failed, arm } = this.#host
		try {
			for (let kept = store.kept(); kept !== null && !kept.isTold; kept = store.kept()) {
				const standing = this.#standing
				await this.#tellOnce(kept, standing)
				const current = store.kept()
				const isSaid = current?.epoch === kept.epoch && current.is === kept.is && this.#standing === standing
				if (current !== null && isSaid) store.keep({ ...current, isTold: true })
			}
			this.#againAt = null
			this.#failures = 0
		} catch (error) {
			failed(error)
			this.#againAt = now() + Math.min(AGAIN_MS * 2 ** this.#failures++, AGAIN_AT_MOST_MS)
		}
		arm()
	}

	async #tellOnce(kept: KeptTaskLink, standing: TaskStanding | null): Promise<void> {
		const { ledger, link } = this.#host
		if (kept.is === "ended") return ledger.unlinked(kept)
		if (kept.is === "removed") return ledger.removed(kept)
		// This object left memory before the ledger had it: on its next link the machine tells it again.
		if (standing === null) return link.epoch === kept.epoch ? link.drop(new Refusal("internal")) : this.ended()
		const verdicts = await ledger.linked(kept, standing)
		for (const report of standing.reports) {
			const verdict = verdicts.find((told) => isSame(told, report))?.verdict
			if (verdict !== undefined) this.#answer(kept.epoch, report, verdict)
		}
	}

	#answer(epoch: number, { task, fence, sequence }: TaskReport, verdict: Verdict): void {
		const { link } = this.#host
		if (verdict === "go-on") this.takes({ task, fence })
		else this.hasNot({ task, fence })
		if (link.epoch === epoch) link.say({ type: "verdict", task, fence, sequence, verdict })
	}

	#keepAttempts(change: (attempts: AttemptKey[]) => AttemptKey[]): void {
		const { store, arm } = this.#host
		const kept = store.kept()
		if (kept === null) return
		const attempts = change(kept.attempts)
		if (attempts.length === kept.attempts.length) return
		store.keep({ ...kept, attempts })
		arm()
	}
}

function keyOf({ task, fence }: AttemptKey): AttemptKey {
	return { task, fence }
}

function isSame(one: AttemptKey, other: AttemptKey): boolean {
	return one.task === other.task && one.fence === other.fence
}

/** A workspace's object that did not answer is told again so soon, and later each time. */
const AGAIN_MS = 5_000
const AGAIN_AT_MOST_MS = 5 * 60_000
/** Looking wakes the object, so it is done this seldom, and not at all without attempts. */
const LOOK_MS = 3 * 60_000
