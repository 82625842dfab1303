// Every word that the console says. A second language is a second table of this shape.
import type { Standing } from "./presence.ts"
import { age, bytes, clock } from "./times.ts"

const s = (count: number, one: string, many: string) => (count === 1 ? one : many)

const unsent = (count: number) =>
	count < 1_000 ? `${count} ${s(count, "key", "keys")} unsent` : `${bytes(count)} unsent`

export const words = {
	product: "Homeport",
	unreachable: "The control plane does not answer.",
	broken: "Something broke in this page. Load it again.",
	offline: "You are offline. What you see is what was last known.",
	noAnswer: "The control plane does not answer. Trying again.",
	copied: "Copied",
	copyFailed: "The browser does not let this page write the clipboard.",
	pasteFailed: "The browser does not let this page read the clipboard. Use the composer instead.",
	dismiss: "Dismiss",
	cancel: "Cancel",
	close: "Close",
	loading: "Loading",
	copy: "Copy",
	retry: "Try again",
	signOut: "Sign out",
	skip: "Skip to content",

	nav: { label: "Main", fleet: "Fleet", tokens: "Tokens", search: "Search", start: "New session", menu: "Menu" },

	signIn: {
		title: "Sign in",
		pending: "Signing you in…",
		ask: "This console opens with a one-time link. Print one on the computer that runs Homeport:",
		command: "homeport up --sign-in-link",
		paste: "Or paste the link here",
		submit: "Sign in",
		spentTitle: "This link is spent",
		spent: "A sign-in link works once and for an hour. Print a new one on the computer that runs Homeport:",
		notALink: "That is not a sign-in link.",
	},

	fleet: {
		title: "Fleet",
		filter: "Filter machines and sessions",
		emptyTitle: "No machine has called home yet",
		empty: "Add this computer or any other: one line to paste, and it dials out by itself. No ports to open.",
		enroll: "Add a machine",
		noMatch: (filter: string) => `Nothing matches “${filter}”.`,
		noSessions: "No sessions.",
		startHere: "Start one",
		running: (count: number) => `${count} running`,
		loadingSessions: "Asking the machine…",
		renameMachine: "Rename",
		removeMachine: "Remove",
		machineActions: (name: string) => `Actions for ${name}`,
		startOn: (name: string) => `New session on ${name}`,
		lastActivity: (ms: number) => `${age(ms)} ago`,
		quiet: "no output yet",
		machineRefused: "This machine cannot be watched",
	},

	presence: {
		word: (standing: Standing) =>
			({
				unknown: "checking",
				never: "never called",
				linked: "linked",
				unproven: "unproven",
				away: "away",
			})[standing.is],
		detail: (standing: Standing, now: number) => {
			switch (standing.is) {
				case "linked":
					return `proven ${age(standing.age)} ago`
				case "unproven":
					return `not heard for ${age(standing.age)}`
				case "away":
					return standing.since === null ? "away" : `away since ${clock(standing.since, now)}`
				case "never":
					return "has not called yet"
				case "unknown":
					return ""
			}
		},
	},

	session: {
		running: "running",
		lastSeenRunning: "running when last seen",
		exited: "exited",
		exitedWith: (code: number) => `exited ${code}`,
		killedBy: (signal: string) => `ended by ${signal}`,
		lost: "lost",
		bannerExited: (code: number | null, signal: string | null, when: string) =>
			signal !== null
				? `The program was ended by ${signal}, ${when}.`
				: code === 0
					? `The program has ended, ${when}.`
					: `The program has ended with code ${code}, ${when}.`,
		bannerLost: (reason: string, when: string) =>
			`The session is lost, ${when}: ${reason.replace(/\.?$/, "")}. Its output until then is shown.`,
		ago: (ms: number) => (ms < 5_000 ? "just now" : `${age(ms)} ago`),
		again: "Start again",
		remove: "Remove",
		/** On narrow screens these stand in the bar, and the sentence under it. */
		short: { away: "away", refused: "refused", redialling: "offline", catchingUp: "catching up" },
		live: "live",
		ended: "ended",
		connecting: "connecting…",
		redialling: "connection lost, dialling again…",
		catchingUp: (behind: number) => (behind > 0 ? `catching up ${bytes(behind)}` : "catching up"),
		away: (since: string | null) =>
			since === null ? "machine away, showing the last screen" : `machine away since ${since}, showing the last screen`,
		unproven: (ms: number) => `live, but the machine is silent for ${age(ms)}`,
		sending: (count: number) => `sending ${bytes(count)}`,
		unsent,
		unsentWaiting: (count: number) => `${unsent(count)}: sent when the link is back`,
		unsentOld: (count: number) => `${unsent(count)}: you will be asked when the link is back`,
		heldQuestion: (count: number) =>
			count < 1_000
				? `${count} ${s(count, "key was", "keys were")} typed while the link was down. Send ${s(count, "it", "them")} now?`
				: `${bytes(count)} were typed while the link was down. Send them now?`,
		send: "Send",
		discard: "Discard",
		tooMuchWaits: "Too much typed input waits to be written; this was not taken.",
		clipboardOffer: "The program wants to copy text to your clipboard.",
		clipboardAllow: "Allow for this session",
		linkRefused: (url: string) => `Only web links are opened, not ${url.slice(0, 80)}`,
		back: "Fleet",
		sessions: "Sessions",
		actions: "Session actions",
		find: "Find in terminal",
		findLabel: "Find",
		next: "Next match",
		previous: "Previous match",
		matches: (index: number, count: number) =>
			count === 0 ? "none" : index < 0 ? `${count}+` : `${index + 1} of ${count}`,
		fit: "Fit to my window",
		fitHint: (cols: number, rows: number) => `${cols} × ${rows}, another screen’s size`,
		watchers: (count: number) => `${count} ${s(count, "other screen", "other screens")} here`,
		watcherYou: "this screen",
		ownsSize: "owns the size",
		rename: "Rename",
		kill: "Kill",
		copyLink: "Copy link",
		copyText: "Copy all text",
		download: "Download log",
		downloading: "Reading the log…",
		palette: "Palette",
		larger: "Larger text",
		smaller: "Smaller text",
		bell: "Bell",
		missingTitle: "There is no such session",
		missing: "It was removed, or the machine has never had it.",
		toFleet: "Back to the fleet",
		terminal: (name: string) => `Terminal of ${name}`,
		takesNothing: "Your role may watch, not type.",
	},

	keys: {
		bar: "Keys",
		escape: "esc",
		tab: "tab",
		control: "ctrl",
		alt: "alt",
		paste: "Paste",
		more: "More keys",
		compose: "Compose",
		composeHint: "Text for the program…",
		send: "Send",
		type: "Type without Enter",
		keyboard: "Keyboard",
	},

	start: {
		title: "New session",
		runtime: "Runtime",
		machine: "Machine",
		directory: "Directory",
		directoryHint: "Home directory",
		recent: "recent",
		name: "Name",
		nameHint: "chosen for you",
		command: "Command line",
		commandHint: "htop -d 10",
		extra: "Further arguments",
		arguments: "Runs exactly these arguments:",
		openQuote: "A quote is not closed.",
		commandMissing: "Type the command to run.",
		submit: "Start",
		pending: "Starting…",
		notInstalled: "not installed",
		install: "Install it on the machine with:",
		missingKeys: (keys: string) => `Not ready: found none of ${keys}. It will start, and may ask you to sign in.`,
		ready: "ready",
		awayMachine: "The machine is away; a session can start when it is back.",
		noMachine: "Add a machine first.",
		runtimesLoading: "Looking what is installed…",
		custom: "Custom",
		customHint: "any command",
		shell: "Shell",
		more: "Directory, name",
	},

	enroll: {
		title: "Add a machine",
		explain: "Paste this line into a terminal on the machine. It needs no root and opens no port.",
		waiting: "Waiting for it to call…",
		enrolled: (name: string) => `${name} has its key; waiting for its link…`,
		connected: (name: string) => `${name} is connected`,
		expires: (ms: number) => `The code works once, for another ${age(ms)}.`,
		expired: "The code has expired.",
		newCode: "New code",
		done: "Done",
		manual: "From a clone instead:",
	},

	machine: {
		renameTitle: "Rename machine",
		removeTitle: (name: string) => `Remove ${name}?`,
		removeText: (running: number) =>
			running === 0
				? "Its key is revoked at once. To come back it must be enrolled again."
				: `Its key is revoked at once. ${running} running ${s(running, "session goes", "sessions go")} on there, out of reach from here.`,
		remove: "Remove machine",
	},

	rename: { title: "Rename session", name: "Name", submit: "Rename" },
	remove: {
		title: (name: string) => `Remove ${name}?`,
		text: "The session and its log are forgotten, here and on the machine.",
		submit: "Remove session",
	},
	kill: {
		title: (name: string) => `Kill ${name}?`,
		text: "The signal goes to the program and everything that it started there.",
		gentle: "Hang up (SIGHUP)",
		terminate: "Terminate (SIGTERM)",
		hard: "Kill now (SIGKILL)",
	},

	tokens: {
		title: "Tokens",
		explain: "For programs and for the homeport command on other computers. A token may do what you may do.",
		create: "New token",
		createTitle: "New token",
		name: "Name",
		nameHint: "ci, laptop, …",
		submit: "Create",
		once: "Copy it now: it is shown this once and stored only as a hash.",
		done: "I have copied it",
		emptyTitle: "No tokens",
		empty: "Make one when a program needs to reach your sessions.",
		created: (when: string) => `made ${when}`,
		used: (when: string) => `used ${when}`,
		neverUsed: "never used",
		revoke: "Revoke",
		revokeTitle: (name: string) => `Revoke ${name}?`,
		revokeText: "Programs that use it are refused at once.",
	},

	link: {
		title: "Open this link?",
		text: "The program shows other words for it. It leads to:",
		open: "Open",
	},

	palette: {
		title: "Command palette",
		hint: "Sessions, machines, actions…",
		none: "Nothing matches.",
		session: "session",
		machine: "machine",
		action: "action",
		goFleet: "Go to fleet",
		goTokens: "Go to tokens",
		start: "New session",
		enroll: "Add a machine",
		shortcuts: "Keyboard shortcuts",
		theme: { system: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" },
		screenReaderOn: "Screen reader support in terminals: on",
		screenReaderOff: "Screen reader support in terminals: off",
	},

	shortcuts: {
		title: "Keyboard shortcuts",
		everywhere: "Everywhere",
		inTerminal: "In a terminal",
		terminalRule: "Every key goes to the program, except:",
		palette: "Command palette",
		start: "New session",
		filter: "Filter",
		move: "Move through the list",
		fleet: "Go to fleet",
		tokens: "Go to tokens",
		help: "This sheet",
		copy: "Copy, while something is selected",
	},

	notFound: { title: "Nothing is here", text: "The address leads nowhere in this console." },
	refused: "That is refused",
} as const
