// What the person has settled for this machine, in a file of its data folder.
import { availableParallelism } from "node:os"
import { join } from "node:path"
import * as z from "zod"
import { Substrate } from "../protocol/substrate.ts"
import { TaskSlots } from "../protocol/task-report.ts"
import { readPrivate, writePrivate } from "./private-file.ts"

const Settings = z.object({
	/** What sessions run in that do not say so; null for what is best here. */
	substrate: Substrate.nullable().default(null),
	/** What all VMs together may have, where it is not the default: bytes, processors, bytes. */
	vms: z.object({ memory: z.int(), cpus: z.int(), disk: z.int() }).partial().default({}),
	/** How many tasks run at once; null for what suits its processors. */
	taskSlots: TaskSlots.nullable().default(null),
})
export type Settings = z.infer<typeof Settings>

export async function readSettings(dataDir: string): Promise<Settings> {
	return (await readPrivate(join(dataDir, FILE), Settings)) ?? Settings.parse({})
}

/** How many tasks run here at once. */
export async function taskSlots(dataDir: string): Promise<number> {
	return (await readSettings(dataDir)).taskSlots ?? Math.min(MOST_SLOTS, availableParallelism())
}

/** Most of a task's time is spent waiting for a model; but what it builds takes a processor. */
const MOST_SLOTS = 4

export async function changeSettings(dataDir: string, change: Partial<Settings>): Promise<void> {
	await writePrivate(join(dataDir, FILE), { ...(await readSettings(dataDir)), ...change })
}

const FILE = "settings.json"
