// A home: control plane and link of this computer, started in order, kept alive, stopped in order.
import { readFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import type { MachineId } from "../../protocol/ids.ts"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import { signedIn } from "../credentials.ts"
import { type DataFolder, openDataFolder } from "../data-folder.ts"
import { Failure, LINK_REFUSED } from "../exit.ts"
import { leftHere } from "../local-sessions.ts"
import { SELF } from "../self.ts"
import { Child } from "./child.ts"
import { endLeftover, startControlPlane, untilHealthy } from "./control-plane.ts"
import { findIdentity, findToken } from "./first-run.ts"
import { lockHome } from "./lock.ts"
import { findParts } from "./parts.ts"
import { forgetRunning, readRunning, writeRunning } from "./running.ts"
import { findSecrets } from "./secrets.ts"

interface Options {
	folder: DataFolder
	host: string
	/** 0 for any free one. */
	port: number
	/** Told what a person should know while it runs. */
	note: (line: string) => void
}

export interface Home {
	url: string
	/** Good once, for an hour. The token stands behind the #, which no server and no log sees. */
	signInUrl: string
	/** What the command signs in with. */
	token: string
	/** This machine here; null when it calls no home or another one. */
	machine: { id: MachineId; name: string } | null
	/** Whether the link stood when this was told. */
	linked: boolean
	pids: { controlPlane: number | null; connector: number | null }
	stop(): Promise<void>
}

/** A Worker with much to migrate is up well before. */
const START_MS = 30_000
/** A control plane that dies so often before it first answers will not answer. */
const STILLBORN = 3
/** The link dials at once; a machine busy starting up may take a moment. */
const LINK_MS = 10_000
/** With sockets open the runtime waits for ever on SIGTERM; its state is safe at any time. */
const CONTROL_PLANE_GRACE_MS = 500
const LINK_GRACE_MS = 3_000

export async function startHome({ folder, host, port: wanted, note }: Options): Promise<Home> {
	openDataFolder(folder)
	const lock = await lockHome(folder)
	const children: { child: Child; grace: number }[] = []
	const stop = async () => {
		for (const { child, grace } of children.reverse()) await child.stop(grace)
		await forgetRunning(folder)
		lock.release()
	}
	try {
		const leftover = await readRunning(folder)
		if (leftover !== undefined) await endLeftover(folder, leftover.controlPlane)
		const port = await freePort(host, wanted)
		const url = `http://${urlHost(host)}:${port}`
		const secrets = await findSecrets(folder)
		const started = (controlPlane: number) => {
			// A start that finds no such file has nothing to clean up after; one that fails to write it must not go on.
			writeRunning(folder, { pid: process.pid, url, host, controlPlane }).catch((error: unknown) => note(String(error)))
		}
		const hopeless = new AbortController()
		let deaths = 0
		const died = (how: string) => {
			if (++deaths === STILLBORN) hopeless.abort()
			note(`The control plane died (${how}); it is started again.`)
		}
		const controlPlane = await startControlPlane({
			folder,
			secrets,
			parts: findParts(),
			host,
			port,
			started,
			died,
		})
		children.push({ child: controlPlane, grace: CONTROL_PLANE_GRACE_MS })
		await untilHealthy(url, AbortSignal.any([hopeless.signal, AbortSignal.timeout(START_MS)])).catch(() => {
			throw new Failure(
				"not_started",
				`The control plane did not start. Its log ends with:\n${tail(join(folder.logs, "control-plane.log"))}`,
			)
		})
		const token = await findToken(folder, url, secrets.signInKey)
		const identity = await findIdentity(folder, url, token)
		let link: Child | undefined
		if (identity !== undefined) {
			link = startLink(folder, note)
			children.push({ child: link, grace: LINK_GRACE_MS })
		}
		const linked = identity !== undefined && (await untilLinked(url, token, identity.machine))
		return {
			url,
			signInUrl: `${url}/sign-in#${await signSignInLink(secrets.signInKey, Date.now())}`,
			token,
			machine: identity === undefined ? null : { id: identity.machine, name: identity.name },
			linked,
			pids: { controlPlane: controlPlane.pid ?? null, connector: link?.pid ?? null },
			stop,
		}
	} catch (error) {
		await stop()
		throw error
	}
}

/** The link in a process of its own: it can die or be replaced while sessions and control plane go on. */
function startLink(folder: DataFolder, note: (line: string) => void): Child {
	return new Child({
		program: process.execPath,
		arguments: [SELF, "link", "--data-dir", folder.path],
		log: join(folder.logs, "link.log"),
		channel: true,
		started: () => {},
		final: LINK_REFUSED,
		died: (how, isFinal) =>
			note(
				isFinal
					? `This machine was removed from its home. ${leftHere()}`
					: `The link process died (${how}); it is started again. Sessions go on.`,
			),
	})
}

/** Asks the control plane, whose word about the link is the one that counts. */
async function untilLinked(url: string, token: string, machine: string): Promise<boolean> {
	const call = signedIn({ url, token, source: "this home" })
	const until = Date.now() + LINK_MS
	while (Date.now() < until) {
		const { machines } = await call("listMachines")
		if (machines.find(({ id }) => id === machine)?.presence.is === "linked") return true
		await wait(ASK_AGAIN_MS)
	}
	return false
}

const ASK_AGAIN_MS = 30

/** The port, or any free one for 0. Throws Failure where another program has it. */
function freePort(host: string, port: number): Promise<number> {
	const probe = createServer()
	return new Promise((resolve, reject) => {
		probe.once("error", (error: NodeJS.ErrnoException) => {
			if (error.code === "EADDRINUSE")
				reject(
					new Failure(
						"address",
						`Port ${port} on ${host} is taken by another program. Choose another one with --port.`,
					),
				)
			else if (error.code === "EACCES")
				reject(new Failure("address", `Port ${port} may not be used by you. Choose one above 1023.`))
			else
				reject(new Failure("address", `This computer cannot listen on ${host} (${error.code}). Choose another --host.`))
		})
		probe.listen({ host, port }, () => {
			const address = probe.address()
			probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : port))
		})
	})
}

/** Where this computer reaches what listens on `host`. */
function urlHost(host: string): string {
	if (host === "0.0.0.0") return "127.0.0.1"
	if (host === "::") return "[::1]"
	return host.includes(":") ? `[${host}]` : host
}

function tail(path: string): string {
	try {
		return readFileSync(path, "utf8").trimEnd().split("\n").slice(-12).join("\n")
	} catch {
		return "(nothing)"
	}
}
