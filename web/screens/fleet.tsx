// The fleet: machines as rows with their presence, and the sessions of each. All of it live.
import type { MachineId } from "../../protocol/ids.ts"
import type { Machine } from "../../protocol/routes/machines.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { sentence } from "../api.ts"
import { refreshMachines } from "../home.ts"
import { words } from "../messages.ts"
import { INBOX, machinePath, sessionPath } from "../navigation.ts"
import { dialog, filter, fleet, inbox, machines, now } from "../state.ts"
import { exact } from "../times.ts"
import { Act } from "../ui/act.tsx"
import { KindMark, waitingFor } from "../ui/attention-kind.tsx"
import { Refused, Skeleton } from "../ui/faces.tsx"
import { Icon } from "../ui/icon.tsx"
import { Menu, MenuItem } from "../ui/menu.tsx"
import { NoMachine } from "../ui/no-machine.tsx"
import { PresenceMark, standingOf } from "../ui/presence.tsx"
import { StateMark } from "../ui/session-state.tsx"
import { Shell } from "../ui/shell.tsx"
import { SUBSTRATE_ICONS } from "../ui/substrate-tiles.tsx"
import { Tags } from "../ui/tags.tsx"
import { needsSomebody } from "../waiting.ts"

export function Fleet() {
	return (
		<Shell title={words.fleet.title}>
			<header class="page-head">
				<h1>{words.fleet.title}</h1>
				<input
					type="search"
					class="filter"
					data-filter
					placeholder={words.fleet.filter}
					aria-label={words.fleet.filter}
					value={filter.value}
					onInput={(event) => {
						filter.value = event.currentTarget.value
					}}
					onKeyDown={(event) => {
						if (event.key !== "Escape") return
						filter.value = ""
						event.currentTarget.blur()
					}}
				/>
				<Act may="machine:enroll" onClick={enroll}>
					<Icon name="plus" />
					{words.fleet.enroll}
				</Act>
			</header>
			<Machines />
		</Shell>
	)
}

function Machines() {
	const loaded = machines.value
	if (loaded.is === "loading") return <Skeleton rows={6} />
	if (loaded.is === "refused") return <Refused refusal={loaded.refusal} retry={() => void refreshMachines()} />
	if (loaded.value.length === 0)
		return (
			<NoMachine>
				<button type="button" class="primary" onClick={enroll}>
					<Icon name="plus" />
					{words.fleet.enroll}
				</button>
			</NoMachine>
		)
	const wanted = filter.value.trim().toLowerCase()
	const shown = loaded.value.flatMap((machine) => {
		const sessions = sessionsOf(machine.id)
		if (wanted === "" || describes(machine).includes(wanted)) return [{ machine, sessions }]
		const matching = sessions?.filter((session) => tells(session).includes(wanted)) ?? []
		return matching.length === 0 ? [] : [{ machine, sessions: matching }]
	})
	if (shown.length === 0) return <p class="page-note">{words.fleet.noMatch(filter.value)}</p>
	return shown.map(({ machine, sessions }) => <MachineRow key={machine.id} machine={machine} sessions={sessions} />)
}

function MachineRow({ machine, sessions }: { machine: Machine; sessions: SessionInfo[] | null }) {
	const { id, name } = machine
	const platform = fleet.value.get(id)?.platform ?? machine.platform
	const running = sessions?.filter((session) => session.state.is === "running").length ?? machine.running
	return (
		<section class="machine" aria-labelledby={id}>
			<header class="machine-head">
				<Icon name="server" />
				<h2 id={id} title={id}>
					{name}
				</h2>
				<PresenceMark machine={id} />
				<span
					class="dim platform"
					title={platform === null ? undefined : `${platform.hostname}, ${platform.connector}`}
				>
					{platform === null ? "" : `${platform.release} · ${platform.arch}`}
				</span>
				<Tags tags={machine.tags} />
				<span class="spring" />
				<Needs machine={id} />
				<span class="dim running-count">{words.fleet.running(running)}</span>
				<Act
					may="session:start"
					class="quiet square"
					aria-label={words.fleet.startOn(name)}
					title={words.fleet.startOn(name)}
					onClick={() => {
						dialog.value = { is: "start", machine: id }
					}}
				>
					<Icon name="plus" />
				</Act>
				<Menu label={words.fleet.machineActions(name)} icon="ellipsis">
					<a class="menu-item" href={machinePath(id)}>
						<Icon name="settings" />
						{words.fleet.machineSettings}
					</a>
					<MenuItem
						icon="pencil"
						label={words.fleet.renameMachine}
						may="machine:manage"
						onClick={() => {
							dialog.value = { is: "rename-machine", machine: id, name }
						}}
					/>
					<MenuItem
						icon="trash-2"
						label={words.fleet.removeMachine}
						danger
						may="machine:manage"
						onClick={() => {
							dialog.value = { is: "remove-machine", machine: id, name, running }
						}}
					/>
				</Menu>
			</header>
			<Sessions machine={id} sessions={sessions} />
		</section>
	)
}

/** How much there needs somebody, and the way to it. */
function Needs({ machine }: { machine: MachineId }) {
	const rows = inbox.value.is === "loaded" ? inbox.value.value : []
	const count = rows.filter(({ item }) => item.machine === machine && needsSomebody(item)).length
	if (count === 0) return null
	return (
		<a class="needs-here" href={INBOX}>
			{words.inbox.needs(count)}
		</a>
	)
}

function Sessions({ machine, sessions }: { machine: MachineId; sessions: SessionInfo[] | null }) {
	const socket = fleet.value.get(machine)?.socket
	if (sessions === null && socket?.is === "refused")
		return (
			<p class="row dim">
				<Icon name="circle-alert" />
				{words.fleet.machineRefused(sentence(socket.refusal))}
			</p>
		)
	if (sessions === null) return <Skeleton rows={2} />
	if (sessions.length === 0) return <p class="row dim">{words.fleet.noSessions}</p>
	return (
		<ul class="rows">
			{sessions.map((session) => (
				<li key={session.id}>
					<SessionRow machine={machine} session={session} />
				</li>
			))}
		</ul>
	)
}

function SessionRow({ machine, session }: { machine: MachineId; session: SessionInfo }) {
	const { id, name, runtime, cwd, state, title, substrate, tags } = session
	const stands = standingOf(machine).is
	const waits = state.is === "running" ? waitingFor(machine, id) : undefined
	return (
		<a class="row session-row" href={sessionPath(machine, id)} data-row>
			{waits === undefined ? (
				<StateMark state={state} isKnown={stands === "linked" || stands === "unproven"} />
			) : (
				<span class="state waits" title={waits.text}>
					<KindMark item={waits} />
				</span>
			)}
			<strong>{name}</strong>
			<span class="about">
				<span class="dim runtime">{runtime}</span>
				<span class="dim runs-in" title={words.session.runsIn(substrate, session.network)}>
					<Icon name={SUBSTRATE_ICONS[substrate]} />
					{words.substrates.word[substrate]}
				</span>
				<Tags tags={tags} />
			</span>
			<span class="dim cwd mono" title={cwd}>
				{cwd}
			</span>
			<span class="dim title">{"reason" in state ? state.reason : title}</span>
			<Activity session={session} />
		</a>
	)
}

/** When the program last said something, or ended. */
function Activity({ session: { state, lastOutputAt } }: { session: SessionInfo }) {
	const at = state.is === "running" ? lastOutputAt : state.at
	return (
		<time class="dim activity" title={at === null ? undefined : exact(at)}>
			{at === null ? words.fleet.quiet : words.session.ago(now.value - at)}
		</time>
	)
}

/** Running ones first, then the newest; an order that does not move while one looks. Null before the machine's word. */
export function sessionsOf(machine: MachineId): SessionInfo[] | null {
	const view = fleet.value.get(machine)
	if (view === undefined || view.presence === null) return null
	const ended = (session: SessionInfo) => (session.state.is === "running" ? 0 : 1)
	return [...view.sessions.values()].sort((a, b) => ended(a) - ended(b) || b.createdAt - a.createdAt)
}

function describes({ name, platform, tags }: Machine): string {
	return `${name} ${tags.join(" ")} ${platform?.release ?? ""} ${platform?.arch ?? ""} ${platform?.hostname ?? ""}`.toLowerCase()
}

function tells({ name, runtime, cwd, title, state, substrate, tags }: SessionInfo): string {
	return `${name} ${runtime} ${substrate} ${tags.join(" ")} ${cwd} ${title} ${state.is}`.toLowerCase()
}

function enroll(): void {
	dialog.value = { is: "enroll" }
}
