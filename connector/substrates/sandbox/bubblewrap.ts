// Running bubblewrap: a process of ours that starts a program in a sandbox, and is told of nothing that is meant for it.
import { type ChildProcess, spawn } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { delimiter, isAbsolute, join } from "node:path"
import { Refusal } from "../../../protocol/errors.ts"
import type { Group } from "../limits/cgroups.ts"

/** Where bubblewrap is. Throws Refusal where it is not installed. */
export function findBubblewrap(path: string): string {
	const program = findTool("bwrap", path)
	if (program !== null) return program
	throw new NoSandbox(NOT_INSTALLED)
}

/** A reason and a remedy, each a sentence. */
export interface WhyNot {
	reason: string
	remedy: string
}

export class NoSandbox extends Refusal {
	readonly why: WhyNot

	constructor(why: WhyNot) {
		super("substrate_unavailable", `${why.reason} ${why.remedy}`)
		this.why = why
	}
}

export const NOT_INSTALLED: WhyNot = {
	reason: "bubblewrap, which makes sandboxes, is not installed.",
	remedy:
		"Install the package bubblewrap: sudo apt-get install bubblewrap (Debian, Ubuntu), sudo dnf install bubblewrap (Fedora), sudo pacman -S bubblewrap (Arch), sudo apk add bubblewrap (Alpine), sudo zypper install bubblewrap (openSUSE).",
}

/** A program's absolute path: on this PATH, or where systems keep their own. */
export function findTool(name: string, path: string): string | null {
	for (const folder of [...path.split(delimiter), "/usr/bin", "/bin", "/usr/sbin", "/sbin"]) {
		if (!isAbsolute(folder)) continue
		try {
			accessSync(join(folder, name), constants.X_OK)
			return join(folder, name)
		} catch {
			// In another folder, then.
		}
	}
	return null
}

interface Bubblewrap {
	program: string
	/** Its arguments, which hold the environment: passed by a file descriptor. */
	arguments: string[]
	/** What it executes inside. */
	first: string[]
	group: Group | null
	/** A command that starts the whole in a scope of its own. */
	scope: string[]
	/** The connector's own variables, by which a scope is asked for. */
	own: Record<string, string>
	stdio: "inherit" | "pipe"
}

export function startBubblewrap(what: Bubblewrap): ChildProcess {
	const folders = what.group?.folders ?? []
	const inGroup = [
		"/bin/sh",
		"-c",
		ENTER,
		"sh",
		String(folders.length),
		...folders.map((folder) => `${folder}/cgroup.procs`),
	]
	const [program = "", ...args] = [...what.scope, ...inGroup, what.program, "--args", "3", "--", ...what.first]
	const { XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS } = what.scope.length > 0 ? what.own : {}
	const env = { ...OWN, XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS }
	const child = spawn(program, args, { stdio: [what.stdio, what.stdio, what.stdio, "pipe"], env, cwd: "/" })
	const passed = child.stdio[3] as NodeJS.WritableStream
	// It may end before it has read them; how it ends says all.
	passed.on("error", () => {})
	passed.end(what.arguments.map((argument) => `${argument}\0`).join(""))
	return child
}

/**
 * Joins the groups, and takes no notice of what the terminal and people say to the program. What is ignored stays so
 * over an exec; the first process inside sets it right for the program.
 */
const ENTER = `trap "" HUP INT QUIT TERM TSTP TTIN TTOU USR1 USR2
n=$1; shift
while [ "$n" -gt 0 ]; do echo 0 > "$1" || exit 125; shift; n=$((n - 1)); done
exec "$@"`

/** Nothing of the program's own environment steers what runs outside. */
const OWN = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL: "C" }

/** What bubblewrap has said, as reason and remedy. */
export function whyNot(said: string): WhyNot {
	if (/new namespace|uid map|user namespace|No permissions/i.test(said))
		return {
			reason: "This system does not let its users make namespaces, so there are no sandboxes.",
			remedy:
				"On Ubuntu 24.04 and later: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap that allows userns. Elsewhere: sudo sysctl -w kernel.unprivileged_userns_clone=1 or user.max_user_namespaces=15000. In a container, it must allow them.",
		}
	if (/mount proc|mounting proc/i.test(said))
		return {
			reason: "This system does not let its users mount /proc, as in a container that hides parts of it.",
			remedy: "Run the container with --security-opt systempaths=unconfined, or run Homeport outside of it.",
		}
	const last = said.trim().split("\n").at(-1)?.replace(/\.$/, "")
	return {
		reason: last ? `The sandbox could not be made: ${last}.` : "The sandbox could not be made.",
		remedy: "`homeport substrates --again` tries it out and says more.",
	}
}
