// What a substrate needs before a home can have it: an engine with an image, or an image of a VM.
import { once } from "node:events"
import { createInterface } from "node:readline"
import { setTimeout as wait } from "node:timers/promises"
import type { StartSpec } from "../../protocol/session.ts"
import type { Substrate } from "../../protocol/substrate.ts"
import { isOnPath } from "../../tools/system-tools.ts"
import { startDocker } from "../support/docker.ts"
import type { Home } from "../support/home.ts"
import { NODE } from "../support/home.ts"
import { until } from "../support/until.ts"
import { withVmImage } from "../support/vm-image.ts"

export interface Prepared {
	/** For the connector. */
	environment: Record<string, string>
	/** What every session says. */
	start: Partial<StartSpec>
	/** Once the home has found that the substrate is ready. */
	opened(home: Home): Promise<void>
	/** A server that those inside reach when they have a network, where the machine's own addresses are not that; it says "reached". */
	serve?: (() => Promise<{ address: string; port: number; close(): void }>) | undefined
	/** After the home has ended. */
	release(): Promise<void>
}

const NOTHING: Prepared = { environment: {}, start: {}, opened: async () => {}, release: async () => {} }

/** What the machine lacks the tools for is left to the home to say. */
export async function prepare(substrate: Substrate, dataDir: string): Promise<Prepared> {
	if (substrate === "container" && process.getuid?.() === 0 && isOnPath("dockerd")) return prepareContainers()
	if (substrate === "vm" && isOnPath("qemu-system-x86_64") && isOnPath("mmdebstrap")) return prepareVms(dataDir)
	return NOTHING
}

async function prepareContainers(): Promise<Prepared> {
	const docker = await startDocker()
	await docker.loadImage()
	return {
		...NOTHING,
		environment: { DOCKER_HOST: docker.host },
		async serve() {
			const source = `const server = require("node:net").createServer((socket) => socket.on("error", () => {}).end("reached"))
				server.listen(0, "0.0.0.0", () => console.log(server.address().port))`
			const child = docker.inNetwork([NODE, "-e", source])
			if (child.stdout === null) throw new Error("invariant: its output is piped")
			const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string]
			return { address: docker.gateway, port: Number(port), close: () => void child.kill() }
		},
		release: () => docker.stop(),
	}
}

/** The VM that sessions share which ask for nothing that it has not. */
const SHARED = "shared"
const BOOT_MS = 240_000
const LOOK_EVERY_MS = 500

async function prepareVms(dataDir: string): Promise<Prepared> {
	await withVmImage(dataDir)
	return {
		...NOTHING,
		start: { vm: SHARED },
		async opened(home) {
			const params = { machine: home.machine.id, vm: SHARED }
			const deed = (verb: "start" | "create") =>
				home.call("changeVm", { params, body: { deed: verb === "create" ? { verb, spec: {} } : { verb } } })
			await deed("create")
			const vm = async () => {
				// Each look asks QEMU, which has a system to boot.
				await wait(LOOK_EVERY_MS)
				const { vms } = await home.call("listVms", { params: { machine: home.machine.id } })
				return vms.find(({ name }) => name === SHARED)
			}
			await until("the VM is made", async () => (await vm())?.doing === null, BOOT_MS)
			if ((await vm())?.state.is !== "running") await deed("start")
			const isUp = async () => {
				const found = await vm()
				if (found?.fault) throw new Error(found.fault)
				return found?.state.is === "running"
			}
			await until("the VM runs", isUp, BOOT_MS)
		},
		release: async () => {},
	}
}
