// The machine's loadouts: a YAML file each, in a folder of the data folder, where people may write them by hand, too.
import { mkdir, open, readdir, rename, rm } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import type { Loadout } from "../../protocol/ask.ts"
import { Refusal } from "../../protocol/errors.ts"
import { LOADOUT_BYTES } from "../../protocol/limits.ts"
import { Label } from "../../protocol/substrate.ts"
import { type Resolved, resolve } from "./resolve.ts"
import { readSource, type Source } from "./source.ts"
import { phasesOf } from "./steps.ts"

export function loadoutsFolder(dataDir: string): string {
	return join(dataDir, "loadouts")
}

/** Every loadout with its mistakes: files that people write by hand may have some. */
export async function listLoadouts(dataDir: string): Promise<Resolved[]> {
	const names = (await readdir(loadoutsFolder(dataDir)).catch(() => []))
		.filter((file) => file.endsWith(SUFFIX))
		.map((file) => file.slice(0, -SUFFIX.length))
		.filter((name) => Label.safeParse(name).success)
	const resolved = await Promise.all(names.sort().map((name) => resolveNamed(dataDir, name)))
	return resolved.filter((loadout) => loadout !== undefined)
}

/** Throws Refusal("not_found"). */
export async function readLoadout(dataDir: string, name: string): Promise<Resolved> {
	const resolved = await resolveNamed(dataDir, name)
	if (resolved === undefined) throw new Refusal("not_found", `There is no loadout "${name}" on this machine.`)
	return resolved
}

/** One that can be applied. Throws Refusal: not_found, or invalid_request with its first mistake. */
export async function usableLoadout(dataDir: string, name: string): Promise<Resolved> {
	return mustBeRight(await readLoadout(dataDir, name))
}

/** Keeps it; refused with its first mistake. Others that extend it must still be right with it. */
export async function saveLoadout(dataDir: string, name: string, text: string): Promise<Resolved> {
	const source = readSource(name, text)
	const find = async (other: string) => (other === name ? source : findSource(dataDir, other))
	const resolved = mustBeRight(await resolve(source, find))
	for (const other of await listLoadouts(dataDir)) {
		if (other.source.name === name || other.problems.length > 0) continue
		const { problems } = await resolve(other.source, find)
		const [problem] = problems
		if (problem !== undefined)
			throw new Refusal(
				"invalid_request",
				`With it "${other.source.name}", which extends it, would be wrong: ${describe(problem)}`,
			)
	}
	await writeWhole(join(loadoutsFolder(dataDir), name + SUFFIX), text)
	return resolved
}

/** Refused while another extends it. */
export async function removeLoadout(dataDir: string, name: string): Promise<void> {
	await readLoadout(dataDir, name)
	const others = (await listLoadouts(dataDir)).filter(({ source }) => source.layer.extends.includes(name))
	if (others.length > 0)
		throw new Refusal(
			"invalid_request",
			`These extend it: ${others.map(({ source }) => source.name).join(", ")}. Change or remove them first.`,
		)
	await rm(join(loadoutsFolder(dataDir), name + SUFFIX))
}

/** A file of whatever name: what it extends is looked for beside it, then among the machine's. */
export async function checkFile(dataDir: string, path: string): Promise<Resolved> {
	const named = Label.safeParse(basename(path).replace(/\.ya?ml$/, ""))
	const source = readSource(named.data ?? "loadout", await readText(path))
	return resolve(source, async (other) => (await findIn(dirname(path), other)) ?? findSource(dataDir, other))
}

/** As everyone is told of it. */
export function toldOf({ source, merged, problems }: Resolved): Loadout {
	const phases = problems.length > 0 ? [] : phasesOf(merged)
	return {
		name: source.name,
		text: source.text,
		problems,
		phases: phases.map(({ name, isCore, steps }) => ({
			name,
			isCore,
			steps: steps.map(({ does, from }) => ({ does, from })),
		})),
	}
}

export function describe({ loadout, line, column, message }: Loadout["problems"][number]): string {
	return `${loadout}${SUFFIX}:${line}:${column}: ${message}`
}

const SUFFIX = ".yaml"

function mustBeRight(resolved: Resolved): Resolved {
	const [problem] = resolved.problems
	if (problem !== undefined) throw new Refusal("invalid_request", describe(problem))
	return resolved
}

async function resolveNamed(dataDir: string, name: string): Promise<Resolved | undefined> {
	const source = await findSource(dataDir, name)
	return source === undefined ? undefined : resolve(source, (other) => findSource(dataDir, other))
}

function findSource(dataDir: string, name: string): Promise<Source | undefined> {
	return findIn(loadoutsFolder(dataDir), name)
}

async function findIn(folder: string, name: string): Promise<Source | undefined> {
	try {
		return readSource(name, await readText(join(folder, name + SUFFIX)))
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
		throw error
	}
}

/** One character more than a loadout may have at most: the rest of a file that is too large is not read. */
async function readText(path: string): Promise<string> {
	const file = await open(path, "r")
	try {
		const { bytesRead, buffer } = await file.read(Buffer.alloc(LOADOUT_BYTES + 1), 0, LOADOUT_BYTES + 1, 0)
		return buffer.subarray(0, bytesRead).toString("utf8")
	} finally {
		await file.close()
	}
}

async function writeWhole(path: string, text: string): Promise<void> {
	await mkdir(dirname(path), { recursive: true, mode: 0o700 })
	const draft = `${path}.new`
	await rm(draft, { force: true })
	const file = await open(draft, "wx", 0o600)
	try {
		await file.writeFile(text)
		await file.sync()
	} finally {
		await file.close()
	}
	await rename(draft, path)
}
