// What waits for a person on this machine, on its way to the workspace's inbox: the last report, kept until it is taken.
import type { AttentionReport } from "../protocol/attention.ts"
import type { MachineId, SessionId } from "../protocol/ids.ts"
import type { SessionInfo } from "../protocol/session.ts"
import type { MachineReport } from "./inbox/inbox.ts"

/** Whatever can carry it. Every call is synchronous and durable. */
export interface ReportStore {
	kept(): KeptReport | null
	keep(report: KeptReport): void
}

export interface KeptReport {
	/** As the machine told it last. */
	told: AttentionReport
	/** As the workspace is told: of sessions that are known and run. */
	report: MachineReport
	/** The revision that the workspace has. */
	taken: number
}

interface Host {
	store: ReportStore
	/** Who the machine is, and whose, as its link says; null once it was removed. */
	machine: () => { id: MachineId; name: string; workspaceId: string | null } | null
	session: (id: SessionId) => SessionInfo | undefined
	/** Resolves when the workspace has it for good. */
	tell: (report: MachineReport) => Promise<void>
	now: () => number
	/** Asks to be called by `retry` again at `retryAt`. */
	arm: () => void
	failed: (error: unknown) => void
}

export class Reports {
	readonly #host: Host
	#telling: Promise<void> | null = null
	/** When a workspace that did not answer is told again. */
	#againAt: number | null = null

	constructor(host: Host) {
		this.#host = host
	}

	/** The machine has told: also what has not changed, since it may be back from being away. */
	heard(told: AttentionReport): void {
		this.#keep(bounded(told))
	}

	/** A session has begun, begun again or ended: what it waits for is open, or over, although the machine did not say so. */
	sessionChanged(session: SessionId): void {
		const kept = this.#host.store.kept()
		if (kept === null || !kept.told.open.some((attention) => attention.session === session)) return
		const { open } = this.#derive(kept.told)
		if (open.map(({ id }) => id).join() !== kept.report.open.map(({ id }) => id).join()) this.#keep(kept.told)
	}

	/** The session is no more, and so is all that it waits for. */
	sessionRemoved(session: SessionId): void {
		const kept = this.#host.store.kept()
		if (kept === null || !kept.told.open.some((attention) => attention.session === session)) return
		const gone = kept.told.open.filter((attention) => attention.session === session)
		const at = this.#host.now()
		const ended = gone.map(({ id }) => ({ id, because: "removed" as const, at }))
		this.#keep({
			open: kept.told.open.filter((attention) => attention.session !== session),
			ended: [...kept.told.ended, ...ended],
		})
	}

	/** The machine is removed, and all that waited there with it. */
	revoked(): void {
		const { store } = this.#host
		const kept = store.kept()
		if (kept === null) return
		const report = { ...kept.report, revision: kept.report.revision + 1, open: [], ended: [], isRevoked: true }
		store.keep({ ...kept, told: { open: [], ended: [] }, report })
		this.#send()
	}

	/** When `retry` is to be called; null where everything is told. */
	get retryAt(): number | null {
		const kept = this.#host.store.kept()
		if (kept === null || kept.taken >= kept.report.revision) return null
		return this.#againAt ?? this.#host.now() + AGAIN_MS
	}

	retry(): void {
		if (this.retryAt !== null) this.#send()
	}

	#keep(told: AttentionReport): void {
		const { store, machine } = this.#host
		const row = machine()
		const kept = store.kept()
		// Without a link it is whose it was.
		const workspaceId = row?.workspaceId ?? kept?.report.workspaceId ?? null
		if (row === null || workspaceId === null) return
		const report: MachineReport = {
			workspaceId,
			machine: row.id,
			machineName: row.name,
			revision: (kept?.report.revision ?? 0) + 1,
			...this.#derive(told),
			isRevoked: false,
		}
		store.keep({ told, report, taken: kept?.taken ?? 0 })
		this.#send()
	}

	#derive(told: AttentionReport): Pick<MachineReport, "open" | "ended"> {
		const open: MachineReport["open"] = []
		const ended = [...told.ended]
		for (const attention of told.open) {
			const session = this.#host.session(attention.session)
			// Not known yet: told when it is.
			if (session === undefined || session.run < attention.run) continue
			const { name: sessionName, runtime, cwd, run, state } = session
			if (run === attention.run && state.is === "running") open.push({ ...attention, sessionName, runtime, cwd })
			else ended.push({ id: attention.id, because: "exited", at: this.#host.now() })
		}
		return { open, ended }
	}

	#send(): void {
		// Before anything is sent: who is cut off in the middle is woken again.
		this.#host.arm()
		this.#telling ??= this.#tell().finally(() => {
			this.#telling = null
		})
	}

	async #tell(): Promise<void> {
		const { store, tell, now, failed } = this.#host
		try {
			for (let kept = store.kept(); kept !== null && kept.taken < kept.report.revision; kept = store.kept()) {
				const { report } = kept
				await tell(report)
				const current = store.kept()
				if (current !== null) store.keep({ ...current, taken: Math.max(current.taken, report.revision) })
			}
			this.#againAt = null
		} catch (error) {
			failed(error)
			this.#againAt = now() + AGAIN_MS
			this.#host.arm()
		}
	}
}

/** The newest that an object can keep in a row: a machine that has more is told by its consoles, not by its inbox. */
function bounded({ open, ended }: AttentionReport): AttentionReport {
	const newest = [...open].sort((one, other) => other.at - one.at)
	let bytes = 0
	const kept = newest.filter((attention) => {
		bytes += new TextEncoder().encode(JSON.stringify(attention)).length + SESSION_BYTES
		return bytes <= KEPT_BYTES
	})
	return { open: open.filter((attention) => kept.includes(attention)), ended }
}

/** A row of an object's database holds 2 MB: https://developers.cloudflare.com/durable-objects/platform/limits/ */
const KEPT_BYTES = 1_800_000
/** What is said of a session with each of its requests: its name, its runtime and its directory. */
const SESSION_BYTES = 5_000
/** A workspace's object that did not answer is told again at this pace. */
const AGAIN_MS = 5_000
