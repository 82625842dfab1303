// From what a person asked for to what a holder executes: the program, its variables, and what it runs in.
import { basename } from "node:path"
import type { Asked } from "../protocol/ask.ts"
import { Refusal } from "../protocol/errors.ts"
import { CUSTOM, JOB, runtimeOf } from "../protocol/session.ts"
import { workingDirectory } from "./folders.ts"
import { sessionFolder } from "./held-session.ts"
import type { Execution } from "./holder/wire.ts"
import { nameFrom } from "./names.ts"
import { command, insideCommand, runtimeConfiguration, sessionEnvironment } from "./runtimes.ts"
import { SELF } from "./self.ts"
import type { Contained } from "./substrates/contained.ts"
import { loadSubstrate } from "./substrates/substrates.ts"
import type { Tried } from "./substrates/tried.ts"
import { wrapEnvironment } from "./warden/environment.ts"
import { WARDEN } from "./warden/self.ts"

export interface Launch {
	execution: Execution
	/** What its warden is told; null on the host itself. */
	contained: Contained | null
}

/** What a session is called that nobody named. */
export function calledBy(spec: Asked<"start">): string {
	const runtime = runtimeOf(spec)
	return runtime === CUSTOM ? nameFrom(basename(spec.argv[0] ?? ""), runtime) : runtime
}

/**
 * Throws Refusal for what cannot be had: substrate_unavailable, directory_missing, program_missing, key_missing,
 * invalid_request. Nothing is left then.
 */
export async function prepareLaunch(
	spec: Asked<"start">,
	name: string,
	{ dataDir, tried }: { dataDir: string; tried: Tried },
): Promise<Launch> {
	const runtime = runtimeOf(spec)
	const substrate = runtime === JOB ? "host" : (spec.substrate ?? (await tried.default()))
	const given = {
		...Object.fromEntries(spec.secrets.map(({ variable, value }) => [variable, value])),
		...spec.environment,
	}
	const { id, argv, network, image, vm, loadout, tags, comesBack, limits, cols, rows } = spec
	const own = { image: image ?? null, vm: vm ?? null, loadout: loadout ?? null }
	const about = { network, ...own, tags, comesBack, run: 1 }
	const shared = {
		...{ id, name, runtime, argv, substrate, cols, rows, about },
		secrets: spec.secrets.map(({ variable }) => variable),
		createdAt: Date.now(),
	}
	if (substrate === "host") {
		refuseOnHost(spec)
		const environment = { ...sessionEnvironment(), ...given }
		const cwd = await workingDirectory(spec.cwd)
		const { program, arguments: args } =
			runtime === JOB
				? { program: process.execPath, arguments: [SELF, "here", "--data-dir", dataDir, ...argv] }
				: await command(runtime, argv, environment, spec.withoutKey)
		return { execution: { ...shared, program, arguments: args, cwd, environment }, contained: null }
	}
	const info = await tried.of(substrate)
	if (info.is === "absent") throw new Refusal("substrate_unavailable", `${info.reason} ${info.remedy}`)
	if (!info.networks.includes(network.is))
		throw new Refusal("substrate_unavailable", `A ${substrate} here cannot have the network "${network.is}".`)
	const missing = Object.keys(limits).filter((limit) => !info.limits.includes(limit as (typeof info.limits)[number]))
	if (missing.length > 0)
		throw new Refusal("substrate_unavailable", `A ${substrate} here cannot limit ${missing.join(", ")}.`)
	const isShared = substrate !== "vm" && spec.cwd !== undefined
	const workingFolder = isShared ? await workingDirectory(spec.cwd) : null
	const contained: Contained = {
		session: id,
		name,
		runtime,
		substrate,
		argv: await insideCommand(substrate, runtime, argv, { ...sessionEnvironment(), ...given }, spec.withoutKey),
		cwd: workingFolder ?? spec.cwd ?? null,
		workingFolder,
		network,
		limits,
		...own,
		mounts: [],
		configuration: runtimeConfiguration(runtime),
		dataDir,
		folder: sessionFolder(dataDir, id),
		own: ownEnvironment(),
	}
	await (await loadSubstrate(substrate)).check(contained)
	const execution: Execution = {
		...shared,
		program: process.execPath,
		arguments: [...WARDEN, contained.folder],
		cwd: contained.cwd ?? "~",
		environment: wrapEnvironment(given),
	}
	return { execution, contained }
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
