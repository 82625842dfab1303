// `homeport spawn`: starts a session.
import { homedir } from "node:os"
import { resolve } from "node:path"
import { newSessionId } from "../../protocol/ids.ts"
import { attachTo } from "../attach.ts"
import { readIdentity } from "../identity.ts"
import { typed } from "../invocation.ts"
import { findMachine, shortestName } from "../lookup.ts"
import { style } from "../output.ts"
import { type PlaceOptions, placeFrom, withPlaceOptions } from "../spawn-options.ts"
import { action, verb } from "../verb.ts"

interface Options extends PlaceOptions {
	runtime?: string
	machine?: string
	name?: string
	cwd?: string
	withoutKey?: boolean
	attach?: boolean
}

export function spawn() {
	const command = verb("spawn", {
		summary: "start a session",
		description:
			"Without a command it starts your shell. With --runtime the words after -- are further arguments for it; without, they are the command itself, taken as they are: no shell reads them.",
		examples: [
			["homeport spawn", "a shell here"],
			["homeport spawn --name build -- make -j4", "a command, by name"],
			["homeport spawn --runtime claude-code --attach", "an agent, and watch it at once"],
			["homeport spawn --machine server --cwd /srv", "on another machine"],
			["homeport spawn --substrate container --loadout base", "in a container with that loadout"],
			["homeport spawn --substrate sandbox --allow *.github.com --memory 2G", "where it can do little harm"],
			["homeport spawn --runtime codex --from-git https://github.com/me/app --ref main", "in a clone of its own"],
		],
	})
		.argument("[argv...]", "after --: the command, or further arguments for the runtime")
		.option(
			"--runtime <runtime>",
			"shell, claude-code, codex, gemini, opencode, aider, a profile of the machine, or custom",
		)
		.option("--machine <name>", "where (default: this computer, or the only machine)")
		.option("--name <name>", "what to call it (default: a free name after the command or the runtime)")
		.option("--cwd <folder>", "working directory (default: this one on this computer, else its home directory)")
	return withPlaceOptions(command)
		.option("--without-key", "start a runtime that has no key here, and sign in in its terminal")
		.option("--attach", "attach to it at once")
		.action(
			action<[string[]], Options>(async ({ folder, out, signIn }, options, argv) => {
				const { call, credentials } = await signIn()
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
				const started = {
					...session,
					machine: machine.id,
					machineName: machine.name,
					machinePresence: machine.presence,
				}
				if (options.attach) return attachTo({ session: started, credentials, out })
				const called = out.json ? session.name : await shortestName(call, started)
				out.result(
					started,
					() => `${style("bold", session.name)} runs on ${machine.name}. Attach: ${typed("attach", called)}`,
				)
			}),
		)
}

/** A relative folder is meant from here; "~" is the machine's to know, and so is where a session begins by itself. */
function workingDirectory(options: Options, isHere: boolean): string | undefined {
	const { cwd, substrate, fromDir, fromGit, worktree } = options
	const isMade = [fromDir, fromGit, worktree].some((from) => from !== undefined)
	if (cwd !== undefined) return isHere && !isMade && !cwd.startsWith("~") ? resolve(cwd) : cwd
	const here = process.cwd()
	return isHere && !isMade && substrate !== "vm" && here !== homedir() ? here : undefined
}
