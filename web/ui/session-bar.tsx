// The thin bar over a terminal: what runs where, the truth about the link, who else is here, and what can be done.
import type { MachineId, SessionId } from "../../protocol/ids.ts"
import { JOB, type SessionInfo } from "../../protocol/session.ts"
import { api } from "../api.ts"
import { copyText } from "../clipboard.ts"
import { downloadLog } from "../download.ts"
import { words } from "../messages.ts"
import { FLEET, sessionPath } from "../navigation.ts"
import type { OpenSession } from "../open-session.ts"
import { attempt } from "../run.ts"
import { sessionsOf } from "../screens/fleet.tsx"
import { dialog, fleet, machines, may, notify, viewing } from "../state.ts"
import { Act } from "./act.tsx"
import { Icon } from "./icon.tsx"
import { LinkTruth } from "./link-truth.tsx"
import { Menu, MenuItem } from "./menu.tsx"
import { standingOf } from "./presence.tsx"
import { StateMark } from "./session-state.tsx"
import { SUBSTRATE_ICONS } from "./substrate-tiles.tsx"

interface Props {
	machine: MachineId
	session: SessionId
	info: SessionInfo | undefined
	open: OpenSession | null
	find: () => void
	panel: { isOpen: boolean; toggle: () => void }
}

export function SessionBar({ machine, session, info, open, find, panel }: Props) {
	const where = fleet.value.get(machine)?.name ?? ""
	return (
		<header class="session-bar">
			<a class="quiet square button" href={FLEET} aria-label={words.session.back} title={words.session.back}>
				<Icon name="arrow-left" />
			</a>
			<Menu label={words.session.sessions} icon="list">
				<Switcher session={session} />
			</Menu>
			{info === undefined ? (
				<span class="bone" />
			) : (
				<>
					<h1 title={info.id}>{info.name}</h1>
					<span class="dim runtime wide-only">{info.runtime}</span>
					<span class="dim runs-in wide-only">
						<Icon name={SUBSTRATE_ICONS[info.substrate]} />
						{words.session.runsIn(info.substrate, info.network)}
					</span>
					<span class="dim mono where wide-only" title={info.cwd}>
						{where}:{info.cwd}
					</span>
				</>
			)}
			<span class="spring" />
			{open?.bell.value && (
				<span class="bell" title={words.session.bell}>
					<Icon name="bell" />
					<span class="unseen">{words.session.bell}</span>
				</span>
			)}
			{!may("session:type") && (
				<span class="dim" title={words.session.takesNothing}>
					{words.session.watching}
				</span>
			)}
			<SizeOwner open={open} info={info} />
			<Watchers />
			<LinkTruth machine={machine} info={info} />
			<button
				type="button"
				class="quiet square wide-only"
				aria-label={words.session.find}
				title={words.session.find}
				onClick={find}
			>
				<Icon name="search" />
			</button>
			<button
				type="button"
				class="quiet square"
				aria-label={words.session.panel}
				title={words.session.panel}
				aria-pressed={panel.isOpen}
				onClick={panel.toggle}
			>
				<Icon name="panel-right" />
			</button>
			<Menu label={words.session.actions} icon="ellipsis">
				{info && <Actions machine={machine} info={info} open={open} find={find} />}
			</Menu>
		</header>
	)
}

function Actions({
	machine,
	info,
	open,
	find,
}: {
	machine: MachineId
	info: SessionInfo
	open: OpenSession | null
	find: () => void
}) {
	const { id: session, name, tags, comesBack } = info
	const running = info.state.is === "running"
	return (
		<>
			<MenuItem
				icon="maximize"
				label={words.session.fit}
				may="session:type"
				disabled={!running}
				onClick={() => open?.fit()}
			/>
			<MenuItem icon="search" label={words.session.find} onClick={find} />
			<MenuItem icon="plus" label={words.session.larger} onClick={() => open?.enlarge(1)} />
			<MenuItem icon="minus" label={words.session.smaller} onClick={() => open?.enlarge(-1)} />
			<hr />
			<MenuItem
				icon="link"
				label={words.session.copyLink}
				onClick={() => void copyText(new URL(sessionPath(machine, session), location.origin).href)}
			/>
			<MenuItem icon="copy" label={words.session.copyText} onClick={() => void copyText(open?.terminal.text() ?? "")} />
			<MenuItem
				icon="download"
				label={words.session.download}
				onClick={() => void attempt(() => downloadLog(machine, info))}
			/>
			<hr />
			<MenuItem
				icon="pencil"
				label={words.session.rename}
				may="session:start"
				onClick={() => {
					dialog.value = { is: "rename-session", machine, session, name }
				}}
			/>
			<MenuItem
				icon="tag"
				label={words.session.tag}
				may="session:start"
				onClick={() => {
					dialog.value = { is: "tag-session", machine, session, name, tags }
				}}
			/>
			{info.runtime !== JOB && (
				<>
					<MenuItem
						icon="history"
						label={comesBack ? words.session.comesBackNot : words.session.comesBack}
						may="session:start"
						onClick={() => void attempt(() => letComeBack(machine, info, !comesBack))}
					/>
					<MenuItem
						icon="copy-plus"
						label={words.session.clone}
						may="session:start"
						onClick={() => {
							dialog.value = { is: "clone-session", machine, session, name }
						}}
					/>
					<MenuItem
						icon="rotate-ccw"
						label={words.session.restart}
						may="session:start"
						onClick={() => {
							dialog.value = { is: "restart-session", machine, of: info }
						}}
					/>
				</>
			)}
			{running ? (
				<MenuItem
					icon="power"
					label={words.session.kill}
					danger
					may="session:end"
					onClick={() => {
						dialog.value = { is: "kill-session", machine, session, name }
					}}
				/>
			) : (
				<MenuItem
					icon="trash-2"
					label={words.session.remove}
					danger
					may="session:end"
					onClick={() => {
						dialog.value = { is: "remove-session", machine, session, name }
					}}
				/>
			)}
		</>
	)
}

async function letComeBack(machine: MachineId, { id: session }: SessionInfo, comesBack: boolean): Promise<void> {
	const { name } = await api("changeSession", { params: { machine, session }, body: { comesBack } })
	notify({
		tone: "good",
		text: comesBack ? words.session.willComeBack(name) : words.session.willNotComeBack(name),
	})
}

/** All sessions, by machine, to go to another one. */
function Switcher({ session }: { session: SessionId }) {
	if (machines.value.is !== "loaded") return null
	return machines.value.value.map(({ id, name }) => (
		<section key={id} class="switcher">
			<h2 class="menu-note">{name}</h2>
			{sessionsOf(id)?.map((other) => (
				<a
					key={other.id}
					class="menu-item"
					href={sessionPath(id, other.id)}
					aria-current={other.id === session ? "page" : undefined}
				>
					<span class="grow">{other.name}</span>
					<StateMark state={other.state} isKnown={standingOf(id).is !== "away"} />
				</a>
			))}
		</section>
	))
}

function SizeOwner({ open, info }: { open: OpenSession | null; info: SessionInfo | undefined }) {
	const watchers = viewing.value?.watchers ?? []
	const mine = watchers.some(({ self, ownsSize }) => self && ownsSize)
	if (open === null || info === undefined || info.state.is !== "running" || mine || viewing.value?.status.is !== "live")
		return null
	const { cols, rows } = open.terminal.size
	const fits = open.terminal.fits()
	if (fits.cols === cols && fits.rows === rows) return null
	return (
		<Act
			may="session:type"
			class="quiet"
			title={words.session.fitHint(cols, rows)}
			onClick={() => {
				open.fit()
				open.terminal.focus()
			}}
		>
			<Icon name="maximize" />
			<span class="wide-only">{words.session.fit}</span>
		</Act>
	)
}

function Watchers() {
	const watchers = viewing.value?.watchers ?? []
	const others = watchers.filter(({ self }) => !self).length
	if (others === 0) return null
	return (
		<Menu label={words.session.watchers(others)} icon="eye" text={<span>{others}</span>}>
			<ul class="watchers">
				{watchers.map(({ name, self, ownsSize }, index) => (
					<li key={index} class="menu-note">
						<span class="grow">{self ? words.session.watcherYou : name}</span>
						{ownsSize && <small>{words.session.ownsSize}</small>}
					</li>
				))}
			</ul>
		</Menu>
	)
}
