// What this machine runs VMs by: QEMU, with the accelerator and the networks that were found by trying them.
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { accessSync, constants, readFileSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { promisify } from "node:util"
import * as z from "zod"
import { Refusal } from "../../../protocol/errors.ts"
import { NETWORKS } from "../../../protocol/substrate.ts"
import { Vm } from "../../../protocol/vm.ts"
import { readPrivate, writePrivate } from "../../private-file.ts"
import { toolEnvironment } from "./disks.ts"
import { listImages } from "./images.ts"
import { tryNamespace } from "./network.ts"
import { QEMU, trialArguments } from "./qemu.ts"

const Engine = z.object({
	/** Of QEMU, such as 7.2.22. */
	version: z.string(),
	by: Vm.shape.by,
	networks: z.array(z.enum(NETWORKS)),
	/** Why something is missing here, and what to do. */
	notes: z.array(z.string()),
})
export type Engine = z.infer<typeof Engine>

const Found = Engine.extend({
	/** What it was found with: anything else is tried anew. */
	key: z.string(),
})

/** Tried once for each version of QEMU, boot of the machine and image. Refusal where there are no VMs here. */
export async function findEngine(dataDir: string): Promise<Engine> {
	const version = await qemuVersion()
	const image = (await listImages(dataDir)).find(({ boot }) => boot === "direct")
	const kernel = image === undefined ? null : join(image.folder, "kernel")
	const key = keyOf([version, bootId(), kernel, process.getuid?.(), ...TOOLS.map(findTool)])
	const path = join(dataDir, FILE)
	// A file that is damaged is only a memory of what can be tried again.
	const known = await readPrivate(path, Found).catch(() => undefined)
	if (known?.key === key) return known
	const namespace = await tryNamespace()
	const engine: Engine = {
		version,
		by: await findAccelerator(kernel),
		networks: namespace === null ? ["full", "none", "allow-list"] : ["none", "allow-list"],
		notes: namespace === null ? [] : [namespace],
	}
	await writePrivate(path, { ...engine, key })
	return engine
}

async function qemuVersion(): Promise<string> {
	if (process.platform !== "linux" || process.arch !== "x64")
		throw new Refusal("substrate_unavailable", "VMs run on Linux on x64 only. Use another substrate here.")
	const missing = ["qemu-system-x86_64", "qemu-img", "mke2fs"].filter((tool) => findTool(tool) === null)
	if (missing.length > 0)
		throw new Refusal(
			"substrate_unavailable",
			`VMs need ${missing.join(", ")}. On Debian and Ubuntu: sudo apt-get install qemu-system-x86 qemu-utils e2fsprogs`,
		)
	const { stdout } = await promisify(execFile)(QEMU, ["--version"], { env: toolEnvironment() })
	return /version ([\d.]+)/.exec(stdout)?.[1] ?? "of an unknown version"
}

/** By booting, not by looking for the device: a KVM that is there may still hang. */
async function findAccelerator(kernel: string | null): Promise<Vm["by"]> {
	try {
		accessSync("/dev/kvm", constants.R_OK | constants.W_OK)
	} catch {
		return "tcg"
	}
	return (await runsBy("kvm", kernel)) ? "kvm" : "tcg"
}

async function runsBy(by: Vm["by"], kernel: string | null): Promise<boolean> {
	const folder = await mkdtemp(join("/tmp", "homeport-trial-"))
	const output = join(folder, "said")
	const child = spawn(QEMU, trialArguments(by, kernel, output), { cwd: "/", stdio: "ignore", env: toolEnvironment() })
	try {
		const ended = new Promise<void>((resolve) => {
			child.once("error", () => resolve())
			child.once("exit", () => resolve())
		})
		const until = Date.now() + TRIAL_MS
		while (Date.now() < until) {
			const said = await readFile(output, "latin1").catch(() => "")
			if (said.includes(kernel === null ? "Booting from" : "Run /init") || said.includes("Kernel panic")) return true
			const isOver = await Promise.race([ended.then(() => true), pause(100, false)])
			if (isOver) return false
		}
		return false
	} finally {
		kill(child)
		await rm(folder, { recursive: true, force: true })
	}
}

/** Not waited for: what hangs in the kernel dies when that lets it. */
function kill(child: ChildProcess): void {
	child.kill("SIGKILL")
	child.unref()
}

/** A kernel is there within a second where KVM works. */
const TRIAL_MS = 8_000

/** The path of a program; null where it is nowhere. */
export function findTool(name: string): string | null {
	for (const folder of (toolEnvironment().PATH ?? "").split(delimiter)) {
		try {
			accessSync(join(folder, name), constants.X_OK)
			return join(folder, name)
		} catch {
			// It is in another folder, or nowhere.
		}
	}
	return null
}

/** This run of the machine: whatever ran before another one has ended. */
export function bootId(): string {
	return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
}

function keyOf(parts: unknown[]): string {
	return createHash("sha256").update(JSON.stringify(parts)).digest("hex")
}

const TOOLS = ["slirp4netns", "unshare", "virtiofsd"]
const FILE = "vm-engine.json"
