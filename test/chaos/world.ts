// A world to break: a control plane, one machine that calls it through a proxy, and viewers that come through another.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createTestHarness } from "wrangler"
import { type DataFolder, dataFolder, openDataFolder } from "../../connector/data-folder.ts"
import { enroll } from "../../connector/enroll.ts"
import { Child } from "../../connector/home/child.ts"
import { startControlPlane, untilHealthy } from "../../connector/home/control-plane.ts"
import { findToken } from "../../connector/home/first-run.ts"
import { findParts } from "../../connector/home/parts.ts"
import { findSecrets } from "../../connector/home/secrets.ts"
import { client } from "../../protocol/client.ts"
import type { MachineId, SessionId } from "../../protocol/ids.ts"
import { HOMEPORT, NODE, processesOver } from "../support/home.ts"
import { type CutProxy, startProxy } from "../support/proxy.ts"
import { type Place, Viewer } from "../support/viewer.ts"

const ROOT = join(import.meta.dirname, "../..")

/** The Workers runtime by itself, or under a harness that can evict objects. */
export type Home = "runtime" | "harness"

export class World {
	readonly folder: string
	readonly machine: MachineId
	readonly token: string
	readonly call
	/** Between the machine and the control plane. */
	readonly linkProxy: CutProxy
	/** Between viewers and the control plane. */
	readonly viewProxy: CutProxy
	/** The link process, which comes back when it is killed. */
	link: Child
	readonly #controlPlane: ControlPlane
	readonly #machineDir: string
	readonly #viewers = new Set<Viewer>()

	private constructor(made: {
		folder: string
		machineDir: string
		machine: MachineId
		token: string
		controlPlane: ControlPlane
		linkProxy: CutProxy
		viewProxy: CutProxy
	}) {
		this.folder = made.folder
		this.machine = made.machine
		this.token = made.token
		this.linkProxy = made.linkProxy
		this.viewProxy = made.viewProxy
		this.#controlPlane = made.controlPlane
		this.#machineDir = made.machineDir
		this.link = this.startLink("link")
		const { url } = made.controlPlane
		this.call = client((path, init) =>
			fetch(url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${made.token}` } }),
		)
	}

	static async make(home: Home): Promise<World> {
		const folder = mkdtempSync(join(tmpdir(), "homeport-chaos-"))
		const homeFolder = dataFolder(join(folder, "home"))
		const machineFolder = dataFolder(join(folder, "machine"))
		for (const made of [homeFolder, machineFolder]) openDataFolder(made)
		const secrets = await findSecrets(homeFolder)
		const controlPlane = home === "runtime" ? await startRuntime(homeFolder, secrets) : await startHarness(secrets)
		const token = await findToken(homeFolder, controlPlane.url, secrets.signInKey)
		const port = Number(new URL(controlPlane.url).port)
		const linkProxy = await startProxy({ host: "127.0.0.1", port })
		const viewProxy = await startProxy({ host: "127.0.0.1", port })
		const call = client((path, init) =>
			fetch(controlPlane.url + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
		)
		const { code } = await call("createEnrollment")
		const { machine } = await enroll(machineFolder, { url: linkProxy.url, code, name: "box", home: false })
		const world = new World({
			folder,
			machineDir: machineFolder.path,
			machine,
			token,
			controlPlane,
			linkProxy,
			viewProxy,
		})
		const viewer = world.viewer()
		await viewer.until("the machine is linked", () => viewer.socket.presence?.is === "linked")
		viewer.close()
		return world
	}

	/** A link process over this machine's folder; the world has one, and two are a fault to test. */
	startLink(name: string, folder = this.#machineDir): Child {
		return new Child({
			program: NODE,
			arguments: [HOMEPORT, "link", "--data-dir", folder],
			log: join(this.folder, `${name}.log`),
			channel: true,
			started: () => {},
			died: () => {},
		})
	}

	/** A link process over a copy of this machine's key, such as a cloned disk has; it knows none of the sessions. */
	startClone(name: string): Child {
		const clone = dataFolder(join(this.folder, name))
		openDataFolder(clone)
		copyFileSync(dataFolder(this.#machineDir).identity, clone.identity)
		return this.startLink(name, clone.path)
	}

	/** Resolves when a log of this world's processes says so. */
	async says(name: string, text: string): Promise<void> {
		while (!this.#log(name).includes(text)) await new Promise((resolve) => setTimeout(resolve, 20))
	}

	viewer(options?: ConstructorParameters<typeof Viewer>[1]): Viewer {
		const place: Place = { url: this.viewProxy.url, token: this.token, machine: this.machine }
		const viewer = new Viewer(place, options)
		this.#viewers.add(viewer)
		return viewer
	}

	killLink(): void {
		process.kill(this.link.pid ?? invariant("the link process runs"), "SIGKILL")
	}

	killControlPlane(): void {
		this.#controlPlane.kill()
	}

	/** The machine's object loses its memory; its sockets stay. */
	evict(): Promise<void> {
		return this.#controlPlane.evict(this.machine)
	}

	killHolder(session: SessionId): void {
		const [pid] = processesOver(join(this.#machineDir, "sessions", session))
		process.kill(pid ?? invariant("the session has a holder"), "SIGKILL")
	}

	/** The end of the logs, for the report of a cell that failed. */
	logs(): string {
		return ["link", "home/logs/control-plane"]
			.map((name) => `${name}:\n${this.#log(name).split("\n").slice(-15).join("\n")}`)
			.join("\n")
	}

	#log(name: string): string {
		try {
			return readFileSync(join(this.folder, `${name}.log`), "utf8")
		} catch {
			// That process was not a part of this world.
			return ""
		}
	}

	async stop(): Promise<void> {
		for (const viewer of this.#viewers) viewer.close()
		await this.link.stop(1_000)
		await this.linkProxy.stop()
		await this.viewProxy.stop()
		await this.#controlPlane.stop()
		for (const pid of processesOver(this.folder)) process.kill(pid, "SIGKILL")
		rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
	}
}

interface ControlPlane {
	url: string
	kill(): void
	evict(machine: MachineId): Promise<void>
	stop(): Promise<void>
}

type Secrets = Awaited<ReturnType<typeof findSecrets>>

async function startRuntime(folder: DataFolder, secrets: Secrets): Promise<ControlPlane> {
	const port = await freePort()
	const url = `http://127.0.0.1:${port}`
	const child = await startControlPlane({
		folder,
		secrets,
		parts: findParts(),
		host: "127.0.0.1",
		port,
		started: () => {},
		died: () => {},
	})
	await untilHealthy(url, AbortSignal.timeout(30_000))
	return {
		url,
		kill: () => process.kill(child.pid ?? invariant("the control plane runs"), "SIGKILL"),
		evict: () => invariant("only the harness evicts"),
		stop: () => child.stop(0),
	}
}

async function startHarness({ authSecret, signInKey }: Secrets): Promise<ControlPlane> {
	// A laboratory machine says nothing to anybody outside.
	Object.assign(process.env, { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", WRANGLER_LOG: "error" })
	Object.assign(process.env, { CLOUDFLARE_CF_FETCH_ENABLED: "false" })
	const harness = createTestHarness({
		root: ROOT,
		workers: [
			{
				configPath: join(ROOT, "wrangler.toml"),
				secrets: { AUTH_SECRET: authSecret, SIGN_IN_KEY: signInKey, SELF_MIGRATE: "1" },
			},
		],
	})
	const { url } = await harness.listen()
	return {
		url: url.origin,
		kill: () => invariant("the harness lives in this process"),
		evict: (machine) =>
			harness
				.getWorker()
				.evictDurableObject("MACHINE", { name: machine, webSockets: "hibernate" })
				.catch((error: unknown) => {
					// An object that sleeps already has lost its memory.
					if (!String(error).includes("not currently running")) throw error
				}),
		stop: () => harness.close(),
	}
}

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const probe = createServer()
		probe.listen(0, "127.0.0.1", () => {
			const address = probe.address()
			probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
		})
	})
}

function invariant(what: string): never {
	throw new Error(`invariant: ${what}`)
}
