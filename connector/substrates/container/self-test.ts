// What containers are worth on this machine, found by starting some: what a program sees in them, and which limits hold.
import { mkdir, mkdtemp, realpath, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { Refusal } from "../../../protocol/errors.ts"
import { newSessionId } from "../../../protocol/ids.ts"
import { LIMITS, type Limits, type NETWORKS, type Network, type SubstrateInfo } from "../../../protocol/substrate.ts"
import { sessionEnvironment } from "../../runtimes.ts"
import type { Contained } from "../contained.ts"
import { removeAll } from "../sandbox/home.ts"
import { GATE_PORT, homeInside, INIT, LABEL_SESSION } from "./creation.ts"
import { Engine, EngineError } from "./engine.ts"
import { execAnew } from "./exec.ts"
import { importImage } from "./images.ts"
import { clearPlace, preparePlace } from "./place.ts"
import { removeContainer } from "./start.ts"
import { containersOf, sweepContainers } from "./sweep.ts"

type Limit = (typeof LIMITS)[number]

export async function tryContainers(dataDir: string): Promise<SubstrateInfo> {
	const engine = await Engine.find()
	const absent = (why: { reason: string; remedy: string }): SubstrateInfo => ({
		...{ is: "absent", substrate: "container" },
		...why,
	})
	if (!(engine instanceof Engine)) return absent(engine)
	const folder = await realpath(await mkdtemp(join(tmpdir(), "homeport-trial-")))
	const image = `homeport/trial:${newSessionId()}`
	const contained = await trial(folder)
	try {
		await sweepContainers(engine, dataDir)
		await importImage(engine, image, Readable.from([emptySystem()]))
		const wrong = await look(engine, image, contained)
		if (wrong.length > 0)
			return absent({ reason: `Containers do not hold in what is in them: ${wrong.join("; ")}.`, remedy: UNFIT })
		const networks: (typeof NETWORKS)[number][] = ["none"]
		if (await hasLoopback(engine, image, contained)) networks.push("allow-list")
		if (await reachesOut(engine, image, contained)) networks.unshift("full")
		const limits = await tryLimits(engine, image, contained)
		return {
			...{ is: "ready", substrate: "container", by: engine.about.name, networks, limits },
			notes: [
				...(networks.includes("full")
					? []
					: [`${engine.about.name} has no network for containers, so "full" is not to be had.`]),
				...(limits.includes("disk") ? [] : ["Only root can limit the disk of a container's home."]),
			],
		}
	} catch (error) {
		if (!(error instanceof Refusal || error instanceof EngineError)) throw error
		const said = error instanceof Refusal ? (error.detail ?? error.message) : error.message
		return absent({ reason: `${engine.about.name} answers, but no container runs: ${said}`, remedy: UNFIT })
	} finally {
		// One that the engine made and could not start would keep the image.
		for (const { Id } of await containersOf(engine, LABEL_SESSION, contained.session).catch(() => []))
			await removeContainer(engine, Id).catch(() => {})
		await engine.ask("DELETE", `/images/${encodeURIComponent(image)}`, { query: { force: true } }).catch(() => {
			// It was never made, or the engine is gone with it.
		})
		await removeAll(folder)
	}
}

const UNFIT = "See that `docker run` or `podman run` works here, and try again: `homeport substrates --again`."

/** A session of nobody's, in folders of its own, with a secret beside it. */
async function trial(folder: string): Promise<Contained> {
	const dataDir = join(folder, "data")
	const session = newSessionId()
	const own = join(dataDir, "sessions", session)
	const workingFolder = join(folder, "work")
	for (const each of [own, workingFolder]) await mkdir(each, { recursive: true, mode: 0o700 })
	await writeFile(join(dataDir, "secret"), SECRET, { mode: 0o600 })
	await writeFile(join(workingFolder, "work"), SECRET)
	return {
		...{ session, name: "trial", runtime: "custom", substrate: "container", argv: [INIT] },
		...{ cwd: workingFolder, workingFolder, network: { is: "none" }, limits: {} },
		...{ image: null, vm: null, loadout: null, mounts: [], configuration: [], dataDir, folder: own },
		own: sessionEnvironment(),
	}
}

const SECRET = "homeport-trial"

/** Files as a program in such a container finds them; an empty text for one that is not there. */
async function show<Path extends string>(
	engine: Engine,
	image: string,
	contained: Contained,
	paths: readonly Path[],
): Promise<Record<Path, string>> {
	try {
		const place = await preparePlace(contained, engine.about)
		const command = { argv: [INIT, "--show", ...paths], timeoutMs: TRIAL_MS }
		let texts: string[] = []
		for (let tries = 0; texts.length < paths.length && tries < TRIES; tries++) {
			const { ended, output, errors } = await execAnew(engine, contained, place, image, command)
			if (ended.code !== 0)
				throw new Refusal("substrate_unavailable", `A program in it does not end as it should. ${errors}`)
			texts = output.subarray(0, -1).toString().split("\0")
		}
		if (texts.length < paths.length)
			throw new Refusal("substrate_unavailable", "What a program in it writes does not all come out.")
		// The environment of a process has such ends, too, so it is the last.
		const last = texts.slice(paths.length - 1).join("\0")
		return Object.fromEntries(
			paths.map((path, index) => [path, index === paths.length - 1 ? last : (texts[index] ?? "")]),
		) as Record<Path, string>
	} finally {
		await clearPlace(contained)
	}
}

/** An engine that has just been started takes a while for its first container. */
const TRIAL_MS = 30_000
/** Podman loses now and then what a short program has written; compare https://github.com/containers/podman/pull/23766. */
const TRIES = 5

/** What a program sees that it must not, or does not see. */
async function look(engine: Engine, image: string, contained: Contained): Promise<string[]> {
	const files = [join(contained.dataDir, "secret"), join(contained.workingFolder ?? "", "work")]
	const seen = await show(engine, image, contained, [STATUS, DEVICES, MOUNTS, ENVIRONMENT] as const)
	const [secret, work] = Object.values(await show(engine, image, contained, files))
	const status = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(seen[STATUS])?.[1] ?? ""
	const variables = seen[ENVIRONMENT].split("\0").map((text) => text.split("=")[0] ?? "")
	const foreign = variables.filter((name) => process.env[name] !== undefined && !GIVEN.has(name))
	return [
		interfaces(seen[DEVICES]).some((name) => name !== "lo") && "without a network a program has one",
		!/^0+$/.test(status("CapEff")) && "a program has rights of the administrator",
		status("NoNewPrivs") !== "1" && "a program can get rights that it has not",
		Number(status("Pid")) > FIRST_PROCESSES && "a program is among other processes",
		foreign.length > 0 && `a program has the connector's ${foreign.join(", ")}`,
		mountAt(seen[MOUNTS], homeInside(contained)) === undefined && "a program has no private home",
		secret !== "" && "a program sees Homeport's data folder",
		work !== SECRET && "a program does not see its working directory",
	].filter((sentence) => sentence !== false)
}

const STATUS = "/proc/self/status"
const DEVICES = "/proc/net/dev"
const MOUNTS = "/proc/self/mountinfo"
const ENVIRONMENT = "/proc/self/environ"
/** Those that start a program in a container have the first numbers of its own. */
const FIRST_PROCESSES = 32
/** Said to every program, so no sign that the connector's own are. */
const GIVEN = new Set([
	"HOME",
	"USER",
	"LOGNAME",
	"SHELL",
	"LANG",
	"TZ",
	"PWD",
	"PATH",
	"HOSTNAME",
	"TERM",
	"HOMEPORT_SESSION",
	"",
])

/** Without a network the gate's port is on the loopback interface, which must be up. */
async function hasLoopback(engine: Engine, image: string, contained: Contained): Promise<boolean> {
	const network: Network = { is: "allow-list", hosts: ["nowhere.invalid"] }
	const seen = await show(engine, image, { ...contained, network }, [DEVICES, LISTENERS] as const)
	const port = GATE_PORT.toString(16).toUpperCase().padStart(4, "0")
	return interfaces(seen[DEVICES]).join() === "lo" && seen[LISTENERS].includes(`0100007F:${port} `)
}

const LISTENERS = "/proc/net/tcp"

/** It has another interface, and a way out by it. */
async function reachesOut(engine: Engine, image: string, contained: Contained): Promise<boolean> {
	const seen = await show(engine, image, { ...contained, network: { is: "full" } }, [DEVICES, ROUTES] as const)
	const others = interfaces(seen[DEVICES]).filter((name) => name !== "lo")
	return others.some((name) => new RegExp(`^${name}\\s+00000000\\s`, "m").test(seen[ROUTES]))
}

const ROUTES = "/proc/net/route"

function interfaces(devices: string): string[] {
	return [...devices.matchAll(/^\s*(\S+?):/gm)].map(([, name = ""]) => name)
}

/** Those of which the kernel says inside that it keeps them. */
async function tryLimits(engine: Engine, image: string, contained: Contained): Promise<Limit[]> {
	const kept: Limit[] = []
	for (const limit of LIMITS) {
		const limits = { [limit]: TRIAL_LIMITS[limit] }
		try {
			const seen = await show(engine, image, { ...contained, limits }, [...GROUP_FILES, MOUNTS] as const)
			if (isKept(limit, seen, homeInside(contained))) kept.push(limit)
		} catch (error) {
			// Neither is an engine's that says no to it.
			if (!(error instanceof Refusal)) throw error
		}
	}
	return kept
}

const MIB = 1024 * 1024
const TRIAL_LIMITS = { memory: 64 * MIB, cpus: 0.5, processes: 16, disk: 16 * MIB } satisfies Required<Limits>

/** Of control groups: version 2, then version 1. */
const GROUP_FILES = [
	...(["memory.max", "pids.max", "cpu.max"] as const).map((name) => `/sys/fs/cgroup/${name}` as const),
	...(["memory/memory.limit_in_bytes", "pids/pids.max"] as const).map((name) => `/sys/fs/cgroup/${name}` as const),
	...(["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"] as const).map((name) => `/sys/fs/cgroup/${name}` as const),
]

function isKept(
	limit: Limit,
	seen: Record<(typeof GROUP_FILES)[number] | typeof MOUNTS, string>,
	home: string,
): boolean {
	const number = (text: string) => (text.trim() === "" ? Number.NaN : Number(text))
	switch (limit) {
		case "memory":
			return [seen["/sys/fs/cgroup/memory.max"], seen["/sys/fs/cgroup/memory/memory.limit_in_bytes"]].some(
				(text) => number(text) === TRIAL_LIMITS.memory,
			)
		case "processes":
			return [seen["/sys/fs/cgroup/pids.max"], seen["/sys/fs/cgroup/pids/pids.max"]].some(
				(text) => number(text) === TRIAL_LIMITS.processes + 1,
			)
		case "cpus": {
			const [quota = "", period = ""] = seen["/sys/fs/cgroup/cpu.max"].split(" ")
			const before = [seen["/sys/fs/cgroup/cpu/cpu.cfs_quota_us"], seen["/sys/fs/cgroup/cpu/cpu.cfs_period_us"]]
			return [[quota, period], before].some(
				([quota = "", period = ""]) => number(quota) / number(period) === TRIAL_LIMITS.cpus,
			)
		}
		case "disk":
			return /\/dev\/loop\d+/.test(mountAt(seen[MOUNTS], home) ?? "")
	}
}

/** Its line of mountinfo. */
function mountAt(mounts: string, path: string): string | undefined {
	const escaped = path.replace(/[ \t\n\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`)
	return mounts.split("\n").find((line) => line.split(" ")[4] === escaped)
}

/** A tar with one empty folder: a whole system, for a program that is mounted into it. */
function emptySystem(): Buffer {
	const header = Buffer.alloc(512)
	header.write("etc/", 0)
	header.write(`0000755\0${"0000000\0".repeat(2)}${"00000000000\0".repeat(2)}`, 100, "latin1")
	header.write("        5", 148, "latin1")
	header.write("ustar\x0000", 257, "latin1")
	const sum = header.reduce((sum, byte) => sum + byte, 0)
	header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1")
	return Buffer.concat([header, Buffer.alloc(1024)])
}
