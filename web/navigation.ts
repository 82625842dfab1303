// Going places from code; links in components are plain links.
import type { MachineId, RequestId, SessionId } from "../protocol/ids.ts"

export const FLEET = "/"
export const INBOX = "/inbox"
export const HISTORY = "/inbox/history"
export const SIGN_IN = "/sign-in"
export const JOIN = "/join"
export const DEVICE = "/device"

export const SETTINGS = {
	index: "/settings",
	account: "/settings/account",
	notifications: "/settings/notifications",
	people: "/settings/people",
	tokens: "/settings/tokens",
	machines: "/settings/machines",
	secrets: "/settings/secrets",
	policy: "/settings/policy",
	channels: "/settings/channels",
	audit: "/settings/audit",
	workspace: "/settings/workspace",
} as const

/** One a noun. */
export type SettingsPage = Exclude<keyof typeof SETTINGS, "index">
export const SETTINGS_PAGES = (Object.keys(SETTINGS) as (keyof typeof SETTINGS)[]).filter((key) => key !== "index")

/** What a machine's settings are told in. */
export const MACHINE_PARTS = ["general", "substrates", "vms", "loadouts", "runtimes"] as const
export type MachinePart = (typeof MACHINE_PARTS)[number]

export const sessionPath = (machine: MachineId, session: SessionId) => `/m/${machine}/s/${session}`
export const requestPath = (request: RequestId) => `${INBOX}/${request}`
export const machinePath = (machine: MachineId, part: MachinePart = "general") =>
	part === "general" ? `${SETTINGS.machines}/${machine}` : `${SETTINGS.machines}/${machine}/${part}`
export const loadoutPath = (machine: MachineId, loadout: string) => `${machinePath(machine, "loadouts")}/${loadout}`

/** Where a key that a runtime lacks is saved, with its name and runtime filled in. */
export const missingSecretPath = (name: string, runtime: string) =>
	`${SETTINGS.secrets}?${new URLSearchParams({ save: name, runtime })}`

/** The router follows the history's events. */
export function go(path: string): void {
	if (path === location.pathname + location.search) return
	history.pushState(null, "", path)
	dispatchEvent(new PopStateEvent("popstate"))
}
