// What a sandbox shows its program, and how bubblewrap is told: from facts of the machine to arguments, nothing else.
import { dirname } from "node:path"
import type { Contained } from "../contained.ts"

/** A place inside. Of two at places of which one holds the other, the inner one covers the outer one. */
export type Entry =
	| { is: "mount"; at: string; from: string; isWritable: boolean }
	| { is: "link"; at: string; to: string }
	/** Empty, and cannot be written. */
	| { is: "hidden"; at: string }
	/** In memory. */
	| { is: "memory"; at: string }
	/** Of the sandbox's own skeleton: bubblewrap lets only its own user into those that it makes by itself. */
	| { is: "folder"; at: string }

/** What is as the machine and the session's folder have it: all paths are absolute and resolved. */
export interface Facts {
	/** Whose rights the program has on the machine. */
	user: { uid: number; gid: number }
	/** Whether the connector is root, which may make anybody's files its own. */
	isRoot: boolean
	/** Where the program finds its home: the path of the person's own. */
	home: string
	/** Folders of the machine that are private to the session, by where they are inside: home and /tmp. */
	privates: Mount[]
	/** System, the runtime's program, and what else is shown. */
	entries: Entry[]
	/** Parts of /proc that only their owner's id protects. */
	covered: string[]
	/** The first process, the socket that it dials, and that of the gate of an allow-list. */
	init: string
	control: string
	gate: string | null
	/** Tools of the machine that a root's sandbox for another user is entered by. */
	setpriv: string
	unshare: string
}

export type Mount = Extract<Entry, { is: "mount" }>

/** A command as the sandbox executes it. */
export interface Inside {
	argv: string[]
	cwd: string
	environment: Record<string, string>
	isOffline: boolean
}

/** Where the gate listens inside. */
export const GATE_PORT = 3128
export const RUN = "/run/homeport"

/**
 * Bubblewrap's arguments, less the program and its own: they hold the environment, so they are passed by a file
 * descriptor and never seen in a list of processes.
 */
export function bubblewrapArguments(contained: Contained, facts: Facts, inside: Inside): string[] {
	const { user, isRoot } = facts
	const isOther = isRoot && user.uid !== 0
	const hasNetwork = contained.network.is === "full" && !inside.isOffline
	return [
		...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
		// Root shows folders to another user that this one could not reach, and becomes that user inside.
		...(isOther ? ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] : ["--unshare-user"]),
		...(isOther ? [] : ["--cap-drop", "ALL"]),
		...(hasNetwork ? [] : ["--unshare-net"]),
		...["--die-with-parent", "--as-pid-1"],
		...["--proc", "/proc", "--dev", "/dev"],
		...placesOf(facts).flatMap(argumentsOf),
		...["--ro-bind", facts.init, `${RUN}/init`, "--bind", facts.control, `${RUN}/control`],
		...(facts.gate !== null && !inside.isOffline ? ["--bind", facts.gate, `${RUN}/gate`] : []),
		// What is not mounted anew is the sandbox's own skeleton, in memory.
		...["--remount-ro", "/dev", "--remount-ro", "/"],
		...(isOther ? [] : ["--chdir", inside.cwd]),
		...["--clearenv", "--setenv", "PWD", inside.cwd],
		...Object.entries(inside.environment).flatMap(([name, value]) => ["--setenv", name, value]),
	]
}

/** What bubblewrap executes: the first process, by way of the user where root shows folders to another. */
export function firstProcess(contained: Contained, facts: Facts, inside: Inside): string[] {
	const { user, isRoot, setpriv, unshare } = facts
	const become = ["--reuid", String(user.uid), "--regid", String(user.gid), "--clear-groups", "--inh-caps=-all"]
	const { disk, processes } = contained.limits
	// Only the user may enter folders of its own.
	const enter = ["/bin/sh", "-c", 'cd -- "$0" && exec "$@"', inside.cwd]
	return [
		...(isRoot && user.uid !== 0
			? [setpriv, ...become, "--", ...enter, unshare, "--user", "--map-current-user", "--"]
			: []),
		...[`${RUN}/init`, "--control", `${RUN}/control`, "--limit", "core=0"],
		...(disk === undefined ? [] : ["--limit", `fsize=${disk}`]),
		// Counted for each sandbox by itself where it has a user namespace of its own; root is not counted at all.
		...(processes === undefined || user.uid === 0 ? [] : ["--limit", `nproc=${processes + OWN_PROCESSES}`]),
		...(facts.gate !== null && !inside.isOffline ? ["--forward", `${GATE_PORT}=${RUN}/gate`] : []),
		...["--", ...inside.argv],
	]
}

/** Bubblewrap itself, the first process, and the one that forwards to the gate. */
export const OWN_PROCESSES = 3

/** The private folders and everything that is shown, each after what holds it. */
function placesOf(facts: Facts): Entry[] {
	const { privates, entries, covered } = facts
	const mounts = mountsOf(facts)
	const places: Entry[] = [
		...privates,
		// In what is mounted, a link is that file system's own: it is there already.
		...entries.filter(({ is, at }) => is !== "link" || holder(mounts, at) === null),
		...pins(facts),
		...covered.map((at): Entry => ({ is: "mount", at, from: at, isWritable: false })),
	]
	return [...places, ...skeleton(places, mounts)].toSorted((one, other) => one.at.length - other.at.length)
}

/** The folders above what is shown that nothing shown has. */
function skeleton(places: Entry[], mounts: Mount[]): Entry[] {
	const folders = new Set<string>()
	for (const at of [...places.map(({ at }) => at), `${RUN}/init`])
		for (let path = dirname(at); path !== "/"; path = dirname(path)) folders.add(path)
	const isMade = (path: string) =>
		/^\/(proc|dev)(\/|$)/.test(path) || holder(mounts, path) !== null || places.some(({ at }) => at === path)
	return [...folders].filter((path) => !isMade(path)).map((at) => ({ is: "folder", at }))
}

/**
 * Folders between a private folder and what is shown in it: mounted over themselves, so that no program inside can put
 * something else in their place, through which the next sandbox of this session would be built.
 */
export function pins(facts: Pick<Facts, "privates" | "entries">): Mount[] {
	const { privates, entries } = facts
	const mounts = mountsOf(facts)
	const found = new Map<string, Mount>()
	for (const { is, at } of [...privates, ...entries]) {
		const root = holder(mounts, at)
		if (is === "link" || root === null || !privates.includes(root)) continue
		for (let path = dirname(at); path.length > root.at.length; path = dirname(path))
			found.set(path, { is: "mount", at: path, from: root.from + path.slice(root.at.length), isWritable: true })
	}
	return [...found.values()]
}

export function mountsOf({ privates, entries }: Pick<Facts, "privates" | "entries">): Mount[] {
	return [...privates, ...entries.filter((entry) => entry.is === "mount")]
}

/** The innermost mount that a path lies in, which is not the path itself. */
export function holder(mounts: Mount[], path: string): Mount | null {
	const holding = mounts.filter(({ at }) => path.startsWith(`${at}/`))
	return holding.toSorted((one, other) => other.at.length - one.at.length)[0] ?? null
}

function argumentsOf(entry: Entry): string[] {
	switch (entry.is) {
		case "mount":
			return [entry.isWritable ? "--bind" : "--ro-bind", entry.from, entry.at]
		case "link":
			return ["--symlink", entry.to, entry.at]
		case "folder":
			return ["--perms", "0755", "--dir", entry.at]
		case "memory":
			return ["--perms", "1777", "--tmpfs", entry.at]
		case "hidden":
			return ["--perms", "0555", "--tmpfs", entry.at, "--remount-ro", entry.at]
	}
}
