// A session that the command line asks for: its options, and its start.
import { homedir } from "node:os"
import { resolve } from "node:path"
import type { Command } from "commander"
import type { Client } from "../protocol/client.ts"
import { newSessionId } from "../protocol/ids.ts"
import type { Session } from "../protocol/routes/sessions.ts"
import type { DataFolder } from "./data-folder.ts"
import { readIdentity } from "./identity.ts"
import { findMachine } from "./lookup.ts"
import { type PlaceOptions, placeFrom, withPlaceOptions } from "./spawn-options.ts"

export interface StartOptions extends PlaceOptions {
	runtime?: string
	machine?: string
	name?: string
	cwd?: string
	withoutKey?: boolean
}

export function withStartOptions(command: Command): Command {
	command
		.option(
			"--runtime <runtime>",
			"shell, claude-code, codex, gemini, opencode, aider, a profile of the machine, or custom",
		)
		.option("--machine <name>", "where (default: this computer, or the only machine)")
		.option("--name <name>", "what to call it (default: a free name after the command or the runtime)")
		.option("--cwd <folder>", "working directory (default: this one on this computer, else its home directory)")
	return withPlaceOptions(command).option(
		"--without-key",
		"start a runtime that has no key here, and sign in in its terminal",
	)
}

/** Starts it on the machine that the options mean. Throws Failure. */
export async function startSession(
	call: Client,
	folder: DataFolder,
	options: StartOptions,
	argv: string[],
): Promise<Session> {
	const machine = await findMachine(call, options.machine, folder.identity)
	const isHere = (await readIdentity(folder.identity))?.machine === machine.id
	const place = placeFrom(options, isHere)
	const cwd = workingDirectory(options, isHere)
	const { columns, rows } = process.stdout
	const session = await call("startSession", {
		params: { machine: machine.id },
		body: {
			id: newSessionId(),
			runtime: options.runtime ?? (argv.length > 0 ? "custom" : "shell"),
			argv,
			withoutKey: options.withoutKey === true,
			...place,
			...(options.name === undefined ? {} : { name: options.name }),
			...(cwd === undefined ? {} : { cwd }),
			...(process.stdout.isTTY ? { cols: columns, rows } : {}),
		},
	})
	return { ...session, machine: machine.id, machineName: machine.name, machinePresence: machine.presence }
}

/** A relative folder is meant from here; "~" is the machine's to know, and so is where a session begins by itself. */
function workingDirectory(options: StartOptions, isHere: boolean): string | undefined {
	const { cwd, substrate, fromDir, fromGit, worktree } = options
	const isMade = [fromDir, fromGit, worktree].some((from) => from !== undefined)
	if (cwd !== undefined) return isHere && !isMade && !cwd.startsWith("~") ? resolve(cwd) : cwd
	const here = process.cwd()
	return isHere && !isMade && substrate !== "vm" && here !== homedir() ? here : undefined
}
