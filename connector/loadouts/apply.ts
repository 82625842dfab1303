// Applies a loadout to a target: phase by phase, step by step, telling each; what is as it should be is left alone.
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { join } from "node:path"
import { Refusal } from "../../protocol/errors.ts"
import { maskTokens } from "../../protocol/token-shapes.ts"
import { readApplied, writeApplied } from "./applied.ts"
import type { Merged } from "./resolve.ts"
import { needsRoot, type Phase, phasesOf, type Step, type Work } from "./steps.ts"
import { StepFailed, type Target } from "./target.ts"

/** Whoever watches. */
export interface Watcher {
	/** A line for a person. */
	say(line: string): void
	/** What a step's command writes, as it comes. */
	live(bytes: Uint8Array): void
}

export interface Apply {
	merged: Merged
	target: Target
	/** Values of its secrets, by variable. */
	secrets: Record<string, string>
	watcher: Watcher
	/** The connector's data folder. */
	dataDir: string
	/** Does every step, also those that are done. */
	again?: boolean
	/** What is done here; every step where it is not said. */
	only?: (step: Step) => boolean
}

export interface Result {
	/** False where a step of a core phase failed, which ends the whole. */
	isDone: boolean
	/** Steps that failed, of whatever phase. */
	failed: string[]
}

/** Throws Refusal where it is known beforehand that it cannot be done; nothing has been done then. */
export async function apply(job: Apply): Promise<Result> {
	const { merged, target, watcher, dataDir, only = () => true } = job
	const phases = phasesOf(merged)
		.map((phase) => ({ ...phase, steps: phase.steps.filter(only) }))
		.filter(({ steps }) => steps.length > 0)
	await refuseHopeless(phases, target)
	const folder = join(dataDir, "loadouts", "drafts")
	await mkdir(folder, { recursive: true, mode: 0o700 })
	const draft = await mkdtemp(join(folder, `${merged.name}-`))
	const work: Work = { target, draft, secrets: job.secrets, live: watcher.live, once: new Set() }
	try {
		return await applyPhases(phases, job, work)
	} finally {
		await rm(draft, { recursive: true, force: true })
	}
}

async function applyPhases(phases: Phase[], job: Apply, work: Work): Promise<Result> {
	const { merged, target, watcher, again = false } = job
	const applied = await readApplied(target, merged.name)
	const failed: string[] = []
	for (const [number, { name, isCore, steps }] of phases.entries()) {
		watcher.say(`Phase ${number + 1}/${phases.length}: ${name}${isCore ? "" : " (best effort)"}`)
		for (const [index, step] of steps.entries()) {
			const called = `  ${index + 1}/${steps.length} ${step.does}`
			const since = Date.now()
			try {
				const fingerprint = await step.fingerprint()
				const before = applied.steps[step.key]
				if (!again && fingerprint !== null && before?.fingerprint === fingerprint) {
					watcher.say(`${called}: done before`)
					continue
				}
				watcher.say(called)
				if (before !== undefined) {
					// A run that is killed from here on has neither the old nor the new.
					delete applied.steps[step.key]
					await writeApplied(target, merged.name, applied)
				}
				const version = await step.do(work)
				applied.steps[step.key] = { fingerprint, at: Date.now(), ...(version !== undefined && { version }) }
				await writeApplied(target, merged.name, applied)
				watcher.say(`${called}: ok, ${seconds(since)}${version === undefined ? "" : `, version ${version}`}`)
			} catch (error) {
				if (!(error instanceof StepFailed)) throw error
				failed.push(step.does)
				const how = isCore ? "failed" : "failed, which is not needed for the rest"
				watcher.say(`${called}: ${how}, ${seconds(since)}: ${maskTokens(error.message)}`)
				if (isCore) return { isDone: false, failed }
			}
		}
	}
	return { isDone: true, failed }
}

/** Only root may install packages; what is already there needs nobody. */
async function refuseHopeless(phases: Phase[], target: Target): Promise<void> {
	if (target.asRoot !== null) return
	const steps = phases.filter(({ isCore }) => isCore).flatMap((phase) => phase.steps.filter((step) => step.needsRoot))
	const missing: string[] = []
	for (const step of steps) {
		const [kind, name = ""] = step.key.split(":")
		if (kind !== "apt") throw new Refusal("substrate_unavailable", `${step.does}: ${needsRoot(target)}`)
		const { code } = await target.run(["dpkg", "--status", name])
		if (code !== 0) missing.push(step.does.replace("apt ", ""))
	}
	if (missing.length > 0)
		throw new Refusal("substrate_unavailable", `${missing.join(", ")}: ${needsRoot(target, ...missing)}`)
}

function seconds(since: number): string {
	return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
