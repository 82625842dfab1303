// Images: which one a session has, and how one that is missing is got.
import { createReadStream } from "node:fs"
import type { IncomingMessage } from "node:http"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { Refusal } from "../../../protocol/errors.ts"
import { recordedImage } from "../../loadouts/session-image.ts"
import type { Contained } from "../contained.ts"
import type { Terminal } from "../substrate.ts"
import { withDebian } from "./debian.ts"
import { type Engine, EngineError } from "./engine.ts"

/** What sessions run in that do not say so; made here from Debian's packages. */
export const DEFAULT_IMAGE = "homeport/debian:12"

/** Tells a person what goes on. */
export type Teller = Pick<Terminal, "say" | "progress">

/** The image of a session that has been started before. */
export async function imageOf({ image, loadout, folder }: Contained): Promise<string> {
	return (loadout === null ? null : await recordedImage(folder)) ?? image ?? DEFAULT_IMAGE
}

/** The image that was asked for, got where it is missing. Throws Refusal, and leaves nothing then. */
export async function imageFor(
	engine: Engine,
	{ image: asked, dataDir }: Pick<Contained, "image" | "dataDir">,
	teller: Teller,
): Promise<string> {
	const image = asked ?? DEFAULT_IMAGE
	if (await hasImage(engine, image)) return image
	if (image === DEFAULT_IMAGE) await buildDefault(engine, image, dataDir, teller)
	else await pullImage(engine, image, teller)
	return image
}

/** Makes the image that sessions run in by default, under any name. Throws Refusal; there is no half of an image then. */
export async function buildDefault(engine: Engine, name: string, dataDir: string, teller: Teller): Promise<void> {
	teller.say(`Making the image ${name} from Debian's packages. This takes a few minutes, once.`)
	await withDebian({ folder: join(dataDir, "drafts") }, teller, async (tar) => {
		teller.progress(`Handing the image to ${engine.about.name}`)
		await importImage(engine, name, createReadStream(tar))
	})
	teller.say(`The image ${name} is made.`)
}

/** `tar`: the whole file system. */
export async function importImage(engine: Engine, name: string, tar: Readable): Promise<void> {
	// Podman does not heed a tag apart from it.
	const query = { fromSrc: "-", repo: tagged(name) }
	try {
		await said(await engine.follow("POST", "/images/create", { query, stream: tar }), () => {})
	} catch (error) {
		throw error instanceof EngineError ? notGot(engine, name, error) : error
	}
}

export async function hasImage(engine: Engine, image: string): Promise<boolean> {
	try {
		await engine.ask("GET", `/images/${encodeURIComponent(image)}/json`)
		return true
	} catch (error) {
		if (error instanceof EngineError && error.status === 404) return false
		throw error
	}
}

async function pullImage(engine: Engine, image: string, teller: Teller): Promise<void> {
	teller.say(`Getting the image ${image}.`)
	const layers = new Map<string, Required<Progress>>()
	try {
		const query = { fromImage: tagged(image) }
		await said(await engine.follow("POST", "/images/create", { query }), ({ status, id = "", progressDetail }) => {
			const { current = 0, total } = progressDetail ?? {}
			if (status === "Downloading" && total !== undefined) layers.set(id, { current, total })
			teller.progress(describe([...layers.values()]))
		})
	} catch (error) {
		throw error instanceof EngineError ? notGot(engine, image, error) : error
	}
	teller.say(`The image ${image} is here.`)
}

interface Progress {
	current?: number
	total?: number
}

/** A line of what an engine says while it pulls or imports. */
interface Said {
	status?: string
	/** The layer's. */
	id?: string
	progressDetail?: Progress
	error?: string
}

/** Reads on to the end. Throws EngineError where that is a failure: the head of the answer came before. */
async function said(message: IncomingMessage, take: (said: Said) => void): Promise<void> {
	for await (const line of createInterface({ input: message })) {
		if (line.trim() === "") continue
		const said = JSON.parse(line) as Said
		if (said.error !== undefined) throw new EngineError(500, said.error)
		take(said)
	}
}

const MB = 1e6

function describe(layers: Required<Progress>[]): string {
	if (layers.length === 0) return "Asking the registry"
	const sum = (name: keyof Progress) => layers.reduce((bytes, layer) => bytes + layer[name], 0)
	return `${Math.round(sum("current") / MB)} of ${Math.round(sum("total") / MB)} MB`
}

function notGot({ about }: Engine, image: string, { message }: EngineError): Refusal {
	return new Refusal(
		"substrate_unavailable",
		`${about.name} has no image ${image} and cannot get it: ${why(image, message)}`,
	)
}

/** Reason and remedy. */
function why(image: string, message: string): string {
	if (/no space left|disk quota/i.test(message)) return "its disk is full. Make room, such as by docker system prune."
	if (/dial tcp|no such host|timeout|timed out|connection refused|unreachable|EOF/i.test(message))
		return `its registry cannot be reached (${message}). See to the machine's network, or choose an image that is here.`
	if (/unauthorized|denied|authentication/i.test(message))
		return `its registry does not hand it out (${message}). See that the name is right; for a private one, sign in and get it by hand: docker pull ${image}.`
	if (/not found|manifest unknown|does not exist|name unknown/i.test(message))
		return `its registry has none of this name (${message}). See that the name and tag are right.`
	return `${message}. Try to get it by hand: docker pull ${image}.`
}

/** Without a tag an engine would get all that there are. */
function tagged(image: string): string {
	return /[:@][^/]*$/.test(image) ? image : `${image}:latest`
}
