// From what a person asked for to what a holder executes: the program, its variables, and what it runs in.
import { randomUUID } from "node:crypto"
import { mkdir, realpath } from "node:fs/promises"
import { basename } from "node:path"
import type { Asked } from "../protocol/ask.ts"
import { Refusal } from "../protocol/errors.ts"
import type { SessionId } from "../protocol/ids.ts"
import { CUSTOM, JOB, runtimeOf } from "../protocol/session.ts"
import type { Network, Substrate } from "../protocol/substrate.ts"
import { hookFolder, hookVariables } from "./attention/hooks.ts"
import { FOLDER_IN_SANDBOX, placeNotifier, withNotifier } from "./attention/notifier.ts"
import { workingDirectory } from "./folders.ts"
import { sessionFolder, sessionKey } from "./held-session.ts"
import { Seal } from "./holder/seal.ts"
import type { Execution } from "./holder/wire.ts"
import { variablesOf } from "./loadouts/resolve.ts"
import { usableLoadout } from "./loadouts/store.ts"
import { nameFrom } from "./names.ts"
import {
	canBeNamed,
	command,
	findRuntime,
	insideCommand,
	ownKeys,
	type Runtime,
	sessionEnvironment,
} from "./runtimes.ts"
import { SELF } from "./self.ts"
import type { Contained } from "./substrates/contained.ts"
import { loadSubstrate } from "./substrates/substrates.ts"
import type { Tried } from "./substrates/tried.ts"
import { wrapEnvironment } from "./warden/environment.ts"
import { WARDEN } from "./warden/self.ts"
import { folderInVm, type Making, placeWithin, planWorkingFolder } from "./workdir/make.ts"

/** The exit code of a session whose program was not executed, as container engines have it. */
const NOT_BEGUN = 125

/** The machine that things are started on. */
export interface Here {
	dataDir: string
	tried: Tried
	/** Which start of its system this is. */
	boot: string
}

export interface Launch {
	execution: Execution
	/** What its warden is told; null on the host itself. */
	contained: Contained | null
	/** The working directory that is made for it first, if one is. */
	making: Making | null
}

/** What a session is called that nobody named. */
export function calledBy(spec: Asked<"start">): string {
	const runtime = runtimeOf(spec)
	return runtime === CUSTOM || runtime === JOB ? nameFrom(basename(spec.argv[0] ?? ""), runtime) : runtime
}

/**
 * Throws Refusal for what cannot be had: substrate_unavailable, directory_missing, program_missing, key_missing,
 * invalid_request. Nothing is left then.
 */
export async function prepareLaunch(
	spec: Asked<"start">,
	name: string,
	{ dataDir, tried, boot }: Here,
): Promise<Launch> {
	const runtime = runtimeOf(spec)
	const known = runtime === JOB ? null : await findRuntime(dataDir, runtime)
	const substrate = runtime === JOB ? "host" : (spec.substrate ?? (await tried.default()))
	const loaded = spec.loadout === undefined ? null : (await usableLoadout(dataDir, spec.loadout)).merged
	if (loaded !== null && runtime !== JOB && (substrate === "host" || substrate === "sandbox"))
		throw new Refusal("substrate_unavailable", mustBeApplied(substrate, loaded.name))
	const given = {
		...known?.profile?.environment,
		...(runtime !== JOB && loaded !== null ? variablesOf(loaded) : {}),
		...Object.fromEntries(spec.secrets.map(({ variable, value }) => [variable, value])),
		...spec.environment,
	}
	const { id, argv, network, image, vm, loadout, tags, comesBack, limits, cols, rows } = spec
	const ownImage = substrate === "container" ? known?.profile?.image : null
	const own = { image: image ?? ownImage ?? null, vm: vm ?? null, loadout: loadout ?? null }
	const about = { network, ...own, tags, comesBack, run: 1, beganAt: Date.now() }
	const shared = {
		...{ id, name, runtime, argv, substrate, cols, rows, about },
		secrets: spec.secrets.map(({ variable }) => variable),
		...{ boot, conversation: newConversation(known, argv) },
		createdAt: Date.now(),
	}
	const planned = async (within?: "sandbox" | "container" | "vm") =>
		spec.from === undefined ? null : planWorkingFolder(spec.from, { dataDir, session: id, name, within })
	// Made with the session's key, which is the first thing of it that is there.
	const word = known === null ? null : Seal.make(sessionKey(dataDir, id)).word
	const begin = { withoutKey: spec.withoutKey, conversation: shared.conversation, word }
	if (substrate === "host") {
		refuseOnHost(spec)
		const own = await placeNotifier(dataDir)
		const plain = { ...sessionEnvironment(), ...given }
		const environment = withNotifier({ ...plain, ...hookVariables(runtime, plain, word, hookFolder(own)) }, own)
		const making = await planned()
		const cwd = making === null ? await workingDirectory(spec.cwd) : placeWithin(making.folder, spec.cwd)
		const { program, arguments: args } =
			runtime === JOB
				? { program: process.execPath, arguments: [SELF, "here", "--data-dir", dataDir, ...argv] }
				: await command(known, argv, environment, { ...begin, cwd, isMade: making !== null })
		const [first, ...rest] = beginning(spec, [program, ...args])
		const begun =
			making === null
				? { program: first, arguments: rest }
				: afterMaking(sessionFolder(dataDir, id), cwd, [first, ...rest])
		return { execution: { ...shared, ...begun, cwd, environment }, contained: null, making }
	}
	const info = await tried.now(substrate)
	if (info.is === "absent") throw new Refusal("substrate_unavailable", `${info.reason} ${info.remedy}`)
	if (!info.networks.includes(network.is))
		throw new Refusal(
			"substrate_unavailable",
			`A ${substrate} here cannot have the network "${network.is}". It can have: ${info.networks.join(", ")}.`,
		)
	const missing = Object.keys(limits).filter((limit) => !info.limits.includes(limit as (typeof info.limits)[number]))
	if (missing.length > 0)
		throw new Refusal("substrate_unavailable", `A ${substrate} here cannot limit ${missing.join(", ")}.`)
	const making = await planned(substrate)
	const isShared = substrate !== "vm" && spec.cwd !== undefined
	// What is made for a VM is taken into it, and is no longer here then.
	const madeFolder = substrate === "vm" ? null : making?.folder
	const workingFolder = madeFolder ?? (isShared ? await realpath(await workingDirectory(spec.cwd)) : null)
	// What it will be is known, and it is checked as what it will be.
	if (making !== null) await mkdir(making.folder, { recursive: true, mode: 0o700 })
	const cwd = making === null ? (workingFolder ?? spec.cwd ?? null) : placeInside(making, spec.cwd, substrate, id)
	const starts = { ...begin, cwd, isMade: making !== null }
	const words = await insideCommand(substrate, known, argv, { ...sessionEnvironment(), ...given }, starts)
	const contained: Contained = {
		session: id,
		name,
		runtime,
		substrate,
		argv: beginning(spec, words),
		program: words[0],
		cwd,
		workingFolder,
		network,
		limits,
		...own,
		mounts: known?.profile?.mounts ?? [],
		configuration: known?.configuration ?? [],
		dataDir,
		folder: sessionFolder(dataDir, id),
		own: ownEnvironment(),
	}
	await (await loadSubstrate(substrate)).check(contained)
	if (vm !== undefined) shared.about.network = await networkOf(dataDir, vm)
	const execution: Execution = {
		...shared,
		program: process.execPath,
		arguments: [...WARDEN, contained.folder],
		cwd: contained.cwd ?? "~",
		startsIn: contained.folder,
		environment: wrapEnvironment({ ...ownKeys(known), ...given, ...insideVariables(contained, given, word) }),
	}
	return { execution, contained, making }
}

/** The program once its working directory has been made, on the same terminal; it takes the shell's place. */
function afterMaking(
	folder: string,
	cwd: string,
	argv: string[],
): Pick<Execution, "program" | "arguments" | "startsIn"> {
	const words = ["sh", process.execPath, SELF, folder, cwd, ...argv]
	return { program: "/bin/sh", arguments: ["-c", AFTER_MAKING, ...words], startsIn: folder }
}

/** $1: Node; $2: this program; $3: the session's folder; $4: the working directory; then the program and its arguments. */
const AFTER_MAKING = `env -i "PATH=$PATH" "HOME=$HOME" "SSH_AUTH_SOCK=\${SSH_AUTH_SOCK-}" "$1" "$2" here workdir "$3" || exit 125
cd -- "$4" || exit 125
unset OLDPWD
shift 4
exec "$@"`

/** The command, as it is begun once, or with a file as its standard input. */
function beginning({ once, stdin }: Asked<"start">, [program = "", ...args]: string[]): [string, ...string[]] {
	if (once === undefined && stdin === undefined) return [program, ...args]
	return ["/bin/sh", "-c", BEGIN, "sh", once ?? "", stdin ?? "", program, ...args]
}

/** $1: a folder to be made first, or nothing; $2: standard input, or nothing; then the program and its arguments. */
const BEGIN = `[ -z "$1" ] || mkdir -- "$1" || { mkdir -- "$1/again"; exit ${NOT_BEGUN}; }
[ -z "$2" ] || exec <"$2" || exit ${NOT_BEGUN}
shift 2
exec "$@"`

/** Containers and VMs have no folder of ours to point an agent to. */
export function insideVariables(
	{ runtime, substrate }: Pick<Contained, "runtime" | "substrate">,
	given: Record<string, string>,
	word: string | null,
): Record<string, string> {
	const has = substrate === "sandbox" && process.platform === "linux"
	const folder = has ? { path: FOLDER_IN_SANDBOX, isRoots: process.getuid?.() === 0 } : null
	return hookVariables(runtime, given, word, folder)
}

/** A VM that others use, too, has a network already. */
async function networkOf(dataDir: string, name: string): Promise<Network> {
	const { Vms } = await import("./substrates/vm/vms.ts")
	const vm = (await new Vms(dataDir).list()).find((vm) => vm.name === name)
	if (vm === undefined) throw new Refusal("substrate_unavailable", `There is no VM ${name} here.`)
	return vm.network
}

/** Where in a substrate the made folder is, or the place within it: in a VM under the home directory there. */
function placeInside(making: Making, place: string | undefined, substrate: Substrate, session: SessionId): string {
	if (substrate !== "vm") return placeWithin(making.folder, place)
	return `~${placeWithin(`/${folderInVm(making, session)}`, place)}`
}

/** A name for the conversation that begins; null for a runtime that does not take one. */
export function newConversation(runtime: Runtime | null, argv: string[]): string | null {
	return runtime !== null && canBeNamed(runtime, argv) ? randomUUID() : null
}

/** It would change this machine for everybody, which starting a session must not. */
function mustBeApplied(substrate: Substrate, loadout: string): string {
	return `A ${substrate} has this machine's own programs. Apply it first, by \`homeport loadout apply ${loadout}\`, and start without --loadout.`
}

function refuseOnHost({ network, limits, image, vm }: Asked<"start">): void {
	const asked = [
		network.is !== "full" && `the network "${network.is}"`,
		Object.keys(limits).length > 0 && "limits",
		image !== undefined && "an image",
		vm !== undefined && "a VM",
	].filter((word) => word !== false)
	if (asked.length > 0)
		throw new Refusal("substrate_unavailable", `The host itself cannot give ${asked.join(" and ")}: ask for a sandbox.`)
}

/** What a warden needs of the person's own variables, to find its tools. */
function ownEnvironment(): Record<string, string> {
	const environment = sessionEnvironment()
	return Object.fromEntries(OWN.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])))
}

const OWN = [
	"PATH",
	"HOME",
	"USER",
	"LOGNAME",
	"LANG",
	"TZ",
	"SHELL",
	"TMPDIR",
	"XDG_RUNTIME_DIR",
	"DOCKER_HOST",
	"CONTAINER_HOST",
	"DBUS_SESSION_BUS_ADDRESS",
]
