// Images: which one a session has, and how one that is missing is got.
import { createInterface } from "node:readline"
import { Refusal } from "../../../protocol/errors.ts"
import type { Contained } from "../contained.ts"
import type { Terminal } from "../substrate.ts"
import { type Engine, EngineError } from "./engine.ts"

/** What sessions run in that do not say so; made here from Debian's packages. */
export const DEFAULT_IMAGE = "homeport/debian:12"

/** Tells a person what goes on. */
export type Teller = Pick<Terminal, "say" | "progress">

/** The image of a session that has been started before. */
export async function imageOf(_engine: Engine, { image }: Contained): Promise<string> {
	return image ?? DEFAULT_IMAGE
}

/** The session's image, got where it is missing. Throws Refusal, and leaves nothing then. */
export async function imageFor(engine: Engine, contained: Contained, teller: Teller): Promise<string> {
	const image = await imageOf(engine, contained)
	if (await hasImage(engine, image)) return image
	await pullImage(engine, image, teller)
	return image
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

/** A line of what an engine says while it pulls or imports. */
interface Said {
	status?: string
	id?: string
	progressDetail?: { current?: number; total?: number }
	error?: string
}

async function pullImage(engine: Engine, image: string, teller: Teller): Promise<void> {
	teller.say(`Getting the image ${image}.`)
	// Without a tag an engine gets all there are.
	const named = /[:@][^/]*$/.test(image) ? image : `${image}:latest`
	const layers = new Map<string, { current: number; total: number }>()
	try {
		const message = await engine.follow("POST", "/images/create", { query: { fromImage: named } })
		for await (const line of createInterface({ input: message })) {
			const { status, id = "", progressDetail, error } = JSON.parse(line) as Said
			if (error !== undefined) throw new EngineError(500, error)
			if (progressDetail?.total !== undefined && status === "Downloading")
				layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total })
			teller.progress(describe([...layers.values()]))
		}
	} catch (error) {
		throw error instanceof EngineError ? notPulled(engine, image, error) : error
	}
}

const MB = 1e6

function describe(layers: { current: number; total: number }[]): string {
	const sum = (name: "current" | "total") => layers.reduce((bytes, layer) => bytes + layer[name], 0)
	return layers.length === 0
		? "Asking the registry"
		: `${Math.round(sum("current") / MB)} of ${Math.round(sum("total") / MB)} MB`
}

function notPulled({ about }: Engine, image: string, { status, message }: EngineError): Refusal {
	return new Refusal("substrate_unavailable", `${about.name} cannot get the image ${image}: ${message}. ${status}`)
}
