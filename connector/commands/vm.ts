// `homeport vm`: virtual machines on a machine, and the images that they are made from.
import { setTimeout as pause } from "node:timers/promises"
import { InvalidArgumentError, Option } from "commander"
import type { Client } from "../../protocol/client.ts"
import { never } from "../../protocol/errors.ts"
import type { Machine } from "../../protocol/routes/machines.ts"
import { NETWORKS, type Network } from "../../protocol/substrate.ts"
import type { Vm, VmDeed, VmImage } from "../../protocol/vm.ts"
import { EXIT, Failure } from "../exit.ts"
import { typed } from "../invocation.ts"
import { runJob } from "../job.ts"
import { findMachine } from "../lookup.ts"
import { ago, style, table } from "../output.ts"
import { size } from "../spawn-options.ts"
import { action, type Context, verb } from "../verb.ts"

interface On {
	machine?: string
}

interface Waits extends On {
	/** Commander's name for `--no-wait`. */
	wait: boolean
}

const MACHINE = ["--machine <name>", "on which machine (default: this computer, or the only machine)"] as const
const NO_WAIT = ["--no-wait", "end when it has begun"] as const
const POLL_MS = 500

export function vm() {
	const list = verb("vm", {
		summary: "virtual machines, for sessions with a kernel and a system of their own",
		description: "They go on when the connector ends. A session runs in one by `spawn --substrate vm --vm NAME`.",
		examples: [
			["homeport vm image build", "make the image that VMs are made from, once"],
			["homeport vm create work --start", "a VM, booted"],
			["homeport spawn --substrate vm --vm work", "a shell in it"],
			["homeport vm snapshot work before", "keep it as it is now"],
			["homeport vm restore work before", "and go back to that"],
			["homeport vm ls", "which there are, and how they are"],
		],
	})
	for (const command of [
		...[ls(), create(), start(), stop(), simple("kill", "cut its power", "what it had not written is lost")],
		...[
			simple("pause", "let it stand still", "its sessions wait"),
			simple("resume", "let it go on", "keys wait for that"),
		],
		...[snapshot("snapshot"), snapshot("restore"), clone(), rebuild(), destroy(), forward(), image()],
	])
		list.addCommand(command)
	return list
}

function ls() {
	return verb("ls", {
		summary: "the VMs of a machine",
		examples: [["homeport vm ls", "with what each has, and what is being done to it"]],
	})
		.option(...MACHINE)
		.action(
			action<[], On>(async (context, options) => {
				const { call, machine } = await reach(context, options)
				const { vms } = await call("listVms", { params: { machine: machine.id } })
				context.out.result({ vms }, () =>
					vms.length === 0 ? `No VMs. \`${typed("vm", "create", "NAME")}\` makes one.` : table(HEAD, vms.map(row)),
				)
			}),
		)
}

const HEAD = ["NAME", "STATE", "IMAGE", "BY", "CPUS", "MEMORY", "DISK", "NETWORK", "SNAPSHOTS", "PORTS"]

function row(vm: Vm): string[] {
	const { name, image, by, cpus, memory, disk, network, snapshots, forwards } = vm
	return [
		...[style("bold", name), describe(vm), image, by, String(cpus), gib(memory), gib(disk), network.is],
		snapshots.map((snapshot) => snapshot.name).join(" ") || "-",
		forwards.map(({ port, at }) => `${port}:${at}`).join(" ") || "-",
	]
}

function describe({ state, doing, fault }: Vm): string {
	const now = doing === null ? "" : ` (${doing})`
	const failed = fault === null || doing !== null ? "" : style("red", ` ${fault}`)
	return `${describeState(state)}${now}${failed}`
}

function describeState(state: Vm["state"]): string {
	switch (state.is) {
		case "stopped":
		case "starting":
		case "running":
			return state.is
		case "paused":
			return state.because === "idle" ? "paused (idle)" : "paused"
		case "crash-loop":
			return style("red", "crash-loop")
		default:
			return never(state)
	}
}

interface Create extends Waits {
	image?: string
	cpus?: number
	memory?: number
	disk?: number
	network?: Network["is"]
	allow?: string[]
	loadout?: string
	idle?: number
	start?: boolean
}

function create() {
	return verb("create", {
		summary: "make a VM",
		description: "Its disk grows up to what it may have; half of it is the home folder's, which a rebuild keeps.",
		examples: [
			["homeport vm create work", "with this machine's defaults"],
			["homeport vm create work --cpus 4 --memory 8G --disk 40G --start", "larger, and booted"],
			["homeport vm create closed --allow '*.example.com'", "that reaches these hosts only"],
		],
	})
		.argument("<name>", "lower-case letters, digits and dashes")
		.option("--image <name>", "one of `vm image ls` (default: debian, or the only one)")
		.option("--cpus <number>", "processors (default: 2; 1 without KVM)", count)
		.option("--memory <size>", "such as 4G (default: 2G)", size)
		.option("--disk <size>", "at most so much (default: 10G)", size)
		.addOption(new Option("--network <kind>", "what it reaches (default: full)").choices(NETWORKS))
		.option("--allow <host>", "a host that it reaches, such as *.example.com; repeat it. Nothing else then", collect)
		.option("--loadout <name>", "what the first session in it installs")
		.option("--idle <minutes>", "pause it after so long without work; 0 for never (default: 30)", count)
		.option("--start", "boot it at once")
		.option(...NO_WAIT)
		.option(...MACHINE)
		.action(
			action<[string], Create>(async (context, options, name) => {
				const { image, cpus, memory, disk, loadout, idle } = options
				const network = networkOf(options)
				const spec = {
					...(image !== undefined && { image }),
					...(cpus !== undefined && { cpus }),
					...(memory !== undefined && { memory }),
					...(disk !== undefined && { disk }),
					...(network !== undefined && { network }),
					...(loadout !== undefined && { loadout }),
					...(idle !== undefined && { idleMinutes: idle }),
				}
				const made = await change(context, options, name, { verb: "create", spec })
				if (options.start !== true)
					return context.out.result({ vm: made }, () => `Made ${name}. Start it: ${typed("vm", "start", name)}`)
				await changeAndTell(context, options, name, { verb: "start" })
			}),
		)
}

function networkOf({ network, allow = [] }: Create): Network | undefined {
	if (allow.length > 0 && network !== undefined && network !== "allow-list")
		throw new Failure("usage", `--allow makes an allow-list: leave --network ${network} out.`)
	if (allow.length > 0) return { is: "allow-list", hosts: allow }
	if (network === "allow-list") throw new Failure("usage", "Say the hosts of the allow-list with --allow.")
	return network === undefined ? undefined : { is: network }
}

function start() {
	return verb("start", {
		summary: "boot a VM, and wait until it answers",
		examples: [["homeport vm start work", "resumes it where it is paused"]],
	})
		.argument("<name>", "the VM's name")
		.option(...NO_WAIT)
		.option(...MACHINE)
		.action(
			action<[string], Waits>((context, options, name) => changeAndTell(context, options, name, { verb: "start" })),
		)
}

function stop() {
	return verb("stop", {
		summary: "ask the system in a VM to shut down, and wait until it has",
		examples: [["homeport vm stop work", "`vm kill` does not ask"]],
	})
		.argument("<name>", "the VM's name")
		.option(...NO_WAIT)
		.option(...MACHINE)
		.action(
			action<[string], Waits>((context, options, name) => changeAndTell(context, options, name, { verb: "stop" })),
		)
}

function simple(word: "kill" | "pause" | "resume", does: string, note: string) {
	return verb(word, { summary: does, examples: [[`homeport vm ${word} work`, note]] })
		.argument("<name>", "the VM's name")
		.option(...MACHINE)
		.action(
			action<[string], On>((context, options, name) =>
				changeAndTell(context, { ...options, wait: true }, name, { verb: word }),
			),
		)
}

function snapshot(word: "snapshot" | "restore") {
	const help = {
		snapshot: {
			summary: "keep a VM as it is now",
			description: "Of one that runs with its memory, so that it goes on from there.",
			examples: [["homeport vm snapshot work before", "keep it"]] as [string, string][],
		},
		restore: {
			summary: "make a VM what it was",
			description: "What was written since is lost, and sessions in it end.",
			examples: [["homeport vm restore work before", "go back"]] as [string, string][],
		},
	}
	return verb(word, help[word])
		.argument("<name>", "the VM's name")
		.argument("<snapshot>", "the snapshot's name")
		.option(...MACHINE)
		.action(
			action<[string, string], On>((context, options, name, snapshot) =>
				changeAndTell(context, { ...options, wait: true }, name, { verb: word, snapshot }),
			),
		)
}

function clone() {
	return verb("clone", {
		summary: "make a VM with a copy of a stopped one's disk",
		description: "It has keys of its own, and no snapshots.",
		examples: [["homeport vm clone work other", "another like it"]],
	})
		.argument("<name>", "the VM's name")
		.argument("<to>", "the new one's name")
		.option(...MACHINE)
		.action(
			action<[string, string], On>((context, options, name, to) =>
				changeAndTell(context, { ...options, wait: true }, name, { verb: "clone", to }),
			),
		)
}

function rebuild() {
	return verb("rebuild", {
		summary: "make a stopped VM's system anew from its image",
		description: "Its home folder stays; its snapshots do not.",
		examples: [["homeport vm rebuild work", "from the newest build of the image"]],
	})
		.argument("<name>", "the VM's name")
		.option(...MACHINE)
		.action(
			action<[string], On>((context, options, name) =>
				changeAndTell(context, { ...options, wait: true }, name, { verb: "rebuild" }),
			),
		)
}

function destroy() {
	return verb("destroy", {
		summary: "end a VM and forget all that is in it",
		description: "It is refused while a session runs in it, unless --force is said.",
		examples: [["homeport vm destroy work", "whatever state it is in"]],
	})
		.argument("<name>", "the VM's name")
		.option("--force", "also while sessions run in it: they end")
		.option(...MACHINE)
		.action(
			action<[string], On & { force?: boolean }>(async (context, options, name) => {
				const { call, machine } = await reach(context, options)
				if (options.force !== true) await mustBeUnused(call, machine, name)
				await begin(call, machine, name, { verb: "destroy" })
				context.out.result({ destroyed: name }, () => "")
			}),
		)
}

async function mustBeUnused(call: Client, machine: Machine, name: string): Promise<void> {
	const { sessions } = await call("listSessions")
	const running = sessions.filter((of) => of.machine === machine.id && of.vm === name && of.state.is === "running")
	if (running.length === 0) return
	const names = running.map((session) => session.name).join(", ")
	throw new Failure("busy", `Sessions run in ${name}: ${names}. End them, or say --force.`)
}

function forward() {
	return verb("forward", {
		summary: "reach a port of a VM on 127.0.0.1 of its machine",
		description: "Until the VM is destroyed; asking again tells the same port.",
		examples: [["homeport vm forward work 8080", "prints where"]],
	})
		.argument("<name>", "the VM's name")
		.argument("<port>", "the port in the VM", count)
		.option(...MACHINE)
		.action(
			action<[string, number], On>(async (context, options, name, port) => {
				const vm = await change(context, options, name, { verb: "forward", port })
				const found = vm?.forwards.find((forward) => forward.port === port)
				if (found === undefined) throw new Failure("not_found", `Port ${port} of ${name} is not forwarded.`)
				context.out.result(found, ({ at }) => `127.0.0.1:${at}`)
			}),
		)
}

function image() {
	const images = verb("image", {
		summary: "what VMs are made from",
		examples: [
			["homeport vm image build", "Debian, from its packages"],
			["homeport vm image add debian-12-genericcloud.qcow2 --name cloud", "any cloud's image"],
			["homeport vm image ls", "which there are"],
		],
	})
	for (const command of [build(), add(), listed()]) images.addCommand(command)
	return images
}

interface Build extends On {
	name?: string
	suite?: string
	cache?: string
	mirror?: string
}

function build() {
	return verb("build", {
		summary: "make Debian's image from its packages, and boot it once",
		description: "It takes a minute or two, with mmdebstrap on the machine. VMs that there are keep what they have.",
		examples: [
			["homeport vm image build", "the image debian, of bookworm"],
			["homeport vm image build --cache /srv/packages", "the next time without network"],
		],
	})
		.option("--name <name>", "what it is called (default: debian)")
		.option("--suite <suite>", "Debian's release (default: bookworm)")
		.option("--cache <folder>", "keeps the packages on the machine, and takes them from there when it has them")
		.option("--mirror <url>", "where packages come from (default: Debian's own servers)")
		.option(...MACHINE)
		.action(
			action<[], Build>(async (context, options) => {
				const { name, suite, cache, mirror } = options
				const words = Object.entries({ name, suite, cache, mirror }).flatMap(([option, value]) =>
					value === undefined ? [] : [`--${option}=${value}`],
				)
				await runJob({ ...(await reach(context, options)), argv: ["vm-image-build", ...words] })
			}),
		)
}

interface Add extends On {
	name: string
	firmware?: string
}

function add() {
	return verb("add", {
		summary: "take a cloud's disk as an image, and boot it once",
		description: "It boots by itself and has cloud-init, as the images of distributions for clouds do.",
		examples: [["homeport vm image add /srv/debian-12-genericcloud.qcow2 --name cloud", "a file on the machine"]],
	})
		.argument("<file>", "a qcow2 or raw disk on the machine")
		.requiredOption("--name <name>", "what it is called")
		.addOption(new Option("--firmware <kind>", "what it boots by (default: bios)").choices(["bios", "uefi"]))
		.option(...MACHINE)
		.action(
			action<[string], Add>(async (context, options, file) => {
				const { name, firmware = "bios" } = options
				const argv = ["vm-image-add", `--name=${name}`, `--firmware=${firmware}`, "--", file]
				await runJob({ ...(await reach(context, options)), argv })
			}),
		)
}

function listed() {
	return verb("ls", { summary: "the images for VMs", examples: [["homeport vm image ls", "of this machine"]] })
		.option(...MACHINE)
		.action(
			action<[], On>(async (context, options) => {
				const { call, machine } = await reach(context, options)
				const { images } = await call("listVms", { params: { machine: machine.id } })
				context.out.result({ images }, () =>
					images.length === 0
						? `No images. \`${typed("vm", "image", "build")}\` makes one.`
						: table(["NAME", "SIZE", "MADE", "FROM"], images.map(imageRow)),
				)
			}),
		)
}

function imageRow({ name, bytes, createdAt, from }: VmImage): string[] {
	return [style("bold", name), `${Math.round(bytes / 1024 ** 2)} MiB`, ago(Date.now() - createdAt), from]
}

async function reach({ signIn, folder, out }: Context, { machine: wanted }: On) {
	const { call, credentials } = await signIn()
	return { call, credentials, out, machine: await findMachine(call, wanted, folder.identity) }
}

async function change(context: Context, on: On, name: string, deed: VmDeed): Promise<Vm | null> {
	const { call, machine } = await reach(context, on)
	return begin(call, machine, name, deed)
}

async function begin(call: Client, machine: Machine, name: string, deed: VmDeed): Promise<Vm | null> {
	const { vm } = await call("changeVm", { params: { machine: machine.id, vm: name }, body: { deed } })
	return vm
}

/** Begins a deed and waits until it is done; fails where it did. */
async function changeAndTell(context: Context, options: Waits, name: string, deed: VmDeed): Promise<void> {
	const { out } = context
	const { call, machine } = await reach(context, options)
	let vm = await begin(call, machine, name, deed)
	let told = ""
	while (options.wait && vm !== null && vm.doing !== null) {
		const now = describe(vm)
		if (now !== told) out.note(`${name}: ${now}`)
		told = now
		await pause(POLL_MS)
		const { vms } = await call("listVms", { params: { machine: machine.id } })
		vm = vms.find((listed) => listed.name === name) ?? null
	}
	if (vm !== null && vm.doing === null && vm.fault !== null) process.exitCode = EXIT.failed
	out.result({ vm }, (vm) => (vm.vm === null ? `${name} is gone.` : `${style("bold", name)}: ${describe(vm.vm)}`))
}

function gib(bytes: number): string {
	return `${(bytes / 1024 ** 3).toFixed(1).replace(/\.0$/, "")}G`
}

function count(text: string): number {
	const value = Number(text)
	if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("It must be a whole number.")
	return value
}

function collect(value: string, before: string[] = []): string[] {
	return [...before, value]
}
