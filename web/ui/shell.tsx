// What stands around every screen but the terminal's: the bar, the banner, and the phone's bar at the bottom.
import type { ComponentChildren } from "preact"
import { useEffect } from "preact/hooks"
import { useLocation } from "preact-iso"
import { attempt } from "../api.ts"
import { signOut } from "../home.ts"
import { words } from "../messages.ts"
import { FLEET, TOKENS } from "../navigation.ts"
import { dialog, may, me } from "../state.ts"
import { Banner } from "./banner.tsx"
import { Icon } from "./icon.tsx"
import { Menu, MenuItem } from "./menu.tsx"

export function Shell({ title, children }: { title: string; children: ComponentChildren }) {
	useEffect(() => {
		document.title = `${title} · ${words.product}`
	}, [title])
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
				{words.product}
			</a>
			<nav class="wide-only" aria-label={words.nav.label}>
				<NavLink href={FLEET}>{words.nav.fleet}</NavLink>
				{may("token:manage") && <NavLink href={TOKENS}>{words.nav.tokens}</NavLink>}
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
						<small>{signedIn.workspace.name}</small>
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
			<NavLink href={FLEET}>
				<Icon name="server" />
				{words.nav.fleet}
			</NavLink>
			<button type="button" disabled={!may("session:start")} onClick={openStart}>
				<Icon name="plus" />
				{words.nav.start}
			</button>
			<button type="button" onClick={openPalette}>
				<Icon name="search" />
				{words.nav.search}
			</button>
			<NavLink href={TOKENS}>
				<Icon name="key-round" />
				{words.nav.tokens}
			</NavLink>
		</nav>
	)
}

function StartButton() {
	return (
		<button type="button" class="primary wide-only" disabled={!may("session:start")} onClick={openStart}>
			<Icon name="plus" />
			{words.nav.start}
		</button>
	)
}

function NavLink({ href, children }: { href: string; children: ComponentChildren }) {
	const { path } = useLocation()
	return (
		<a href={href} aria-current={path === href ? "page" : undefined}>
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
