// What a session's container is made of, as the engine is told it.
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import type { Limits, Network } from "../../../protocol/substrate.ts"
import type { Contained } from "../contained.ts"
import { proxyEnvironment } from "../network/environment.ts"
import type { About } from "./engine.ts"

/** The user inside, by the numbers of the inside. */
export interface User {
	uid: number
	gid: number
	name: string
}

/** What of this machine is inside beside folders that were asked for. */
export interface Outside {
	/** The first process's program. */
	init: string
	/** The folder of the sockets that it dials. */
	doors: string
	home: string
	/** What /tmp is on, where the session's disk is limited; otherwise that is in memory. */
	scratch: string | null
	/** The folder of `passwd` and `group`. */
	accounts: string
}

export interface Making {
	image: string
	argv: string[]
	/** Beside what the image and Homeport say. */
	environment: Record<string, string>
	/** A path inside; the home directory where it is null. */
	cwd: string | null
	user: User
	/** The terminal's first size; null for a command without a terminal. */
	size: { cols: number; rows: number } | null
	network: Network
	outside: Outside
	/** The control socket's name in the folder of sockets. */
	control: string
	/** The gate's; null without one. */
	gate: string | null
}

export const LABEL_SESSION = "homeport.session"
/** The data folder of the connector that made it. */
export const LABEL_HOME = "homeport.home"
export const LABEL_FOLDER = "homeport.folder"
/** Where these are inside. */
export const INIT = "/run/homeport/init"
const DOORS = "/run/homeport/doors"
/** Where programs inside find the gate, when there is one. */
export const GATE_PORT = 3128
const MIB = 1024 * 1024
/** Temporary files are in memory; where nobody says more, /tmp has this much. */
const SCRATCH_BYTES = 1024 * MIB
/** Little is expected in /run and /var/tmp. */
const SMALL_BYTES = 64 * MIB

/** What the engine calls the container of a session's program. */
export function nameOf({ session }: Pick<Contained, "session">): string {
	return `homeport-${session}`
}

/** The body of the request that makes it. */
export function creation(contained: Contained, making: Making, about: About) {
	const { image, argv, user, size, network, outside } = making
	const cwd = making.cwd ?? homeInside(contained)
	const environment = { ...ownEnvironment(contained, making, cwd), ...making.environment }
	return {
		Image: image,
		User: `${user.uid}:${user.gid}`,
		Hostname: hostname(contained.name),
		Entrypoint: [INIT],
		Cmd: [...options(making), "--", ...argv],
		Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
		WorkingDir: cwd,
		Labels: {
			[LABEL_SESSION]: contained.session,
			[LABEL_HOME]: contained.dataDir,
			[LABEL_FOLDER]: contained.folder,
		},
		Tty: size !== null,
		OpenStdin: true,
		StdinOnce: true,
		AttachStdin: true,
		AttachStdout: true,
		AttachStderr: true,
		Healthcheck: { Test: ["NONE"] },
		HostConfig: {
			// However it ends, nothing of it stays.
			AutoRemove: true,
			Init: false,
			// What the program writes is kept by its session, sealed.
			LogConfig: { Type: "none", Config: {} },
			CapDrop: ["ALL"],
			// Where SELinux is on, it keeps containers from folders that are not labelled for them, as a person's are not.
			SecurityOpt: ["no-new-privileges", "label=disable"],
			ReadonlyRootfs: true,
			Tmpfs: inMemory(outside),
			Mounts: mounts(contained, outside),
			// For both engines "default" is a network of its own, behind the machine's.
			NetworkMode: network.is === "full" ? "default" : "none",
			IpcMode: "private",
			...usersMode(about),
			...bounds(contained.limits, about, making.gate !== null),
		},
	}
}

function options({ size, control, gate }: Making): string[] {
	return [
		...["--control", inside(control), "--limit", "core=0"],
		...(size === null ? [] : ["--size", `${size.cols}x${size.rows}`]),
		...(gate === null ? [] : ["--forward", `${GATE_PORT}=${inside(gate)}`]),
	]
}

/** The command that the engine is to execute in a container that runs, for a program beside the session's. */
export function beside(control: string, argv: string[]): string[] {
	return [INIT, "--control", inside(control), "--", ...argv]
}

/** The same path as outside, so that absolute paths in settings hold. */
export function homeInside({ own }: Contained): string {
	return own.HOME ?? homedir()
}

/** Of passwd(5) and group(5): programs want to know who they are. */
export function accounts(contained: Contained, { uid, gid, name }: User): { passwd: string; group: string } {
	const home = homeInside(contained)
	const others = uid === 0 ? [] : ["root:x:0:0:root:/root:/bin/sh"]
	const groups = gid === 0 ? [] : ["root:x:0:"]
	return {
		passwd: lines(`${name}:x:${uid}:${gid}::${home}:/bin/sh`, ...others, "nobody:x:65534:65534::/:/usr/sbin/nologin"),
		group: lines(`${name}:x:${gid}:`, ...groups, "nogroup:x:65534:"),
	}
}

function ownEnvironment(contained: Contained, { user, size, gate }: Making, cwd: string): Record<string, string> {
	return {
		HOME: homeInside(contained),
		USER: user.name,
		LOGNAME: user.name,
		SHELL: "/bin/sh",
		// The one that every image has.
		LANG: "C.UTF-8",
		...(contained.own.TZ === undefined ? {} : { TZ: contained.own.TZ }),
		...(size === null ? {} : { TERM: "xterm-256color", COLORTERM: "truecolor" }),
		PWD: cwd,
		HOMEPORT_SESSION: contained.session,
		...(gate === null ? {} : proxyEnvironment(GATE_PORT)),
	}
}

function mounts(contained: Contained, { init, doors, home, scratch, accounts }: Outside) {
	const { workingFolder } = contained
	const bind = (Source: string, Target: string, ReadOnly: boolean) => ({
		...{ Type: "bind", Source, Target, ReadOnly },
		BindOptions: { Propagation: "rprivate" },
	})
	return [
		bind(init, INIT, true),
		bind(doors, DOORS, true),
		bind(join(accounts, "passwd"), "/etc/passwd", true),
		bind(join(accounts, "group"), "/etc/group", true),
		bind(home, homeInside(contained), false),
		...(scratch === null ? [] : [bind(scratch, "/tmp", false)]),
		...(workingFolder === null ? [] : [bind(workingFolder, workingFolder, false)]),
		...contained.mounts.map(({ path, at, writable }) => bind(path, at ?? path, !writable)),
	]
}

function inMemory({ scratch }: Outside): Record<string, string> {
	const options = (bytes: number) => `rw,exec,nosuid,nodev,mode=1777,size=${bytes}`
	return {
		"/run": options(SMALL_BYTES),
		// Engines make the folders of mounts, and have been seen to close one to all but root; every user must be let through this one.
		[dirname(INIT)]: `rw,noexec,nosuid,nodev,mode=755,size=4096`,
		"/var/tmp": options(SMALL_BYTES),
		...(scratch === null ? { "/tmp": options(SCRATCH_BYTES) } : {}),
	}
}

/** User numbers inside are those outside, so that files in the working directory belong to whom they should. */
function usersMode({ isPodman, isRootless, shiftsUsers }: About): { UsernsMode?: string } {
	if (isPodman && isRootless) return { UsernsMode: "keep-id" }
	return shiftsUsers ? { UsernsMode: "host" } : {}
}

function bounds({ memory, cpus, processes, disk }: Limits, about: About, hasGate: boolean) {
	return {
		// Without swap: that would be memory, too.
		...(memory === undefined ? {} : { Memory: memory, ...(about.hasSwapLimit ? { MemorySwap: memory } : {}) }),
		// An engine takes no more than there are.
		...(cpus === undefined ? {} : { NanoCpus: Math.round(Math.min(cpus, about.cpus) * 1e9) }),
		// The first process and its relay are not the program's.
		...(processes === undefined ? {} : { PidsLimit: processes + (hasGate ? 2 : 1) }),
		...(disk === undefined ? {} : { Ulimits: [{ Name: "fsize", Soft: disk, Hard: disk }] }),
	}
}

function inside(door: string): string {
	return join(DOORS, door)
}

/** What the session is called, as far as a host can be called so. */
function hostname(name: string): string {
	const plain = name
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, "-")
		.replace(/^-+/, "")
		.slice(0, 63)
		.replace(/-+$/, "")
	return plain === "" ? "homeport" : plain
}

function lines(...all: string[]): string {
	return all.map((line) => `${line}\n`).join("")
}
