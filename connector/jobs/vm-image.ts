// The jobs `vm-image-build` and `vm-image-add`: an image for VMs, made and then booted once, so that it is known to work.
import { randomBytes } from "node:crypto"
import { Option } from "commander"
import { Label } from "../../protocol/substrate.ts"
import { Failure } from "../exit.ts"
import { addImage } from "../substrates/vm/image-add.ts"
import { buildImage } from "../substrates/vm/image-build.ts"
import { Vms } from "../substrates/vm/vms.ts"
import { action, verb } from "../verb.ts"

interface BuildOptions {
	name: string
	suite: string
	cache?: string
	mirror?: string
}

export function vmImageBuild() {
	return verb("vm-image-build", {
		summary: "make Debian's image for VMs",
		examples: [["homeport here vm-image-build", "what `homeport vm image build` starts"]],
	})
		.option("--name <name>", "what it is called", "debian")
		.option("--suite <suite>", "Debian's release", "bookworm")
		.option("--cache <folder>", "keeps the packages, and takes them from there without network")
		.option("--mirror <url>", "where packages come from")
		.action(
			action<[], BuildOptions>(async ({ folder, out }, { name, suite, cache = null, mirror = null }) => {
				mustBeLabel(name)
				if (!/^[a-z][a-z0-9-]*$/.test(suite)) throw new Failure("usage", `"${suite}" is no release of Debian.`)
				if (mirror !== null && !URL.canParse(mirror)) throw new Failure("usage", `"${mirror}" is no address.`)
				const stop = new AbortController()
				for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort())
				const started = Date.now()
				const say = (line: string) => out.note(`${seconds(started).padStart(6)}  ${line}`)
				await buildImage({ dataDir: folder.path, name, suite, cache, mirror, say, signal: stop.signal })
				await bootOnce(folder.path, name, say)
				out.note(`The image ${name} is ready.`)
			}),
		)
}

interface AddOptions {
	name: string
	firmware: "bios" | "uefi"
}

export function vmImageAdd() {
	return verb("vm-image-add", {
		summary: "take a cloud's disk as an image for VMs",
		examples: [
			["homeport here vm-image-add debian-12-generic.qcow2 --name cloud", "what `homeport vm image add` starts"],
		],
	})
		.argument("<file>", "a qcow2 or raw disk that boots, with cloud-init")
		.requiredOption("--name <name>", "what it is called")
		.addOption(new Option("--firmware <kind>", "what it boots by").choices(["bios", "uefi"]).default("bios"))
		.action(
			action<[string], AddOptions>(async ({ folder, out }, { name, firmware }, file) => {
				mustBeLabel(name)
				const started = Date.now()
				const say = (line: string) => out.note(`${seconds(started).padStart(6)}  ${line}`)
				await addImage({ dataDir: folder.path, name, file, boot: firmware, say })
				await bootOnce(folder.path, name, say)
				out.note(`The image ${name} is ready.`)
			}),
		)
}

function mustBeLabel(name: string): void {
	const { error } = Label.safeParse(name)
	if (error !== undefined) throw new Failure("usage", `An image's name ${error.issues[0]?.message}.`)
}

/** In a VM of its own, which is gone afterwards. */
async function bootOnce(dataDir: string, image: string, say: (line: string) => void): Promise<void> {
	const vms = new Vms(dataDir)
	const name = `trial-${randomBytes(4).toString("hex")}`
	say("Booting it once.")
	await vms.do(name, { verb: "create", spec: { image, memory: TRIAL_MEMORY, network: { is: "none" } } })
	try {
		await vms.ready(name, say)
		say("It answers.")
	} finally {
		await vms.do(name, { verb: "destroy" })
	}
}

/** Enough for any system to come up. */
const TRIAL_MEMORY = 512 * 1024 * 1024

function seconds(since: number): string {
	return `${((Date.now() - since) / 1000).toFixed(0)} s`
}
