// What the command line says of a new session's place: what it runs in, and where its working directory comes from.
import { resolve } from "node:path"
import { type Command, InvalidArgumentError, Option } from "commander"
import type { StartSpec } from "../protocol/session.ts"
import { NETWORKS, SUBSTRATES } from "../protocol/substrate.ts"
import { Failure } from "./exit.ts"

export interface PlaceOptions {
	substrate?: (typeof SUBSTRATES)[number]
	network?: (typeof NETWORKS)[number]
	allow?: string[]
	memory?: number
	cpus?: number
	processes?: number
	disk?: number
	image?: string
	vm?: string
	loadout?: string
	fromDir?: string
	fromGit?: string
	worktree?: string | true
	ref?: string
	tag?: string[]
	comesBack?: boolean
}

type Place = Pick<
	StartSpec,
	"substrate" | "network" | "limits" | "image" | "vm" | "loadout" | "from" | "tags" | "comesBack"
>

export function withPlaceOptions(command: Command): Command {
	return command
		.addOption(new Option("--substrate <kind>", "what it runs in (default: the machine's)").choices(SUBSTRATES))
		.addOption(new Option("--network <kind>", "what it reaches (default: full)").choices(NETWORKS))
		.option("--allow <host>", "a host that it reaches, such as *.example.com; repeat it. Nothing else then", collect)
		.option("--memory <size>", "at most so much memory, such as 2G", size)
		.option("--cpus <number>", "at most so many processors, such as 1.5", number)
		.option("--processes <number>", "at most so many processes", number)
		.option("--disk <size>", "at most so much on disk, where only it writes", size)
		.option("--image <name>", "the container's image, or that of its VM")
		.option("--vm <name>", "the VM to run in (default: one of its own)")
		.option("--loadout <name>", "what is installed first in its container's image or its VM; `loadout ls` lists them")
		.option("--from-dir <folder>", "work in a copy of this folder")
		.option("--from-git <url>", "work in a clone of this repository")
		.option("--worktree [folder]", "work in a git worktree of this repository, on a branch of its own")
		.option("--ref <ref>", "the branch, tag or commit for --from-git or --worktree")
		.option("--tag <tag>", "a word to group it by; repeat it", collect)
		.option("--comes-back", "begin it again after its machine was restarted, with its conversation")
}

/** `isHere`: relative paths are meant from here. Throws Failure where two of them do not go together. */
export function placeFrom(options: PlaceOptions, isHere: boolean): Partial<Place> {
	const { substrate, network, allow = [], image, vm, loadout, tag: tags = [], comesBack } = options
	if (allow.length > 0 && network !== undefined && network !== "allow-list")
		throw new Failure("usage", `--allow makes an allow-list: leave --network ${network} out.`)
	if (network === "allow-list" && allow.length === 0)
		throw new Failure("usage", "Say the hosts of the allow-list with --allow.")
	const { memory, cpus, processes, disk } = options
	const limits = Object.fromEntries(
		Object.entries({ memory, cpus, processes, disk }).filter(([, limit]) => limit !== undefined),
	)
	const from = fromOf(options, isHere)
	return {
		...(substrate === undefined ? {} : { substrate }),
		...(allow.length > 0 ? { network: { is: "allow-list" as const, hosts: allow } } : {}),
		...(network === "none" ? { network: { is: network } } : {}),
		...(Object.keys(limits).length > 0 ? { limits } : {}),
		...(image === undefined ? {} : { image }),
		...(vm === undefined ? {} : { vm }),
		...(loadout === undefined ? {} : { loadout }),
		...(from === undefined ? {} : { from }),
		...(tags.length > 0 ? { tags } : {}),
		...(comesBack ? { comesBack } : {}),
	}
}

function fromOf({ fromDir, fromGit, worktree, ref }: PlaceOptions, isHere: boolean): StartSpec["from"] {
	const said = [fromDir, fromGit, worktree].filter((one) => one !== undefined)
	if (said.length > 1) throw new Failure("usage", "One of --from-dir, --from-git and --worktree is enough.")
	if (ref !== undefined && (said.length === 0 || fromDir !== undefined))
		throw new Failure("usage", "--ref goes with --from-git or --worktree.")
	const at = (path: string) => (isHere && !path.startsWith("~") ? resolve(path) : path)
	const from = ref === undefined ? {} : { ref }
	if (fromDir !== undefined) return { is: "dir", path: at(fromDir) }
	if (fromGit !== undefined) return { is: "git", url: isPath(fromGit) ? at(fromGit) : fromGit, ...from }
	if (worktree === undefined) return undefined
	if (worktree === true && !isHere)
		throw new Failure("usage", "Say the repository's folder on that machine: --worktree FOLDER.")
	return { is: "worktree", path: worktree === true ? process.cwd() : at(worktree), ...from }
}

/** A repository on disk, not at an address such as https://… or user@host:path. */
function isPath(url: string): boolean {
	return /^[./~]/.test(url)
}

function collect(value: string, before: string[] = []): string[] {
	return [...before, value]
}

function number(text: string): number {
	const value = Number(text)
	if (!/^\d+(\.\d+)?$/.test(text) || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.")
	return value
}

/** A size in bytes, from a number with K, M, G or T behind it: powers of 1024. */
export function size(text: string): number {
	const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text) ?? []
	if (amount === "") throw new InvalidArgumentError("It must be a size, such as 512M or 2G.")
	return Math.round(Number(amount) * 1024 ** (1 + "KMGT".indexOf(unit.toUpperCase() || "\0")))
}
