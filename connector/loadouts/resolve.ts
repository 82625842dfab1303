// A loadout with all that it extends: its layers in order, a later one's word over an earlier one's, and who said what.
import type { Problem } from "../../protocol/ask.ts"
import { type Layer, PHASE_NAMES, PHASES, type PhaseName } from "./layer.ts"
import { packageName, type Source } from "./source.ts"

/** Something that a loadout says, with the loadout that says it. */
export interface Said<T> {
	value: T
	from: string
	/** A mistake in it, by line. */
	problem(message: string): Problem
}

/** By what each is called. */
type All<T> = Map<string, Said<T>>

/** What is left of the layers: each thing once. */
export interface Merged {
	name: string
	description: string
	apt: All<string>
	npm: All<string>
	pip: All<string>
	binaries: All<Layer["tools"]["binaries"][number]>
	runtimes: All<string>
	files: All<Layer["files"][number]>
	skills: All<Layer["skills"][number]>
	mcp: All<Layer["mcp"][string]>
	commands: All<Layer["commands"][number]>
	environment: All<string>
	/** Variables, and the names of the workspace's secrets in them: also those that only an MCP server asks for. */
	secrets: All<string>
	core: Record<PhaseName, boolean>
}

/** What its commands and sessions find in their environment. */
export function variablesOf({ environment }: Merged): Record<string, string> {
	return Object.fromEntries([...environment].map(([variable, { value }]) => [variable, value]))
}

export interface Resolved {
	source: Source
	/** Not to be applied where there are problems. */
	merged: Merged
	/** In all of its layers. */
	problems: Problem[]
}

/** `find` answers with the loadout of a name, or undefined where there is none. */
export async function resolve(source: Source, find: (name: string) => Promise<Source | undefined>): Promise<Resolved> {
	const order: Source[] = []
	const problems: Problem[] = []
	const known = new Map([[source.name, source]])
	/** Parents first. One that is reached twice counts once, where it is reached first. */
	const visit = async (layer: Source, path: string[]): Promise<void> => {
		problems.push(...layer.problems)
		for (const [index, name] of layer.layer.extends.entries()) {
			const said = (message: string) => void problems.push(layer.problem(["extends", index], message))
			if (path.includes(name)) {
				said(`It extends itself: ${[...path.slice(path.indexOf(name)), name].join(" -> ")}.`)
				continue
			}
			if (order.some((done) => done.name === name)) continue
			if (path.length >= DEEPEST) {
				said(`More than ${DEEPEST} loadouts extend one another.`)
				continue
			}
			const parent = known.get(name) ?? (await find(name))
			if (parent === undefined) {
				said(`There is no loadout "${name}".`)
				continue
			}
			known.set(name, parent)
			await visit(parent, [...path, name])
		}
		order.push(layer)
	}
	await visit(source, [source.name])
	const merged = merge(source, order)
	if (problems.length === 0) problems.push(...disagreements(merged))
	return { source, merged, problems: unique(problems) }
}

/** More is a mistake, or an attempt. */
const DEEPEST = 32

function merge({ name, layer: { description } }: Source, order: Source[]): Merged {
	const core = Object.fromEntries(PHASE_NAMES.map((phase) => [phase, PHASES[phase].isCore])) as Merged["core"]
	const merged: Merged = {
		...{ name, description, core },
		...{ apt: new Map(), npm: new Map(), pip: new Map(), binaries: new Map(), runtimes: new Map(), files: new Map() },
		...{ skills: new Map(), mcp: new Map(), commands: new Map(), environment: new Map(), secrets: new Map() },
	}
	for (const source of order) {
		const { tools, runtimes, files, skills, mcp, commands, environment, secrets } = source.layer
		const list = <T>(into: All<T>, items: T[], called: (item: T) => string, ...path: string[]) => {
			for (const [index, value] of items.entries()) into.set(called(value), said(source, value, [...path, index]))
		}
		const mapping = <T>(into: All<T>, items: Record<string, T>, path: string) => {
			for (const [key, value] of Object.entries(items)) into.set(key, said(source, value, [path, key]))
		}
		list(merged.apt, tools.apt, packageName, "tools", "apt")
		list(merged.npm, tools.npm, packageName, "tools", "npm")
		list(merged.pip, tools.pip, packageName, "tools", "pip")
		list(merged.binaries, tools.binaries, ({ name }) => name, "tools", "binaries")
		list(merged.runtimes, runtimes, packageName, "runtimes")
		list(merged.files, files, ({ path }) => path, "files")
		list(merged.skills, skills, ({ name }) => name, "skills")
		list(merged.commands, commands, ({ name }) => name, "commands")
		mapping(merged.mcp, mcp, "mcp")
		mapping(merged.environment, environment, "environment")
		mapping(merged.secrets, secrets, "secrets")
		Object.assign(merged.core, source.layer.core)
	}
	return merged
}

function said<T>(source: Source, value: T, path: (string | number)[]): Said<T> {
	return { value, from: source.name, problem: (message) => source.problem(path, message) }
}

/** What each layer may say by itself and not beside the others. Adds to `secrets` what MCP servers ask for. */
function disagreements({ secrets, environment, mcp, commands, files }: Merged): Problem[] {
	const problems: Problem[] = []
	for (const [server, { value, from, problem }] of mcp)
		for (const [variable, said] of Object.entries(value.env)) {
			if (typeof said === "string") continue
			const other = secrets.get(variable)
			if (other !== undefined && other.value !== said.secret)
				problems.push(problem(`${server} takes ${said.secret} as ${variable}, which is ${other.value} elsewhere.`))
			else if (other === undefined) secrets.set(variable, { value: said.secret, from, problem })
		}
	for (const [variable, { problem }] of environment)
		if (secrets.has(variable)) problems.push(problem(`${variable} is a secret, too: it cannot be both.`))
	for (const [, { value, problem }] of commands)
		for (const variable of value.secrets)
			if (!secrets.has(variable)) problems.push(problem(`${variable} is not among the secrets.`))
	for (const [path, { value, from, problem }] of files) {
		if (value.secret === undefined) continue
		// It comes to the machine by its own name.
		const variable = value.secret
		const other = secrets.get(variable)
		if (other === undefined) secrets.set(variable, { value: value.secret, from, problem })
		else if (other.value !== value.secret)
			problems.push(problem(`${path} takes ${value.secret} as ${variable}, which is ${other.value} elsewhere.`))
	}
	return problems
}

function unique(problems: Problem[]): Problem[] {
	return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
