// The keeper of one VM: does its deeds one after another, starts it again where it crashed, and pauses it where nothing in it
// works. What it knows is in the VM's folder, so that the next keeper goes on from there.
import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { readFile, rm, statfs, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { never, Refusal } from "../../../../protocol/errors.ts"
import type { Vm, VmDeed, VmVerb } from "../../../../protocol/vm.ts"
import { DeniedLog } from "../../network/denied.ts"
import { type Gate, openGate } from "../../network/gate.ts"
import { hasBanner } from "../banner.ts"
import { CRASH_LOOP, countCrash } from "../crashes.ts"
import { copyDisk, makeOverlay, readDisk, replaceDisk, snapshotDisk } from "../disks.ts"
import { bootId, findEngine } from "../engine.ts"
import { GUEST_USER } from "../guest.ts"
import { type BuiltImage, mustHaveImage, readImage, sweepImages } from "../images.ts"
import { placeVm } from "../make.ts"
import {
	asVm,
	type Made,
	readMade,
	readStatus,
	type Status,
	type VmPaths,
	vmPaths,
	writeMade,
	writeStatus,
} from "../record.ts"
import { refuseCreating, refuseRunning } from "../room.ts"
import { makeSeed } from "../seed.ts"
import type { Reach } from "../vms.ts"
import { Crashed, endProcesses, System } from "./system.ts"

/** A system in software on a busy machine; others than ours are provisioned at their first boot. */
const BOOT_MS = { direct: 5 * 60_000, bios: 10 * 60_000, uefi: 10 * 60_000 }
/** A guest that has not shut down by then does not. */
const STOP_MS = 90_000
/** A system that is still booting does not heed the first press. */
const PRESS_AGAIN_MS = 10_000
const BANNER_EVERY_MS = 250
/** Over such a time, this share of a processor is work: one emulated alone takes some hundredths for its clocks. */
const COMPUTING_MS = 15_000
const COMPUTING_SHARE = 0.25

type Doing = Exclude<VmVerb, "create">

/** What is under way: a deed that another one waits for, or is refused for. */
interface Work {
	verb: Doing
	done: Promise<void>
}

export class Keeper {
	readonly #dataDir: string
	readonly #paths: VmPaths
	readonly #now: () => number
	#made: Made
	#status: Status
	#written: Promise<void> = Promise.resolve()
	#system: System | null = null
	#gate: Gate | null = null
	#work: Work | null = null
	/** From the will that it runs until its end: boots, and boots again after a crash. */
	#run: Promise<void> | null = null
	/** Told when its SSH answers, or never will. */
	#booting: PromiseWithResolvers<void> | null = null
	#workedAt: number
	/** What QEMU had computed when that was last looked at; null before. */
	#computed: { at: number; seconds: number | null } = { at: 0, seconds: null }
	#isDestroyed = false

	private constructor(dataDir: string, made: Made, status: Status, now: () => number) {
		this.#dataDir = dataDir
		this.#paths = vmPaths(dataDir, made.name)
		this.#made = made
		this.#status = status
		this.#now = now
		this.#workedAt = now()
	}

	/** Takes up what an earlier keeper has left. Undefined where there is no such VM. */
	static async open(dataDir: string, name: string, now: () => number = Date.now): Promise<Keeper | undefined> {
		const paths = vmPaths(dataDir, name)
		const made = await readMade(paths)
		if (made === undefined) return undefined
		const keeper = new Keeper(dataDir, made, await readStatus(paths), now)
		await keeper.#takeUp()
		return keeper
	}

	/** Nothing of it runs and nothing is under way: a keeper is not needed. */
	get isResting(): boolean {
		return this.#isDestroyed || (this.#system === null && this.#run === null && this.#work === null)
	}

	get vm(): Vm | null {
		return this.#isDestroyed ? null : asVm(this.#made, { ...this.#status, doing: this.#work?.verb ?? null })
	}

	/** Something in it has worked. */
	async touch(): Promise<void> {
		this.#workedAt = this.#now()
		const { state } = this.#status
		if (state.is === "paused" && state.because === "idle") await this.#resume()
	}

	/** Pauses it where nothing has worked for as long as was settled. To be called every now and then. */
	async look(): Promise<void> {
		const { idleMinutes } = this.#made
		const { state } = this.#status
		if (state.is !== "running" || this.#work !== null || this.#system === null) return
		await this.#system.joinNetwork().catch(() => {})
		if (this.#computes(this.#system)) this.#workedAt = this.#now()
		if (idleMinutes === 0 || this.#now() - this.#workedAt < idleMinutes * 60_000) return
		await this.#system.pause()
		await this.#change({ state: { is: "paused", since: this.#now(), because: "idle" } })
	}

	/** Whether its processors have done more of late than those of a system in which nothing happens. */
	#computes(system: System): boolean {
		const { at, seconds } = this.#computed
		const [now, all] = [this.#now(), system.processorSeconds()]
		if (now - at < COMPUTING_MS) return false
		this.#computed = { at: now, seconds: all }
		return seconds !== null && (all - seconds) * 1000 > (now - at) * COMPUTING_SHARE
	}

	/** Resolves when its SSH answers, starting or resuming it for that. */
	async ready(say: (line: string) => void): Promise<Reach> {
		this.#workedAt = this.#now()
		while (this.#work !== null && this.#work.verb !== "start") {
			say(`Waiting until the VM's ${this.#work.verb} is done.`)
			await this.#work.done.catch(() => {})
		}
		if (this.#isDestroyed) throw new Refusal("not_found")
		const { state } = this.#status
		if (state.is === "crash-loop") throw new Refusal("vm_state", state.reason)
		if (state.is === "paused") await this.#resume()
		if (state.is === "stopped" || state.is === "starting") {
			say(this.#status.by === "tcg" ? "The VM boots, in software." : "The VM boots.")
			if (state.is === "stopped" && this.#work === null) void this.begin({ verb: "start" }).catch(() => {})
			const work = this.#work as Work | null
			await (work?.done ?? this.#booting?.promise)
		}
		return this.reach()
	}

	/** Throws Refusal where it does not run. */
	async reach(): Promise<Reach> {
		const { ssh } = this.#status
		if (ssh === null) throw new Refusal("vm_failed", this.#status.fault ?? "The VM does not run.")
		const hostKey = await readFile(`${this.#paths.hostKey}.pub`, "utf8")
		return { port: ssh, hostKey: hostKey.trim(), privateKey: this.#paths.userKey, user: GUEST_USER }
	}

	/**
	 * Begins a deed; resolves when it is done. What it does is settled, and `vm` shows it, when this returns its promise. A
	 * second one beside it is refused, but for those that end everything.
	 */
	async begin(deed: Exclude<VmDeed, { verb: "create" }>): Promise<void> {
		if (this.#isDestroyed) throw new Refusal("not_found")
		const isEnd = deed.verb === "destroy" || deed.verb === "kill"
		if (this.#work !== null && !isEnd) throw new Refusal("vm_busy", `The VM's ${this.#work.verb} is under way.`)
		const work: Work = { verb: deed.verb, done: Promise.resolve() }
		this.#work = work
		// Whoever waits for it finds the VM free again.
		work.done = this.#try(deed).finally(async () => {
			if (this.#work === work) this.#work = null
			await this.#change({})
		})
		// It may be refused before anybody listens.
		work.done.catch(() => {})
		await this.#change({})
		await work.done
	}

	async #try(deed: Exclude<VmDeed, { verb: "create" }>): Promise<void> {
		try {
			await this.#do(deed)
			await this.#change({ fault: null })
		} catch (error) {
			// What is refused was not begun: whoever asked is told, and the VM is as it was.
			if (error instanceof Refusal) throw error
			const told = error instanceof Error ? error.message : String(error)
			await this.#change({ fault: told })
			throw new Refusal("vm_failed", told)
		}
	}

	async #do(deed: Exclude<VmDeed, { verb: "create" }>): Promise<void> {
		switch (deed.verb) {
			case "start":
				return this.#start()
			case "stop":
				return this.#stop()
			case "kill":
				return this.#kill()
			case "pause":
				return this.#pause()
			case "resume":
				return this.#resume()
			case "snapshot":
				return this.#snapshot(deed.snapshot)
			case "restore":
				return this.#restore(deed.snapshot)
			case "clone":
				return this.#clone(deed.to)
			case "rebuild":
				return this.#rebuild()
			case "destroy":
				return this.#destroy()
			case "forward":
				return this.#forward(deed.port)
			default:
				never(deed)
		}
	}

	async #start(): Promise<void> {
		const { state } = this.#status
		if (state.is === "running") return
		if (state.is === "paused") return this.#resume()
		if (state.is === "starting") return this.#booting?.promise
		await this.#boot(null)
	}

	/** Resolves when its SSH answers. `snapshot`: what it goes on from. */
	async #boot(snapshot: string | null): Promise<void> {
		const engine = await findEngine(this.#dataDir)
		if (!engine.networks.includes(this.#made.network.is))
			throw new Refusal("substrate_unavailable", engine.notes.join(" "))
		const image = await readImage(this.#made.base)
		if (image === undefined) throw new Error(`Its image is gone: there is no ${this.#made.base}.`)
		await refuseRunning(this.#dataDir, this.#made)
		await this.#change({ shallRun: true, by: engine.by, crashes: [] })
		this.#goOn(image, snapshot)
		return this.#booting?.promise
	}

	/** Lets it run until its end, in the background. */
	#goOn(image: BuiltImage, snapshot: string | null): void {
		this.#booting = newBooting()
		const run = this.#keepRunning(image, snapshot).finally(() => {
			if (this.#run !== run) return
			this.#run = null
			this.#booting = null
		})
		this.#run = run
	}

	async #keepRunning(image: BuiltImage, first: string | null): Promise<void> {
		for (let snapshot = first; ; snapshot = null) {
			try {
				if (this.#system === null) await this.#startSystem(image, snapshot)
			} catch (error) {
				if (error instanceof Crashed && this.#status.shallRun && !this.#isDestroyed) {
					if (await this.#crashed(error.message)) continue
					return
				}
				await this.#change({ ...STOPPED, shallRun: false })
				return this.#booting?.reject(error)
			}
			const again = await this.#untilEnd(BOOT_MS[image.boot])
			if (!again) return
		}
	}

	async #startSystem(image: BuiltImage, snapshot: string | null): Promise<void> {
		const { made, paths } = { made: this.#made, paths: this.#paths }
		await this.#change({ state: { is: "starting", since: this.#now() }, boot: bootId(), ssh: null })
		await writeFile(paths.seed, await makeSeed(made, paths), { mode: 0o600 })
		await this.#openGate()
		this.#system = await System.start(this.#options(), image, this.#status.by)
		const system = this.#system
		try {
			if (snapshot !== null) await system.snapshot("load", tagOf(snapshot))
			await system.joinNetwork()
			const ssh = await system.forward(22)
			const forwards = await Promise.all(
				this.#status.forwards.map(async ({ port, at }) => ({ port, at: await system.forward(port, at) })),
			)
			await system.run()
			await this.#change({ ssh, forwards })
		} catch (error) {
			await system.kill()
			this.#system = null
			throw error
		}
	}

	/** Through the boot to the end of the system. Whether it is to be started again. */
	async #untilEnd(bootMs: number): Promise<boolean> {
		const system = this.#system
		if (system === null) throw new Error("invariant: a system runs until its end")
		const isUp = this.#status.state.is !== "starting" || (await this.#untilUp(system, bootMs))
		if (isUp) {
			if (this.#status.state.is === "starting")
				await this.#change({ state: { is: "running", since: this.#now() }, fault: null })
			this.#workedAt = this.#now()
			this.#booting?.resolve()
		}
		const end = await system.ended
		this.#system = null
		this.#gate?.close()
		this.#gate = null
		if (this.#isDestroyed) {
			this.#booting?.reject(new Refusal("not_found"))
			return false
		}
		if (end.is === "shut-down" || !this.#status.shallRun) {
			await this.#change({ ...STOPPED, shallRun: false })
			this.#booting?.reject(new Error(this.#status.fault ?? "It was shut down while it booted."))
			return false
		}
		return this.#crashed(end.reason)
	}

	async #crashed(reason: string): Promise<boolean> {
		const { crashes, isLoop } = countCrash(this.#status.crashes, this.#now())
		if (!isLoop) {
			// Whoever has waited for an earlier start waits on; one that was up is waited for anew.
			if (this.#status.state.is !== "starting") this.#booting = newBooting()
			const broke = { at: this.#now(), how: `crashed and was started again: ${reason}` }
			await this.#change({ crashes, broke, ssh: null, state: { is: "starting", since: this.#now() } })
			return true
		}
		const told = `${CRASH_LOOP} ${reason}`
		await this.#change({
			...{ ...STOPPED, crashes, shallRun: false },
			state: { is: "crash-loop", since: this.#now(), reason: told },
		})
		this.#booting?.reject(new Error(told))
		return false
	}

	/** False where it ended first, or never answered and so was ended. */
	async #untilUp(system: System, bootMs: number): Promise<boolean> {
		const ended = system.ended.then(() => true)
		const until = Date.now() + bootMs
		while (Date.now() < until) {
			const { ssh } = this.#status
			if (ssh !== null && (await hasBanner(ssh))) return true
			if (await Promise.race([ended, pause(BANNER_EVERY_MS, false)])) return false
		}
		await this.#change({ shallRun: false, fault: `Its SSH did not answer within ${bootMs / 60_000} minutes.` })
		await system.kill()
		return false
	}

	#options() {
		return {
			made: this.#made,
			paths: this.#paths,
			reset: () => void this.#reset(),
			stalled: (reason: string) => void this.#stalled(reason),
		}
	}

	/** A system that resets itself before it has come up crashes as much as one that dies; later it may have been asked to. */
	async #reset(): Promise<void> {
		if (this.#status.state.is !== "starting")
			return this.#change({ broke: { at: this.#now(), how: "was restarted from inside." } })
		const { crashes, isLoop } = countCrash(this.#status.crashes, this.#now())
		if (!isLoop) return this.#change({ crashes })
		await this.#system?.crash("It resets itself before it has come up.")
	}

	async #stalled(reason: string): Promise<void> {
		if (this.#status.state.is !== "running") return
		await this.#change({ state: { is: "paused", since: this.#now(), because: "asked" }, fault: reason })
	}

	async #openGate(): Promise<void> {
		const { network } = this.#made
		if (network.is !== "allow-list" || this.#gate !== null) return
		const denied = await DeniedLog.open(this.#paths.folder)
		this.#gate = await openGate({ socket: this.#paths.gateSocket, hosts: network.hosts, denied })
	}

	async #stop(): Promise<void> {
		const system = this.#system
		if (system === null) return
		await this.#change({ shallRun: false })
		if (this.#status.state.is === "paused") await system.run()
		const ended = system.ended.then(() => true)
		for (let waited = 0; waited < STOP_MS; waited += PRESS_AGAIN_MS) {
			await system.powerDown()
			if (await Promise.race([ended, pause(PRESS_AGAIN_MS, false)])) return this.#settled()
			if (this.#isDestroyed) return
		}
		await this.#change({ shallRun: true, state: { is: "running", since: this.#now() } })
		throw new Error(`The system inside did not shut down within ${STOP_MS / 1000} seconds. Killing it cuts its power.`)
	}

	async #kill(): Promise<void> {
		await this.#change({ shallRun: false, fault: null })
		await this.#system?.kill()
		await endProcesses(this.#paths)
		await this.#settled()
		await this.#change({ ...STOPPED })
	}

	/** When what ran has noticed its end. */
	async #settled(): Promise<void> {
		await this.#run?.catch(() => {})
	}

	async #pause(): Promise<void> {
		const system = this.#mustRun()
		await system.pause()
		await this.#change({ state: { is: "paused", since: this.#now(), because: "asked" } })
	}

	async #resume(): Promise<void> {
		const { state } = this.#status
		if (state.is === "running") return
		if (state.is !== "paused" || this.#system === null) throw new Refusal("vm_state", "The VM is not paused. Start it.")
		await this.#system.run()
		this.#workedAt = this.#now()
		await this.#change({ state: { is: "running", since: this.#now() }, fault: null })
	}

	async #snapshot(name: string): Promise<void> {
		const { state, snapshots } = this.#status
		if (snapshots.some((snapshot) => snapshot.name === name)) throw new Refusal("name_taken")
		if (state.is === "starting") throw new Refusal("vm_state", "The VM is still booting.")
		const isLive = this.#system !== null
		const tag = tagOf(name)
		const { bavail, bsize } = await statfs(this.#paths.folder)
		const needed = isLive ? this.#made.memory + SNAPSHOT_RESERVE : SNAPSHOT_RESERVE
		if (bavail * bsize < needed)
			throw new Refusal(
				"vm_quota",
				`A snapshot of it may take ${needed >> 20} MiB, and the disk has ${(bavail * bsize) >> 20}.`,
			)
		try {
			if (this.#system === null) for (const disk of this.#disks()) await snapshotDisk("-c", tag, disk)
			else await this.#system.snapshot("save", tag)
			await this.#mustHave(tag)
		} catch (error) {
			await this.#forgetSnapshot(tag)
			throw error
		}
		await this.#change({ snapshots: [...snapshots, { name, at: this.#now(), isLive }] })
	}

	/** Both disks have it, as they say themselves. */
	async #mustHave(tag: string): Promise<void> {
		for (const disk of this.#disks()) {
			const { snapshots } = await readDisk(disk)
			if (!snapshots.some(({ name }) => name === tag)) throw new Error(`${disk} has no such snapshot.`)
		}
	}

	/** What of it there is. */
	async #forgetSnapshot(tag: string): Promise<void> {
		// The disk that does not have it says no, and nothing is lost by that.
		if (this.#system !== null) return this.#system.snapshot("delete", tag).catch(() => {})
		for (const disk of this.#disks()) await snapshotDisk("-d", tag, disk).catch(() => {})
	}

	/** A snapshot of a running system goes on running; of a stopped one, the disks are as they were, and it boots if it ran. */
	async #restore(name: string): Promise<void> {
		const snapshot = this.#status.snapshots.find((known) => known.name === name)
		if (snapshot === undefined) throw new Refusal("not_found", `The VM has no snapshot ${name}.`)
		const { state } = this.#status
		if (state.is === "starting") throw new Refusal("vm_state", "The VM is still booting.")
		await this.#mustHave(tagOf(name))
		if (snapshot.isLive) {
			if (this.#system === null) return this.#boot(name)
			await this.#system.snapshot("load", tagOf(name))
			await this.#system.run()
			this.#workedAt = this.#now()
			return this.#change({ state: { is: "running", since: this.#now() } })
		}
		const ran = this.#system !== null
		if (ran) await this.#kill()
		for (const disk of this.#disks()) await snapshotDisk("-a", tagOf(name), disk)
		if (ran) await this.#boot(null)
	}

	async #clone(to: string): Promise<void> {
		this.#mustRest()
		if (existsSync(vmPaths(this.#dataDir, to).folder)) throw new Refusal("name_taken")
		const image = await readImage(this.#made.base)
		if (image === undefined) throw new Error(`Its image is gone: there is no ${this.#made.base}.`)
		await refuseCreating(this.#dataDir, this.#made)
		const made = { ...this.#made, name: to, instance: randomUUID(), createdAt: this.#now() }
		await placeVm(this.#dataDir, made, async (system, home) => {
			await copyDisk(this.#paths.system, system, join(image.folder, "disk.qcow2"))
			await copyDisk(this.#paths.home, home, null)
		})
	}

	async #rebuild(): Promise<void> {
		this.#mustRest()
		const image = await mustHaveImage(this.#dataDir, this.#made.image)
		const draft = `${this.#paths.system}.new`
		await rm(draft, { force: true })
		const { "virtual-size": bytes } = await readDisk(this.#paths.system)
		await makeOverlay(draft, join(image.folder, "disk.qcow2"), Math.max(bytes, image.disk))
		for (const { name } of this.#status.snapshots) await this.#forgetSnapshot(tagOf(name))
		await replaceDisk(draft, this.#paths.system)
		this.#made = { ...this.#made, base: image.folder, instance: randomUUID() }
		await writeMade(this.#paths.made, this.#made)
		await this.#change({ snapshots: [] })
		await sweepImages(this.#dataDir)
	}

	async #destroy(): Promise<void> {
		await this.#change({ shallRun: false })
		this.#isDestroyed = true
		await this.#system?.kill()
		await endProcesses(this.#paths)
		this.#gate?.close()
		await this.#written
		await rm(this.#paths.folder, { recursive: true, force: true })
		await sweepImages(this.#dataDir)
	}

	async #forward(port: number): Promise<void> {
		const { forwards } = this.#status
		const system = this.#mustRun()
		if (port === 22) throw new Refusal("invalid_request", "SSH is forwarded already.")
		if (forwards.some((forward) => forward.port === port)) return
		const at = await system.forward(port)
		await this.#change({ forwards: [...this.#status.forwards, { port, at }] })
	}

	#mustRun(): System {
		const { state } = this.#status
		if ((state.is !== "running" && state.is !== "paused") || this.#system === null)
			throw new Refusal("vm_state", "The VM does not run. Start it.")
		return this.#system
	}

	#mustRest(): void {
		const { state } = this.#status
		if (state.is !== "stopped" && state.is !== "crash-loop") throw new Refusal("vm_state", "Stop the VM first.")
	}

	#disks(): string[] {
		return [this.#paths.system, this.#paths.home]
	}

	/** What an earlier keeper was doing is not going on; what it let run is. */
	async #takeUp(): Promise<void> {
		const { doing, state, shallRun, boot, by } = this.#status
		const fault = doing === null ? {} : { fault: `Its ${doing} was interrupted.` }
		await this.#change(fault)
		const system = await System.adopt(this.#options())
		if (system === undefined) {
			await endProcesses(this.#paths)
			if (state.is === "stopped" || state.is === "crash-loop") return
			if (boot !== bootId() || !shallRun) return this.#change({ ...STOPPED, shallRun: false })
		}
		this.#system = system ?? null
		const image = await readImage(this.#made.base)
		if (image === undefined) return this.#change({ ...STOPPED, shallRun: false, fault: "Its image is gone." })
		if (system === undefined) {
			if (!(await this.#crashed("QEMU died together with its keeper."))) return
			return this.#goOn(image, null)
		}
		await this.#openGate()
		const status = await system.status().catch(() => "shutdown")
		if (status === "prelaunch") await system.run()
		if (status === "paused" && state.is !== "paused")
			await this.#change({ state: { is: "paused", since: this.#now(), because: "asked" } })
		if (status === "running" && state.is !== "running")
			await this.#change({ state: { is: "starting", since: this.#now() } })
		if (this.#status.ssh === null) await this.#change({ ssh: await system.forward(22), by })
		this.#goOn(image, null)
	}

	/** Remembers it, on disk by the time that this resolves. */
	#change(change: Partial<Status>): Promise<void> {
		this.#status = { ...this.#status, ...change, doing: this.#work?.verb ?? null }
		const status = this.#status
		this.#written = this.#written.then(() => (this.#isDestroyed ? undefined : writeStatus(this.#paths, status)))
		return this.#written
	}
}

function newBooting(): PromiseWithResolvers<void> {
	const booting = Promise.withResolvers<void>()
	// Whoever waits for it hears of it; after a crash nobody may.
	booting.promise.catch(() => {})
	return booting
}

/** qemu-img takes a number for its own: a prefix makes every name a name. */
function tagOf(snapshot: string): string {
	return `homeport-${snapshot}`
}

const STOPPED = { state: { is: "stopped" }, ssh: null } as const satisfies Partial<Status>
const SNAPSHOT_RESERVE = 1024 ** 3
