// Browsers by the name that people know them by, from what they say of themselves.
import { words } from "./messages.ts"

/** Such as "Firefox on Linux"; what is not known is left out. */
export function browserName(agent: string): string {
	const browser = BROWSERS.find(([, mark]) => agent.includes(mark))?.[0]
	const system = SYSTEMS.find(([, mark]) => agent.includes(mark))?.[0]
	if (browser === undefined) return system ?? agent.slice(0, 40)
	return system === undefined ? browser : words.browserOn(browser, system)
}

export const thisBrowser = () => browserName(navigator.userAgent)

/** Each also says the names of those after it, whose pages it must pass for. */
const BROWSERS = [
	["Edge", "Edg/"],
	["Opera", "OPR/"],
	["Firefox", "Firefox/"],
	["Chrome", "Chrome/"],
	["Chrome", "CriOS/"],
	["Safari", "Safari/"],
] as const
const SYSTEMS = [
	["iPhone", "iPhone"],
	["iPad", "iPad"],
	["Android", "Android"],
	["Windows", "Windows"],
	["macOS", "Mac OS"],
	["Linux", "Linux"],
] as const
