// What runs over a data folder now, or ran there when it was last killed: read by other commands and by the next start.
import { rm } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import type { DataFolder } from "../data-folder.ts"
import { readPrivate, writePrivate } from "../private-file.ts"

const Running = z.object({
	/** The process of `homeport up`. */
	pid: z.int(),
	url: z.string(),
	/** The address that it listens on; one that was killed before this was written down had the usual one. */
	host: z.string().default("127.0.0.1"),
	/** The process of the control plane. */
	controlPlane: z.int(),
})
export type Running = z.infer<typeof Running>

export function readRunning(folder: DataFolder): Promise<Running | undefined> {
	return readPrivate(path(folder), Running)
}

export function writeRunning(folder: DataFolder, running: Running): Promise<void> {
	return writePrivate(path(folder), running)
}

export function forgetRunning(folder: DataFolder): Promise<void> {
	return rm(path(folder), { force: true })
}

function path(folder: DataFolder): string {
	return join(folder.home, "running.json")
}
