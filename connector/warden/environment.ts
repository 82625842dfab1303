// A program's variables on their way through its warden, under other names: none of them steers the warden itself.

export function wrapEnvironment(environment: Record<string, string>): Record<string, string> {
	return Object.fromEntries(Object.entries(environment).map(([name, value]) => [PREFIX + name, value]))
}

export function unwrapEnvironment(wrapped: NodeJS.ProcessEnv): Record<string, string> {
	const ours = Object.entries(wrapped).filter(([name]) => name.startsWith(PREFIX))
	return Object.fromEntries(ours.map(([name, value]) => [name.slice(PREFIX.length), value ?? ""]))
}

const PREFIX = "HOMEPORT_ENV_"
