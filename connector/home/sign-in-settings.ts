// Which ways to sign in this computer's home has switched on: what the environment of `homeport up` says.
import { Failure } from "../exit.ts"

/** Each is HOMEPORT_ and this name outside, and this name alone in the control plane. */
const GITHUB = ["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"]
const OIDC = ["OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"]

/** Passwords are on unless they are off: this computer has no bound on what hashing one costs. Throws Failure. */
export function signInSettings(environment: NodeJS.ProcessEnv): Record<string, string> {
	const { HOMEPORT_PASSWORDS = "on", HOMEPORT_OIDC_LABEL } = environment
	if (!["on", "off"].includes(HOMEPORT_PASSWORDS)) throw new Failure("usage", "HOMEPORT_PASSWORDS is on or off.")
	const settings: Record<string, string> = { PASSWORDS: HOMEPORT_PASSWORDS }
	for (const names of [GITHUB, OIDC]) {
		const missing = names.filter((name) => !environment[`HOMEPORT_${name}`])
		if (missing.length === names.length) continue
		// Half of a provider would be a button that is not there, and nobody would know why.
		if (missing.length > 0) throw new Failure("usage", `Set HOMEPORT_${missing.join(" and HOMEPORT_")}, too.`)
		for (const name of names) settings[name] = environment[`HOMEPORT_${name}`] ?? ""
	}
	if (HOMEPORT_OIDC_LABEL) settings.OIDC_LABEL = HOMEPORT_OIDC_LABEL
	return settings
}
