// `homeport upgrade`: brings this connector to the version of the home that it calls. Sessions go on.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { homedir } from "node:os"
import { join } from "node:path"
import { signedOut } from "../credentials.ts"
import type { DataFolder } from "../data-folder.ts"
import { Failure } from "../exit.ts"
import { mustBeEnrolled } from "../identity.ts"
import { CLONE, typed } from "../invocation.ts"
import { isServiceInstalled } from "../service/service.ts"
import { action, verb } from "../verb.ts"
import { VERSION } from "../version.ts"

export function upgrade() {
	return verb("upgrade", {
		summary: "bring this connector to the version of its home",
		description:
			"It is fetched from the home that this machine calls, as it was when it was installed. Sessions go on: each has a process of its own, which keeps its version until it ends.",
		examples: [["homeport upgrade", "fetch it, and restart the service where there is one"]],
	}).action(
		action(async ({ folder, out }) => {
			if (CLONE !== undefined)
				throw new Failure("unsupported", "This runs from a clone: upgrade it with `git pull`, then `npm start`.")
			const identity = await mustBeEnrolled(folder.identity)
			const { version } = await signedOut(identity.url)("health")
			if (version === VERSION)
				return out.result({ version, from: VERSION, restarted: false }, () => `This is ${version} already.`)
			const script = await fetch(`${identity.url}/install`)
			if (!script.ok) throw new Failure("no_answer", `${identity.url} has no connector to install (${script.status}).`)
			await runShell(await script.text(), out.note)
			const restarted = isServiceInstalled()
			if (restarted) await restart(folder)
			out.result({ version, from: VERSION, restarted }, () =>
				restarted
					? `Upgraded from ${VERSION} to ${version}. The service runs it.`
					: `Upgraded from ${VERSION} to ${version}. Stop \`${typed("connect")}\` where it runs, and start it again.`,
			)
		}),
	)
}

async function runShell(script: string, note: (line: string) => void): Promise<void> {
	const shell = spawn("sh", ["-s"], { stdio: ["pipe", "pipe", "inherit"] })
	shell.stdout.on("data", (said: Buffer) => note(said.toString().trimEnd()))
	shell.stdin.end(script)
	const [code] = await once(shell, "close")
	if (code !== 0) throw new Failure("not_installed", "The install script failed; the old version is still in place.")
}

/** The new version writes the service anew, since that names the program's file. */
async function restart(folder: DataFolder): Promise<void> {
	const program = join(homedir(), ".local/bin/homeport")
	const args = ["connect", "--service", "--data-dir", folder.path]
	const [code] = await once(spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] }), "close")
	if (code !== 0)
		throw new Failure("service", `The new version is installed, but \`${program} ${args.join(" ")}\` failed.`)
}
