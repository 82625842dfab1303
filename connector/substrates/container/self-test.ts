// What containers can do on this machine, found by starting one.
import type { SubstrateInfo } from "../../../protocol/substrate.ts"
import { Engine } from "./engine.ts"

export async function tryContainers(): Promise<SubstrateInfo> {
	const engine = await Engine.find()
	if (!(engine instanceof Engine)) return { is: "absent", substrate: "container", ...engine }
	return { is: "ready", substrate: "container", by: engine.about.name, networks: ["none"], limits: [], notes: [] }
}
