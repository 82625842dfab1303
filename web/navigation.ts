// Going places from code; links in components are plain links.
import type { MachineId, SessionId } from "../protocol/ids.ts"

export const FLEET = "/"
export const TOKENS = "/tokens"
export const SIGN_IN = "/sign-in"

export const sessionPath = (machine: MachineId, session: SessionId) => `/m/${machine}/s/${session}`

/** The router follows the history's events. */
export function go(path: string): void {
	if (path === location.pathname) return
	history.pushState(null, "", path)
	dispatchEvent(new PopStateEvent("popstate"))
}
