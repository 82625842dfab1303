// A session: the terminal takes the room, under a thin bar that tells the truth about the link.
import { useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { useRoute } from "preact-iso"
import { MachineId, SessionId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { socketOf } from "../machine-sockets.ts"
import { words } from "../messages.ts"
import { FLEET } from "../navigation.ts"
import type { OpenSession } from "../open-session.ts"
import { isNew } from "../starting.ts"
import { findSession, fleet, machines, may } from "../state.ts"
import { AttentionBanner } from "../ui/attention-banner.tsx"
import { Banner } from "../ui/banner.tsx"
import { Elsewhere } from "../ui/elsewhere.tsx"
import { Face, Refused } from "../ui/faces.tsx"
import { FindBar } from "../ui/find-bar.tsx"
import { KeyBar } from "../ui/key-bar.tsx"
import { LinkNote } from "../ui/link-truth.tsx"
import { Ended, Unsent } from "../ui/session-banners.tsx"
import { SessionBar } from "../ui/session-bar.tsx"
import { SessionPanel } from "../ui/session-panel.tsx"
import { Shell } from "../ui/shell.tsx"
import { useTitle } from "../ui/title.ts"
import { NotFound } from "./not-found.tsx"

/** Loads while the sockets open. */
const loading = import("../open-session.ts")

export function SessionScreen() {
	const { params } = useRoute()
	const machine = MachineId.safeParse(params.machine)
	const session = SessionId.safeParse(params.session)
	if (!machine.success || !session.success) return <NotFound />
	return <Known key={session.data} machine={machine.data} session={session.data} />
}

function Known({ machine, session }: { machine: MachineId; session: SessionId }) {
	const view = fleet.value.get(machine)
	const listed = machines.value
	const info = findSession(machine, session)
	/** Kept, so that a session that is removed while one looks does not take the page with it. */
	const last = useRef<SessionInfo>(undefined)
	if (info !== undefined) last.current = info
	if (listed.is === "refused")
		return (
			<Shell title={words.refused}>
				<Refused refusal={listed.refusal} />
			</Shell>
		)
	const unlisted = listed.is === "loaded" && !listed.value.some(({ id }) => id === machine)
	const unknown = view?.presence != null && info === undefined && !isNew(session)
	if (unlisted || unknown)
		return (
			<Shell title={words.session.missingTitle}>
				<Face icon="square-terminal" title={words.session.missingTitle} text={words.session.missing}>
					<a class="button" href={FLEET}>
						{words.session.toFleet}
					</a>
					<Elsewhere />
				</Face>
			</Shell>
		)
	// The socket is made when the list of machines is here.
	if (view === undefined && socketOf(machine) === undefined) return <Frame />
	return <Open machine={machine} session={session} info={last.current} />
}

/** What is drawn before anything is known. */
function Frame() {
	return (
		<div class="session">
			<header class="session-bar">
				<span class="bone" />
			</header>
			<div class="terminal-room" aria-busy="true" />
		</div>
	)
}

interface OpenProps {
	machine: MachineId
	session: SessionId
	info: SessionInfo | undefined
}

function Open({ machine, session, info }: OpenProps) {
	const room = useRef<HTMLElement>(null)
	const open = useSignal<OpenSession | null>(null)
	const finding = useSignal(false)
	const isPanelOpen = useSignal(false)
	const title = useSignal("")
	useEffect(() => {
		let isGone = false
		void loading.then(({ OpenSession }) => {
			if (isGone || room.current === null) return
			open.value = new OpenSession({
				room: room.current,
				machine,
				session,
				isNew: isNew(session),
				title: (said) => {
					title.value = said
				},
			})
			open.value.terminal.focus()
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
	const run = useRef(info?.run)
	useEffect(() => {
		// The button by which it was begun again is gone.
		if (run.current !== undefined && info !== undefined && info.run > run.current) open.value?.terminal.focus()
		run.current = info?.run
	}, [info?.run])
	const name = info?.name ?? ""
	const where = fleet.value.get(machine)?.name ?? words.product
	useTitle(words.inPlace(title.value || name, where))
	return (
		<div class="session">
			<SessionBar
				machine={machine}
				session={session}
				info={info}
				open={open.value}
				find={() => (finding.value = true)}
				panel={{ isOpen: isPanelOpen.value, toggle: () => (isPanelOpen.value = !isPanelOpen.value) }}
			/>
			<Ended machine={machine} session={session} info={info} />
			<div class="over-terminal">
				<Banner />
				<LinkNote machine={machine} info={info} />
				<Unsent open={open.value} />
			</div>
			{finding.value && open.value && (
				<FindBar
					terminal={open.value.terminal}
					close={() => {
						finding.value = false
						open.value?.terminal.focus()
					}}
				/>
			)}
			<div class="session-room">
				<div class="terminal-place">
					<section ref={room} class="terminal-room" aria-label={words.session.terminal(name)} />
					{open.value && running && <AttentionBanner machine={machine} session={session} open={open.value} />}
				</div>
				{isPanelOpen.value && info && (
					<SessionPanel
						machine={machine}
						info={info}
						close={() => {
							isPanelOpen.value = false
							open.value?.terminal.focus()
						}}
					/>
				)}
			</div>
			{open.value && running && mayType && <KeyBar open={open.value} />}
		</div>
	)
}
