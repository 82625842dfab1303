// The job that applies a loadout on this machine: to the machine itself, to a container's image, or to a VM.
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { Option } from "commander"
import { EXIT, Failure } from "../exit.ts"
import { type Apply, apply, type Result, type Watcher } from "../loadouts/apply.ts"
import { hostTarget } from "../loadouts/host-target.ts"
import type { Merged } from "../loadouts/resolve.ts"
import { loadoutsFolder, usableLoadout } from "../loadouts/store.ts"
import type { Target } from "../loadouts/target.ts"
import { onlyLink } from "../only-link.ts"
import { style } from "../output.ts"
import { action, verb } from "../verb.ts"

export const APPLIED_TO = ["host", "container", "vm"] as const

export interface ApplyOptions {
	substrate: (typeof APPLIED_TO)[number]
	vm?: string
	image?: string
	again?: boolean
}

export function loadoutApply() {
	return verb("loadout-apply", {
		summary: "apply a loadout on this machine",
		description: "Values of its secrets are taken from the environment, and out of it.",
		examples: [["homeport here loadout-apply base", "what `homeport loadout apply base` starts"]],
	})
		.argument("<name>", "the loadout")
		.addOption(new Option("--substrate <kind>", "what it is applied to").choices(APPLIED_TO).default("host"))
		.option("--vm <name>", "the VM")
		.option("--image <name>", "the image that the container's is made from")
		.option("--again", "do every step, also those that are done")
		.action(
			action<[string], ApplyOptions>(async ({ folder }, options, name) => {
				const { merged } = await usableLoadout(folder.path, name)
				const job = {
					...{ merged, watcher: onTerminal(), dataDir: folder.path, again: options.again === true },
					secrets: takeSecrets(merged),
				}
				const { isDone, failed } = await applyTo(job, options)
				const tail = failed.length === 0 ? "" : ` Failed: ${failed.join(", ")}.`
				process.stdout.write(
					isDone
						? `${style("green", `${name} is applied.`)}${tail}\n`
						: `${style("red", `${name} is not applied.`)}${tail} What was done stays done: applying it again goes on there.\n`,
				)
				if (!isDone) process.exitCode = EXIT.failed
			}),
		)
}

async function applyTo(job: Omit<Apply, "target">, { substrate, vm }: ApplyOptions): Promise<Result> {
	if (substrate !== "host") throw new Failure("unsupported", `Not to a ${substrate} ${vm ?? ""} yet.`)
	return alone(job, "host", hostTarget(job.dataDir))
}

/** One at a time on one target: two would install over each other. */
async function alone(job: Omit<Apply, "target">, name: string, target: Target): Promise<Result> {
	const place = join(loadoutsFolder(job.dataDir), "places", name)
	await mkdir(place, { recursive: true, mode: 0o700 })
	const waits = () => job.watcher.say("Another loadout is being applied there; this one waits for it.")
	const { leave } = await onlyLink(place, waits, new AbortController().signal)
	try {
		return await apply({ ...job, target })
	} finally {
		leave()
		await target.close()
	}
}

function onTerminal(): Watcher {
	return {
		say: (line) => void process.stdout.write(`${line}\n`),
		live: (bytes) => void process.stdout.write(style("dim", Buffer.from(bytes).toString())),
	}
}

/** No step finds them in its environment but those that name them. */
function takeSecrets({ secrets }: Merged): Record<string, string> {
	const taken: Record<string, string> = {}
	for (const variable of secrets.keys()) {
		const value = process.env[variable]
		if (value !== undefined) taken[variable] = value
		delete process.env[variable]
	}
	return taken
}
