// A container's image with a loadout in it: called by what it holds, so that it is made once, and made anew after a change.
import { createHash } from "node:crypto"
import { Refusal } from "../../protocol/errors.ts"
import { type Engine, EngineError } from "../substrates/container/engine.ts"
import { hasImage } from "../substrates/container/images.ts"
import { removeContainer } from "../substrates/container/start.ts"
import { apply, type Result, type Watcher } from "./apply.ts"
import { containerTarget, openBuilder, SKELETON } from "./container-target.ts"
import type { Merged } from "./resolve.ts"
import { phasesOf, type Step } from "./steps.ts"
import { must } from "./target.ts"

export interface Imaging {
	engine: Engine
	merged: Merged
	/** The image that it is made from, which is there. */
	base: string
	dataDir: string
	secrets: Record<string, string>
	watcher: Watcher
	again?: boolean
}

/** What changes only files of the home directory is done in each session's own. */
const inImage = (step: Step) => !step.isHome

/** What the image is called, whether or not it is there. Throws Refusal for what cannot be in one. */
export async function loadoutImage(engine: Engine, merged: Merged, base: string): Promise<string> {
	const steps = phasesOf(merged).flatMap((phase) => phase.steps.filter(inImage))
	const { Id } = await engine.ask<{ Id: string }>("GET", `/images/${encodeURIComponent(base)}/json`)
	const hash = createHash("sha256").update(Id)
	for (const step of steps) {
		const fingerprint = await step.fingerprint()
		if (fingerprint === null)
			throw new Refusal(
				"invalid_request",
				`${step.does}: an image holds no secrets. Put the file under ~/ for containers.`,
			)
		hash.update(`\0${step.key}\0${fingerprint}`)
	}
	return `homeport/loadout-${merged.name}:${hash.digest("hex").slice(0, 12)}`
}

/** Makes it where it is missing. A run that was ended goes on in the container that it has left. */
export async function makeLoadoutImage(imaging: Imaging): Promise<{ image: string; result: Result }> {
	const { engine, merged, base, watcher, again = false } = imaging
	const image = await loadoutImage(engine, merged, base)
	if (!again && (await hasImage(engine, image))) {
		watcher.say(`The image ${image} is there already.`)
		return { image, result: { isDone: true, failed: [] } }
	}
	watcher.say(`Making the image ${image} from ${base}.`)
	try {
		const builder = image.replace(/[/:]/g, "-")
		const id = await openBuilder(engine, builder, base)
		const target = containerTarget(engine, id)
		const result = await apply({ ...imaging, target, only: inImage })
		if (!result.isDone) return { image, result }
		// Whoever has a session of it may read what its home begins with.
		await must(target.run(["chmod", "-R", "a+rX", SKELETON]), "chmod")
		await commit(engine, id, image)
		await removeContainer(engine, id)
		return { image, result }
	} catch (error) {
		if (!(error instanceof EngineError)) throw error
		throw new Refusal(
			"substrate_unavailable",
			`${engine.about.name} cannot make the image: ${error.message}. Its log may say more.`,
		)
	}
}

async function commit(engine: Engine, id: string, image: string): Promise<void> {
	const [repo = "", tag = ""] = image.split(":")
	// What starts a container of it is said by each session.
	const changes = ["ENTRYPOINT []", 'CMD ["sh"]', "USER 0:0", "LABEL homeport.loadout="].join("\n")
	await engine.ask("POST", "/commit", { query: { container: id, repo, tag, changes, pause: true }, body: {} })
}
