// The job that applies a loadout on this machine: to the machine itself, to a container's image, or to a VM.
import { Option } from "commander"
import { EXIT, Failure } from "../exit.ts"
import { alone } from "../loadouts/alone.ts"
import { type Apply, apply, type Result, type Watcher } from "../loadouts/apply.ts"
import { hostTarget } from "../loadouts/host-target.ts"
import { loadoutImage, makeLoadoutImage } from "../loadouts/image.ts"
import type { Merged } from "../loadouts/resolve.ts"
import { usableLoadout } from "../loadouts/store.ts"
import { vmTarget } from "../loadouts/vm-target.ts"
import { style } from "../output.ts"
import { Engine } from "../substrates/container/engine.ts"
import { imageFor } from "../substrates/container/images.ts"
import { Vms } from "../substrates/vm/vms.ts"
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

async function applyTo(job: Omit<Apply, "target">, { substrate, vm, image }: ApplyOptions): Promise<Result> {
	const { dataDir, watcher } = job
	switch (substrate) {
		case "host":
			return alone(dataDir, "host", watcher, () => apply({ ...job, target: hostTarget(dataDir) }))
		case "container": {
			const engine = await Engine.get()
			const teller = { say: watcher.say, progress: () => {} }
			const base = await imageFor(engine, { image: image ?? null, dataDir }, teller)
			const made = await loadoutImage(engine, job.merged, base)
			const { result } = await alone(dataDir, made, watcher, () => makeLoadoutImage({ ...job, engine, base }))
			return result
		}
		case "vm": {
			if (vm === undefined) throw new Failure("usage", "Say which VM with --vm.")
			return alone(dataDir, `vm ${vm}`, watcher, async () => {
				const target = await vmTarget(new Vms(dataDir), vm, watcher.say)
				try {
					return await apply({ ...job, target })
				} finally {
					await target.close()
				}
			})
		}
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
