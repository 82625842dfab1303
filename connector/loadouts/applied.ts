// What of a loadout has been applied, kept on what it was applied to: read before a run, written after each of its steps.
import * as z from "zod"
import { readThere, type Target, writeThere } from "./target.ts"

const Applied = z.object({
	steps: z.record(
		z.string(),
		z.object({
			fingerprint: z.string().nullable(),
			at: z.int(),
			/** What was installed, where that is more exact than what was asked for. */
			version: z.string().optional(),
		}),
	),
})
export type Applied = z.infer<typeof Applied>

export async function readApplied(target: Target, loadout: string): Promise<Applied> {
	const { within } = target.state
	const bytes = await readThere(target, fileOf(target, loadout), { within, asRoot: rootOf(target) })
	try {
		return Applied.parse(JSON.parse(bytes?.toString() ?? ""))
	} catch {
		// Without a record, or with one that is damaged, every step is done again: each may be.
		return { steps: {} }
	}
}

export async function writeApplied(target: Target, loadout: string, applied: Applied): Promise<void> {
	const { within } = target.state
	const bytes = Buffer.from(`${JSON.stringify(applied, null, "\t")}\n`)
	await writeThere(target, { path: fileOf(target, loadout), bytes, mode: "0600", within, asRoot: rootOf(target) })
}

function fileOf({ state }: Target, loadout: string): string {
	return `${state.folder}/${loadout}.json`
}

/** The record lies under the person's own on the host, and under the system's elsewhere. */
function rootOf({ is, asRoot }: Target): string[] {
	return is === "host" ? [] : (asRoot ?? [])
}
