// The variables by which programs find the gate.

/** `port`: where it listens inside. */
export function proxyEnvironment(port: number, host = "127.0.0.1"): Record<string, string> {
	const gate = `http://${host}:${port}`
	const near = "127.0.0.1,localhost"
	const upper = { HTTP_PROXY: gate, HTTPS_PROXY: gate, ALL_PROXY: gate, NO_PROXY: near }
	const lower = Object.fromEntries(Object.entries(upper).map(([name, value]) => [name.toLowerCase(), value]))
	// Node heeds them only when it is told to.
	return { ...upper, ...lower, NODE_USE_ENV_PROXY: "1" }
}
