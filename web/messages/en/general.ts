// What every screen says.
import type { Action, Role } from "../../../protocol/roles.ts"
import type { Platform } from "../../../protocol/session.ts"
import { left } from "../../times.ts"
import { ALL, EITHER } from "./grammar.ts"

export const general = {
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
	save: "Save",
	saved: "Saved",
	add: "Add",
	removeIt: "Remove",
	copiedIt: "I have copied it",
	list: (words: string[]) => ALL.format(words),
	any: (words: string[]) => EITHER.format(words),
	made: (when: string) => `made ${when}`,
	tags: "Tags",
	newTag: "New tag",
	tagFault: "A tag has lower-case letters, digits, dot, dash and underscore.",
	unknownAddress: "not known",
	inTime: (ms: number) => `in ${left(ms)}`,
	tryAgainIn: (ms: number) => `Try again in ${left(ms)}.`,
	pageIsOld: "This page is older than the control plane. Load it again.",
	reload: "Load again",
	browserOn: (browser: string, system: string) => `${browser} on ${system}`,
	inPlace: (what: string, place: string) => `${what} · ${place}`,
	platform: ({ release, arch }: Platform) => `${release} · ${arch}`,
	needsRole: (least: Role, mine: Role) =>
		least === "owner"
			? `Only an owner may do this; you are ${mine} here.`
			: `This needs the role ${least} or a higher one; you are ${mine} here.`,
	language: "Language",
	languageHint: "For this browser alone.",
	browserLanguage: "As the browser asks",
	/** What was refused, and why, where more is known than the code. */
	refusal: (sentence: string, detail: string | undefined) =>
		detail === undefined ? sentence : `${sentence} ${detail}`,
	refused: "That is refused",

	roles: {
		guest: { name: "Guest", does: "Watches sessions." },
		developer: { name: "Developer", does: "Types, starts and ends sessions, and has tokens." },
		maintainer: { name: "Maintainer", does: "Also manages machines and secrets, and reads the audit trail." },
		owner: { name: "Owner", does: "Also manages people, and the workspace itself." },
	} satisfies Record<Role, { name: string; does: string }>,

	/** Each completes "this token may …". */
	actions: {
		"workspace:read": "see the workspace and its people",
		"workspace:leave": "leave the workspace",
		"machine:read": "see machines",
		"session:watch": "watch sessions",
		"session:type": "type into sessions",
		"session:start": "start and rename sessions",
		"session:end": "end and remove sessions",
		"vm:manage": "make and end virtual machines",
		"token:manage": "make and revoke tokens",
		"secret:read": "see the names of secrets",
		"machine:enroll": "add machines",
		"machine:manage": "rename, restrict and remove machines",
		"channel:manage": "manage channels",
		"policy:manage": "change the policy",
		"secret:manage": "save and remove secrets",
		"audit:read": "read the audit trail",
		"people:manage": "invite and remove people",
		"workspace:manage": "rename and delete the workspace",
	} satisfies Record<Action, string>,

	nav: { label: "Main", inbox: "Inbox", fleet: "Fleet", settings: "Settings", search: "Search", start: "New session" },

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
		goTo: (place: string) => `Go to ${place.toLowerCase()}`,
		workspace: "workspace",
		start: "New session",
		enroll: "Add a machine",
		shortcuts: "Keyboard shortcuts",
		theme: { system: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" },
		language: (name: string) => `Language: ${name}`,
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
		settings: "Go to settings",
		help: "This sheet",
		copy: "Copy, while something is selected",
	},

	notFound: { title: "Nothing is here", text: "The address leads nowhere in this console." },
} as const
