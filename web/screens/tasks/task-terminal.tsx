// The terminal that a task runs in, on the task's page; its session's own page has more room, and keys for phones.
import { useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import type { MachineId, SessionId } from "../../../protocol/ids.ts"
import type { TaskView } from "../../../protocol/task.ts"
import { downloadLog } from "../../download.ts"
import { socketOf } from "../../machine-sockets.ts"
import { words } from "../../messages.ts"
import { sessionPath } from "../../navigation.ts"
import type { OpenSession } from "../../open-session.ts"
import { attempt } from "../../run.ts"
import { findSession, fleet, may } from "../../state.ts"
import { AttentionBanner } from "../../ui/attention-banner.tsx"
import { Face, Skeleton } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { LinkNote } from "../../ui/link-truth.tsx"
import { Unsent } from "../../ui/session-banners.tsx"

const loading = import("../../open-session.ts")

export function TaskTerminal({ task: { machine, session, name } }: { task: TaskView }) {
	if (machine === null || session === null)
		return <Face icon="square-terminal" title={words.tasks.noSessionTitle} text={words.tasks.noSession} />
	const view = fleet.value.get(machine)
	const info = findSession(machine, session)
	if (view?.presence != null && info === undefined)
		return <Face icon="square-terminal" title={words.tasks.goneTitle} text={words.tasks.gone} />
	if (view === undefined && socketOf(machine) === undefined) return <Skeleton rows={6} />
	return <Open key={session} machine={machine} session={session} name={info?.name ?? name} />
}

function Open({ machine, session, name }: { machine: MachineId; session: SessionId; name: string }) {
	const room = useRef<HTMLElement>(null)
	const open = useSignal<OpenSession | null>(null)
	const info = findSession(machine, session)
	useEffect(() => {
		let isGone = false
		void loading.then(({ OpenSession }) => {
			if (isGone || room.current === null) return
			open.value = new OpenSession({ room: room.current, machine, session, isNew: false, title: () => {} })
		})
		return () => {
			isGone = true
			open.value?.close()
			open.value = null
		}
	}, [machine, session])
	const running = info === undefined || info.state.is === "running"
	const mayType = may("session:type")
	useEffect(() => {
		open.value?.allow(running, mayType)
	}, [open.value, running, mayType])
	return (
		<section class="task-terminal" aria-label={words.tasks.parts.terminal}>
			<header class="panel-bar">
				<span class="spring" />
				<button
					type="button"
					class="quiet"
					onClick={() => void attempt(() => downloadLog(machine, { id: session, name }))}
				>
					<Icon name="download" />
					{words.tasks.download}
				</button>
				<a class="button quiet" href={sessionPath(machine, session)}>
					<Icon name="maximize" />
					{words.tasks.openSession}
				</a>
			</header>
			<div class="over-terminal">
				<LinkNote machine={machine} info={info} />
				<Unsent open={open.value} />
			</div>
			<div class="session-room">
				<div class="terminal-place">
					<section ref={room} class="terminal-room" aria-label={words.session.terminal(name)} />
					{open.value && running && <AttentionBanner machine={machine} session={session} open={open.value} />}
				</div>
			</div>
		</section>
	)
}
