// What stands around every screen but the terminal's: the bar, the banner, and the phone's bar at the bottom.
import type { ComponentChildren } from "preact"
import { useLocation } from "preact-iso"
import { signOut } from "../home.ts"
import { needsCount } from "../inbox.ts"
import { words } from "../messages.ts"
import { FLEET, INBOX, SETTINGS } from "../navigation.ts"
import { attempt } from "../run.ts"
import { dialog, me } from "../state.ts"
import { Act } from "./act.tsx"
import { Banner } from "./banner.tsx"
import { Icon } from "./icon.tsx"
import { Menu, MenuItem } from "./menu.tsx"
import { useTitle } from "./title.ts"
import { WorkspaceMenu } from "./workspaces.tsx"

export function Shell({ title, children }: { title: string; children: ComponentChildren }) {
	useTitle(words.inPlace(title, words.product))
	return (
		<div class="shell">
			<a class="skip" href="#content">
				{words.skip}
			</a>
			<TopBar />
			<Banner />
			<main id="content" tabIndex={-1}>
				{children}
			</main>
			<BottomBar />
		</div>
	)
}

function TopBar() {
	const signedIn = me.value.is === "loaded" ? me.value.value : null
	return (
		<header class="top-bar">
			<a class="wordmark" href={FLEET}>
				<img src="/icon.svg" alt="" width="22" height="22" />
				<span class="wide-only">{words.product}</span>
				<span class="unseen narrow-only">{words.product}</span>
			</a>
			<WorkspaceMenu />
			<nav class="wide-only" aria-label={words.nav.label}>
				<NavLink href={INBOX} within>
					{words.nav.inbox}
					<Badge />
				</NavLink>
				<NavLink href={FLEET}>{words.nav.fleet}</NavLink>
				<NavLink href={SETTINGS.index} within>
					{words.nav.settings}
				</NavLink>
			</nav>
			<span class="spring" />
			<button type="button" class="quiet wide-only" onClick={openPalette} title={words.palette.title}>
				<Icon name="search" />
				<kbd>{CHORD}</kbd>
			</button>
			<StartButton />
			{signedIn && (
				<Menu label={signedIn.name} icon="ellipsis">
					<p class="menu-note">
						{signedIn.name}
						<small>{words.roles[signedIn.role].name}</small>
					</p>
					<MenuItem icon="command" label={words.palette.title} onClick={openPalette} />
					<MenuItem
						icon="keyboard"
						label={words.shortcuts.title}
						onClick={() => {
							dialog.value = { is: "shortcuts" }
						}}
					/>
					<MenuItem icon="log-out" label={words.signOut} onClick={() => void attempt(signOut)} />
				</Menu>
			)}
		</header>
	)
}

function BottomBar() {
	return (
		<nav class="bottom-bar" aria-label={words.nav.label}>
			<NavLink href={INBOX} within>
				<span class="badged">
					<Icon name="inbox" />
					<Badge />
				</span>
				{words.nav.inbox}
			</NavLink>
			<NavLink href={FLEET}>
				<Icon name="server" />
				{words.nav.fleet}
			</NavLink>
			<Act may="session:start" onClick={openStart}>
				<Icon name="plus" />
				{words.nav.start}
			</Act>
			<button type="button" onClick={openPalette}>
				<Icon name="search" />
				{words.nav.search}
			</button>
			<NavLink href={SETTINGS.index} within>
				<Icon name="settings" />
				{words.nav.settings}
			</NavLink>
		</nav>
	)
}

/** How much needs somebody. */
function Badge() {
	const count = needsCount()
	if (count === 0) return null
	return (
		<span class="badge">
			<span aria-hidden="true">{count > 99 ? "99+" : count}</span>
			<span class="unseen">{words.inbox.needs(count)}</span>
		</span>
	)
}

function StartButton() {
	return (
		<Act may="session:start" class="primary wide-only" onClick={openStart}>
			<Icon name="plus" />
			{words.nav.start}
		</Act>
	)
}

/** `within`: the addresses below it are its own. */
function NavLink({ href, within, children }: { href: string; within?: boolean; children: ComponentChildren }) {
	const { path } = useLocation()
	const isHere = path === href || (within && path.startsWith(`${href}/`))
	return (
		<a href={href} aria-current={isHere ? "page" : undefined}>
			{children}
		</a>
	)
}

const CHORD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘K" : "Ctrl K"

function openPalette(): void {
	dialog.value = { is: "palette" }
}

function openStart(): void {
	dialog.value = { is: "start" }
}
