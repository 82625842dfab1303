// From what a session was started from to what a holder executes when it begins again, in the place where it was.
import { execFile } from "node:child_process"
import { realpath } from "node:fs/promises"
import type { DeliveredSecret } from "../protocol/ask.ts"
import { Refusal } from "../protocol/errors.ts"
import { JOB, runtimeOf } from "../protocol/session.ts"
import { wordOf } from "./attention/about.ts"
import { hookFolder, hookVariables } from "./attention/hooks.ts"
import { placeNotifier, withNotifier } from "./attention/notifier.ts"
import { workingDirectory } from "./folders.ts"
import { sessionKey } from "./held-session.ts"
import type { Execution, SavedInfo } from "./holder/wire.ts"
import { type Here, insideVariables, type Launch, newConversation } from "./launch.ts"
import { variablesOf } from "./loadouts/resolve.ts"
import { usableLoadout } from "./loadouts/store.ts"
import {
	type Begin,
	command,
	findRuntime,
	insideCommand,
	ownKeys,
	type Runtime,
	sessionEnvironment,
} from "./runtimes.ts"
import type { SessionSpec } from "./session-spec.ts"
import type { Contained } from "./substrates/contained.ts"
import { loadSubstrate } from "./substrates/substrates.ts"
import { wrapEnvironment } from "./warden/environment.ts"
import { WARDEN } from "./warden/self.ts"

interface Before {
	spec: SessionSpec
	info: SavedInfo
	contained: Contained | null
}

interface Again {
	/** With the runtime's own conversation, where it has one. */
	resume: boolean
	secrets: DeliveredSecret[]
}

/** Throws Refusal for what cannot be had any more, as `prepareLaunch` does. Nothing is changed then. */
export async function prepareRestart(
	{ spec, info, contained }: Before,
	{ resume, secrets }: Again,
	{ dataDir, tried, boot }: Here,
): Promise<Launch> {
	const runtime = runtimeOf(spec)
	if (runtime === JOB)
		throw new Refusal("invalid_request", "Work on the machine itself is begun by asking for it again.")
	const known = await findRuntime(dataDir, runtime)
	const given = {
		...known?.profile?.environment,
		...(info.loadout === null ? {} : variablesOf((await usableLoadout(dataDir, info.loadout)).merged)),
		...Object.fromEntries(secrets.map(({ variable, value }) => [variable, value])),
		...spec.environment,
	}
	const { argv } = spec
	const begin = await conversationOf(known, { info, contained, argv, resume, environment: given })
	const { id, name, substrate, network, image, vm, loadout, tags, comesBack, run, cols, rows, createdAt } = info
	const shared = {
		...{ id, name, runtime, argv, substrate, cols, rows, boot, createdAt },
		about: { network, image, vm, loadout, tags, comesBack, run: run + 1, beganAt: Date.now() },
		conversation: begin.conversation,
		secrets: secrets.map(({ variable }) => variable),
	} satisfies Partial<Execution>
	const word = wordOf({ key: sessionKey(dataDir, id) })
	const withKey = { ...begin, withoutKey: spec.withoutKey, word }
	const environment = { ...sessionEnvironment(), ...given }
	if (contained === null) {
		const cwd = await workingDirectory(info.cwd)
		const { program, arguments: args } = await command(known, argv, environment, { ...withKey, cwd })
		const own = await placeNotifier(dataDir)
		const whole = withNotifier({ ...environment, ...hookVariables(runtime, environment, word, hookFolder(own)) }, own)
		return {
			execution: { ...shared, program, arguments: args, cwd, environment: whole },
			contained: null,
			making: null,
		}
	}
	await mustBeStill(contained.workingFolder)
	const tries = await tried.now(contained.substrate)
	if (tries.is === "absent") throw new Refusal("substrate_unavailable", `${tries.reason} ${tries.remedy}`)
	const starts = { ...withKey, cwd: contained.cwd }
	const words = await insideCommand(contained.substrate, known, argv, environment, starts)
	const again: Contained = { ...contained, name, argv: words }
	await (await loadSubstrate(contained.substrate)).check(again)
	return {
		execution: {
			...shared,
			program: process.execPath,
			arguments: [...WARDEN, again.folder],
			cwd: info.cwd,
			startsIn: again.folder,
			environment: wrapEnvironment({ ...ownKeys(known), ...given, ...insideVariables(again, given, word) }),
		},
		contained: again,
		making: null,
	}
}

/** A program that was held in a folder above may have put a link in the place of this one since. */
export async function mustBeStill(folder: string | null): Promise<void> {
	if (folder === null) return
	const found = await realpath(folder).catch(() => null)
	if (found === null) throw new Refusal("directory_missing", folder)
	if (found !== folder)
		throw new Refusal(
			"substrate_unavailable",
			`${folder} leads to ${found} now. Start a new session there if that is meant.`,
		)
}

interface Talk {
	info: SavedInfo
	contained: Contained | null
	argv: string[]
	resume: boolean
	environment: Record<string, string>
}

/** Takes up the conversation of the run before; one in which nothing was ever said begins anew under its name. */
async function conversationOf(
	runtime: Runtime | null,
	{ info: { conversation }, contained, argv, resume, environment }: Talk,
): Promise<Required<Pick<Begin, "conversation" | "resume">>> {
	const anew = newConversation(runtime, argv)
	if (!resume) return { conversation: anew, resume }
	const naming = runtime?.naming ?? null
	if (naming === null || conversation === null) return { conversation: null, resume }
	const file = naming.file.replace("{}", conversation)
	return { conversation, resume: await isThere(file, contained, environment) }
}

/** Whether a file is there, in the home directory of whoever the session runs as. */
async function isThere(
	pattern: string,
	contained: Contained | null,
	environment: Record<string, string>,
): Promise<boolean> {
	const argv = ["sh", "-c", `ls -d "$HOME"/${pattern}`]
	if (contained === null) {
		const env = { ...sessionEnvironment(), ...environment }
		return new Promise((resolve) => execFile("/bin/sh", argv.slice(1), { env }, (error) => resolve(error === null)))
	}
	const substrate = await loadSubstrate(contained.substrate)
	const { ended } = await substrate.exec(contained, { argv, timeoutMs: LOOK_MS, isOffline: true })
	return ended.code === 0
}

/** A container or VM may have to be begun for it. */
const LOOK_MS = 60_000
