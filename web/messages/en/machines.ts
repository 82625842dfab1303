// The fleet, and machines.
import type { Standing } from "../../presence.ts"
import { age, clock, left } from "../../times.ts"
import { s } from "./grammar.ts"

export const machines = {
	fleet: {
		title: "Fleet",
		filter: "Filter machines and sessions",
		emptyTitle: "No machine has called home yet",
		empty: "Add this computer or any other: one line to paste, and it dials out by itself. No ports to open.",
		closedTitle: "No machine is open to you here",
		closed: "Ask an owner.",
		enroll: "Add a machine",
		noMatch: (filter: string) => `Nothing matches “${filter}”.`,
		noSessions: "No sessions.",
		running: (count: number) => `${count} running`,
		renameMachine: "Rename",
		removeMachine: "Remove",
		machineSettings: "Settings",
		machineActions: (name: string) => `Actions for ${name}`,
		startOn: (name: string) => `New session on ${name}`,
		quiet: "no output yet",
		machineRefused: (why: string) => `This machine cannot be watched: ${why}`,
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

	enroll: {
		title: "Add a machine",
		explain: "Paste this line into a terminal on the machine. It needs no root and opens no port.",
		waiting: "Waiting for it to call…",
		enrolled: (name: string) => `${name} has its key; waiting for its link…`,
		connected: (name: string) => `${name} is connected`,
		expires: (ms: number) => `The code works once, for another ${left(ms)}.`,
		expired: "The code has expired.",
		newCode: "New code",
		done: "Done",
		manual: "From a clone instead:",
		onlyHere: (origin: string) =>
			`This works on this computer only: no other one reaches ${origin}. For another one, put the home behind a name with HTTPS and open the console by that name, or start it with --host on a network that you trust; docs/operations.md says how.`,
	},

	machine: {
		renameTitle: "Rename machine",
		removeTitle: (name: string) => `Remove ${name}?`,
		removeText: (running: number) =>
			running === 0
				? "Its key is revoked at once. To come back it must be enrolled again."
				: `Its key is revoked at once. ${running} running ${s(running, "session goes", "sessions go")} on there, out of reach from here: on the machine itself homeport ls --local lists them, and homeport kill NAME --local ends one.`,
		remove: "Remove machine",
	},

	machines: {
		title: "Machines",
		explain: "Computers of this workspace. Open one for what it runs sessions in, and to rename, tag or restrict it.",
		noPlatform: "has not called yet",
		everybody: "Every member may use it",
		some: (count: number) => `${count} ${s(count, "member", "members")} and the owners may use it`,
		named: "Only owners and those named here:",
		member: (name: string, role: string) => `${name} (${role.toLowerCase()})`,
		missing: "There is no such machine",
		missingText: "It was removed, or it is not for you.",
		platform: "System",
		host: "Host name",
		connector: "Connector",
		enrolled: "Added",
		by: (name: string) => (when: string) => `${when} by ${name}`,
		key: "Key",
		keyText: "The machine is this key, whatever its name or address. The private half never left it.",
		manage: "Name and access",
		name: "Name",
		tags: "Tags",
		tagsHint: "Tokens can be kept to machines with a tag.",
		access: "Who may use it",
		parts: {
			general: "General",
			substrates: "Substrates",
			vms: "VMs",
			loadouts: "Loadouts",
			runtimes: "Runtimes",
		},
		partsOf: (name: string) => `About ${name}`,
		attached: "Who was here",
		attachedText: "Everybody who ever opened a session of this machine, newest first.",
		nobody: "Nobody yet.",
	},
} as const
