// A container that an image is made in: what a loadout is applied to before any session of it runs.

import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { setTimeout as wait } from "node:timers/promises"
import { type Engine, EngineError } from "../substrates/container/engine.ts"
import { packets } from "../substrates/container/exec.ts"
import { ERRORS_CHARS, OUTPUT_BYTES, type Ran, type Run, type Target } from "./target.ts"

/** A new home directory has what is here: that of a session is made from it. */
export const SKELETON = "/etc/skel"

/** `id`: of a container that runs. */
export function containerTarget(engine: Engine, id: string): Target {
	return {
		is: "container",
		home: SKELETON,
		prefix: "/usr/local",
		state: { folder: "/var/lib/homeport/loadouts", within: "/var/lib" },
		asRoot: [],
		path: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		run: (argv, run) => runInside(engine, id, argv, run),
		close: async () => {},
	}
}

async function runInside(engine: Engine, id: string, argv: string[], { input, live }: Run = {}): Promise<Ran> {
	const { Id } = await engine.ask<{ Id: string }>("POST", `/containers/${id}/exec`, {
		body: {
			...{ AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false, User: "0:0" },
			...{ Cmd: argv, Env: [`HOME=${SKELETON}`, "LANG=C.UTF-8"], WorkingDir: SKELETON },
		},
	})
	const socket = await engine.join(`/exec/${Id}/start`, { Detach: false, Tty: false })
	// A command that ends without reading all of its input says by its exit code whether that was right.
	pipeline(input instanceof Readable ? input : Readable.from(input === undefined ? [] : [input]), socket).catch(
		() => {},
	)
	const output: Buffer[] = []
	let length = 0
	let errors = ""
	for await (const { isOutput, data } of packets(socket)) {
		live?.(data)
		if (!isOutput) errors = (errors + data.toString()).slice(-ERRORS_CHARS)
		else if (length < OUTPUT_BYTES) output.push(data.subarray(0, OUTPUT_BYTES - length))
		if (isOutput) length += data.length
	}
	return { code: await codeOf(engine, Id), output: Buffer.concat(output), errors }
}

/** The engine may notice a moment after the last byte that the command has ended. */
async function codeOf(engine: Engine, id: string): Promise<number | null> {
	for (;;) {
		const { Running, ExitCode } = await engine.ask<{ Running: boolean; ExitCode: number | null }>(
			"GET",
			`/exec/${id}/json`,
		)
		if (!Running) return ExitCode
		await wait(NOTICE_MS)
	}
}

const NOTICE_MS = 20

/** Of the image that a container's is made from: `homeport.loadout` says that a container is none of a session. */
const LABEL_LOADOUT = "homeport.loadout"

/** The container of this name as an earlier run left it, less what that has left running, or a new one; it runs. */
export async function openBuilder(engine: Engine, name: string, image: string): Promise<string> {
	const left = await find(engine, name)
	const id = left ?? (await create(engine, name, image))
	await engine.ask("POST", `/containers/${id}/${left === undefined ? "start" : "restart?t=0"}`)
	return id
}

async function find(engine: Engine, name: string): Promise<string | undefined> {
	try {
		return (await engine.ask<{ Id: string }>("GET", `/containers/${name}/json`)).Id
	} catch (error) {
		if (error instanceof EngineError && error.status === 404) return undefined
		throw error
	}
}

async function create(engine: Engine, name: string, image: string): Promise<string> {
	const { Id } = await engine.ask<{ Id: string }>("POST", "/containers/create", {
		query: { name },
		body: {
			Image: image,
			User: "0:0",
			// It waits for commands. Its end is asked for, and waits for nothing.
			Entrypoint: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"],
			Cmd: [],
			Labels: { [LABEL_LOADOUT]: name },
			Healthcheck: { Test: ["NONE"] },
			HostConfig: {
				NetworkMode: await networkOf(engine),
				LogConfig: { Type: "none", Config: {} },
				SecurityOpt: ["label=disable"],
			},
		},
	})
	return Id
}

/** Packages come by the network: the engine's own where it has one, else this machine's. */
async function networkOf(engine: Engine): Promise<string> {
	if (engine.about.isPodman) return "default"
	const networks = await engine.ask<{ Name: string }[]>("GET", "/networks")
	return networks.some(({ Name }) => Name === "bridge") ? "default" : "host"
}
