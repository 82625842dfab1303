// Attempts to get out of where a session runs: every one is refused, and seen from outside to have done nothing.
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { existsSync, openSync, readFileSync, readSync, statSync } from "node:fs"
import { type AddressInfo, createServer, type Server } from "node:net"
import { hostname } from "node:os"
import { join } from "node:path"
import { type Case, needsWalls } from "../case.ts"
import { type Place, SECRET, VARIABLE } from "../place.ts"
import { PROBES } from "../probes.ts"

export const ESCAPE: Case[] = PROBES.map(({ tries, except }) => ({
	what: `[SES4] a program tries ${tries}, and cannot`,
	lacks: (info) => needsWalls(info) ?? except?.[info.substrate] ?? null,
	async run(place) {
		const { outputs, disk, signs } = await attempts(place)
		const output = outputs.get(tries) ?? ""
		assert.match(output, /^tried$/m, `it was not tried to its end: ${output}`)
		for (const sign of ["ESCAPED", SECRET, VARIABLE]) assert.ok(!output.includes(sign), output)
		for (const [, read] of output.matchAll(/^device ([0-9a-f]{64})/gm)) assert.notEqual(read, disk)
		assert.deepEqual(signs, [])
	},
}))

interface Attempts {
	/** By what is tried. */
	outputs: Map<string, string>
	/** How the machine's disk begins. */
	disk: string | null
	/** What was seen from outside. */
	signs: string[]
}

const made = new WeakMap<Place, Promise<Attempts>>()

/** All of them are tried in one session, once. */
function attempts(place: Place): Promise<Attempts> {
	const known = made.get(place) ?? attempt(place)
	made.set(place, known)
	return known
}

async function attempt(place: Place): Promise<Attempts> {
	const mark = `escaped${place.mark()}`
	const victim = spawn("sleep", [mark.replace("escaped", "")], { env: { SECRET_OF_VICTIM: SECRET }, stdio: "ignore" })
	let reached = 0
	const server = await listen(
		createServer(() => reached++),
		{ port: 0, host: "127.0.0.1" },
	)
	const abstract = await listen(
		createServer(() => reached++),
		{ path: `\0homeport-${mark}` },
	)
	const neighbour = await place.start(["bash", "-c", "echo ready; read word"])
	await neighbour.writes("ready")
	const { dev } = statSync("/")
	const settings = () => [
		hostname(),
		...KERNEL.filter((path) => existsSync(path)).map((path) => readFileSync(path, "utf8")),
	]
	const before = settings()
	const cwd = place.folder()
	const probes = PROBES.filter(({ except }) => except?.[place.substrate] === undefined)
	const environment = {
		PERSON: join(place.root, "person"),
		DATA: place.home.dataDir,
		ROOT: place.root,
		MARK: mark,
		HOST_PID: String(victim.pid),
		PORT: String((server.address() as AddressInfo).port),
		DISK: `${(dev >> 8) & 0xfff} ${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`,
		PROBES: probes.map(({ script }) => Buffer.from(script).toString("base64")).join(" "),
	}
	// Scripts come as a variable: a program's own arguments must not hold what it looks for.
	const run = await place.start(
		[
			"bash",
			"-c",
			`for probe in $PROBES; do
				echo "probe begins"
				( unset PROBES; timeout 20 bash -c "$(echo $probe | base64 -d)" 2>&1 | tr -d '\\000' | head -c 20000 )
				echo; echo tried
			done`,
		],
		{
			environment,
			...(cwd !== undefined && { cwd }),
			// A VM's full network does not lead to what listens on the machine for itself alone.
			...(place.substrate !== "vm" && { network: { is: "none" } }),
		},
	)
	await run.ended()
	const parts = (await run.text()).split("probe begins\n").slice(1)
	const outputs = new Map(probes.map(({ tries }, index) => [tries, parts[index] ?? ""]))
	const told = await neighbour.text()
	const isRunning = neighbour.isRunning
	await neighbour.end()
	const signs = [
		...WRITTEN.map((folder) => join(folder, mark)).filter((path) => existsSync(path)),
		...["person", "data", "work", "."].map((name) => join(place.root, name, mark)).filter((path) => existsSync(path)),
		...(reached > 0 ? ["a server of the machine was reached"] : []),
		...(hasEnded(victim) ? ["a process of the machine was ended"] : []),
		...(told.includes(mark) || !isRunning ? ["another session was disturbed"] : []),
		...(JSON.stringify(settings()) === JSON.stringify(before) ? [] : ["the machine's settings were changed"]),
	]
	victim.kill("SIGKILL")
	server.close()
	abstract.close()
	return { outputs, disk: firstBytes(dev), signs }
}

const KERNEL = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/sysrq", "/proc/sys/kernel/domainname"]
const WRITTEN = [
	...["/", "/usr", "/usr/bin", "/usr/local/bin", "/etc", "/root", "/var", "/var/lib", "/var/tmp", "/opt", "/home"],
	...["/srv", "/tmp", "/run", "/dev/shm"],
]

function hasEnded(child: ChildProcess): boolean {
	return child.exitCode !== null || child.signalCode !== null
}

async function listen(server: Server, where: { port: number; host: string } | { path: string }): Promise<Server> {
	server.on("connection", (socket) => void socket.on("error", () => {}).end("reached"))
	server.listen(where)
	await once(server, "listening")
	return server
}

/** The hash of how the machine's disk begins; null where nobody may read it. */
function firstBytes(dev: number): string | null {
	try {
		const name = readFileSync(`/sys/dev/block/${(dev >> 8) & 0xfff}:${dev & 0xff}/uevent`, "utf8")
		const [, device] = /^DEVNAME=(.+)$/m.exec(name) ?? []
		const bytes = Buffer.alloc(4096)
		readSync(openSync(`/dev/${device}`, "r"), bytes, 0, bytes.length, 0)
		return createHash("sha256").update(bytes).digest("hex")
	} catch {
		return null
	}
}
