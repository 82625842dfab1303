// Runtime profiles: programs that people made runtimes of on this machine, a file each in the data folder.
import { readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { Refusal } from "../protocol/errors.ts"
import { Profile } from "../protocol/profile.ts"
import { BUILT_IN } from "../protocol/session.ts"
import { Label } from "../protocol/substrate.ts"
import { readPrivate, writePrivate } from "./private-file.ts"

/** By their ids. Throws Failure where one of them is damaged. */
export async function readProfiles(dataDir: string): Promise<Profile[]> {
	// Where none was ever made there is no folder.
	const names = await readdir(join(dataDir, FOLDER)).catch(() => [])
	const ids = names.flatMap((name) => Label.safeParse(/^(.+)\.json$/.exec(name)?.[1]).data ?? [])
	const profiles = await Promise.all(ids.sort().map((id) => findProfile(dataDir, id)))
	return profiles.filter((profile) => profile !== undefined)
}

export async function findProfile(dataDir: string, id: string): Promise<Profile | undefined> {
	// A session may ask for any word; it shall lead to no file elsewhere.
	if (!Label.safeParse(id).success) return undefined
	return readPrivate(fileOf(dataDir, id), Profile)
}

/** Throws Refusal("invalid_request") for a profile that could not be used. */
export async function saveProfile(dataDir: string, profile: Profile): Promise<void> {
	if (BUILT_IN.includes(profile.id))
		throw new Refusal("invalid_request", `"${profile.id}" is a runtime that every machine has. Choose another id.`)
	for (const pattern of profile.waits) mustBeExpression(pattern)
	await writePrivate(fileOf(dataDir, profile.id), profile)
}

/** Throws Refusal("not_found"). */
export async function removeProfile(dataDir: string, id: string): Promise<void> {
	if ((await findProfile(dataDir, id)) === undefined) throw new Refusal("not_found")
	await rm(fileOf(dataDir, id), { force: true })
}

function mustBeExpression(pattern: string): void {
	try {
		new RegExp(pattern, "mu")
	} catch {
		throw new Refusal("invalid_request", `waits: "${pattern}" is not a regular expression.`)
	}
}

function fileOf(dataDir: string, id: string): string {
	return join(dataDir, FOLDER, `${id}.json`)
}

const FOLDER = "profiles"
