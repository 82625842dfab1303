// MCP servers in the settings of the runtimes, each in its own form. A secret is named there, never written: the server
// gets it from its session's environment.
import { join } from "node:path"
import { parse, stringify } from "smol-toml"
import type { McpRuntime, McpServer } from "./layer.ts"
import { StepFailed } from "./target.ts"

type Json = { [key: string]: unknown }

interface Settings {
	/** Under the home directory. */
	path: string
	/** The settings with this server in them. Throws StepFailed for settings that cannot be read. */
	with(text: string, name: string, server: McpServer): string
}

/** Sources: each tool's own documentation of MCP servers, and of how its settings name variables of the environment. */
export const MCP_SETTINGS: Record<McpRuntime, Settings> = {
	"claude-code": {
		path: ".claude.json",
		with: (text, name, server) =>
			inJson(text, "mcpServers", name, {
				type: "stdio",
				command: server.command,
				args: server.args,
				env: variables(server, (variable) => `\${${variable}}`),
			}),
	},
	codex: { path: join(".codex", "config.toml"), with: inCodex },
	gemini: {
		path: join(".gemini", "settings.json"),
		with: (text, name, server) =>
			inJson(text, "mcpServers", name, {
				command: server.command,
				args: server.args,
				env: variables(server, (variable) => `$${variable}`),
			}),
	},
	opencode: {
		path: join(".config", "opencode", "opencode.json"),
		with: (text, name, server) =>
			inJson(text, "mcp", name, {
				type: "local",
				command: [server.command, ...server.args],
				enabled: true,
				environment: variables(server, (variable) => `{env:${variable}}`),
			}),
	},
}

/** Its environment, where `reference` is how the tool's settings name a variable of its own. */
function variables({ env }: McpServer, reference: (variable: string) => string): Record<string, string> {
	return Object.fromEntries(
		Object.entries(env).map(([variable, value]) => [variable, typeof value === "string" ? value : reference(variable)]),
	)
}

function inJson(text: string, key: string, name: string, server: Json): string {
	let settings: unknown
	try {
		settings = text.trim() === "" ? {} : JSON.parse(text)
	} catch {
		throw new StepFailed("Its settings are no plain JSON, so they were left as they are.")
	}
	if (!isObject(settings) || !isObject(settings[key] ?? {}))
		throw new StepFailed("Its settings have another form, so they were left as they are.")
	const servers = (settings[key] ?? {}) as Json
	return `${JSON.stringify({ ...settings, [key]: { ...servers, [name]: server } }, null, 2)}\n`
}

/** A part of its own, so that the person's comments and order stay. */
function inCodex(text: string, name: string, { command, args, env }: McpServer): string {
	const [begin, end] = [`# loadout: ${name}`, `# end of loadout: ${name}`]
	const lines = text.split("\n")
	const [first, last] = [lines.indexOf(begin), lines.indexOf(end)]
	const rest = first !== -1 && last > first ? [...lines.slice(0, first), ...lines.slice(last + 1)] : lines
	const secrets = Object.keys(env).filter((variable) => typeof env[variable] !== "string")
	const literal = Object.fromEntries(Object.entries(env).filter(([, value]) => typeof value === "string"))
	const server = {
		...{ command, args },
		...(Object.keys(literal).length > 0 && { env: literal }),
		...(secrets.length > 0 && { env_vars: secrets }),
	}
	const part = [begin, stringify({ mcp_servers: { [name]: server } }).trim(), end]
	try {
		const servers: unknown = parse(rest.join("\n")).mcp_servers
		if (isObject(servers) && servers[name] !== undefined)
			throw new StepFailed(`It has a server "${name}" of its own, so its settings were left as they are.`)
		const whole = `${[...rest.join("\n").trimEnd().split("\n"), "", ...part].join("\n").trimStart()}\n`
		parse(whole)
		return whole
	} catch (error) {
		if (error instanceof StepFailed) throw error
		throw new StepFailed("Its settings are no TOML that this can add to, so they were left as they are.")
	}
}

function isObject(value: unknown): value is Json {
	return typeof value === "object" && value !== null && !Array.isArray(value)
}
