// The connector as a service: started with the computer, restarted when it dies; sessions outlive both.
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { homedir, userInfo } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import type { DataFolder } from "../data-folder.ts"
import { Failure } from "../exit.ts"
import { shellWord, typedAnywhere } from "../invocation.ts"
import { SELF } from "../self.ts"
import { launchAgent } from "./launch-agent.ts"
import { systemdUnit } from "./systemd-unit.ts"

export interface Installed {
	/** The file that describes the service. */
	path: string
	/** What is left for the person to do or to know. */
	hints: string[]
}

/** Installs and starts it. Doing so again replaces it. Throws Failure where there is no service manager. */
export async function installService(folder: DataFolder): Promise<Installed> {
	const manager = findManager()
	if (manager === undefined) throw new Failure("service", howToLink(folder))
	const command = [process.execPath, SELF, "connect", "--data-dir", folder.path]
	await mkdir(dirname(manager.path), { recursive: true })
	if (manager.is === "launchd") {
		await writeFile(manager.path, launchAgent(LABEL, command, join(folder.logs, "link.log")))
		await quietly("launchctl", ["bootout", `${manager.domain}/${LABEL}`])
		await run("launchctl", ["bootstrap", manager.domain, manager.path])
		return { path: manager.path, hints: [`Its log: ${join(folder.logs, "link.log")}`] }
	}
	await writeFile(manager.path, systemdUnit(command, manager.scope))
	const scope = manager.scope === "user" ? ["--user"] : []
	await run("systemctl", [...scope, "daemon-reload"])
	await run("systemctl", [...scope, "enable", UNIT])
	await run("systemctl", [...scope, "restart", UNIT])
	const hints = [`Its log: journalctl ${[...scope, "-u", UNIT].join(" ")}`]
	if (manager.scope === "user" && !(await quietly("loginctl", ["enable-linger"])))
		hints.push(
			`It stops when you log out. To keep it from then on and after a reboot: sudo loginctl enable-linger ${userInfo().username}`,
		)
	return { path: manager.path, hints }
}

/** Stops and removes it; answers with the file that was removed. Throws Failure where there is none. */
export async function removeService(): Promise<string> {
	const manager = findManager()
	if (manager === undefined)
		throw new Failure("service", "There is neither systemd nor launchd here, and so no service.")
	if (!existsSync(manager.path)) throw new Failure("service", `There is no service (${manager.path}).`)
	if (manager.is === "launchd") await quietly("launchctl", ["bootout", `${manager.domain}/${LABEL}`])
	else await quietly("systemctl", [...(manager.scope === "user" ? ["--user"] : []), "disable", "--now", UNIT])
	await rm(manager.path)
	return manager.path
}

export function isServiceInstalled(): boolean {
	const manager = findManager()
	return manager !== undefined && existsSync(manager.path)
}

const UNIT = "homeport.service"
const LABEL = "dev.homeport.connector"

type Manager =
	| { is: "systemd"; scope: "user" | "system"; path: string }
	| { is: "launchd"; domain: string; path: string }

function findManager(): Manager | undefined {
	const { uid } = userInfo()
	if (process.platform === "darwin") {
		if (uid === 0) return { is: "launchd", domain: "system", path: `/Library/LaunchDaemons/${LABEL}.plist` }
		return { is: "launchd", domain: `gui/${uid}`, path: join(homedir(), "Library/LaunchAgents", `${LABEL}.plist`) }
	}
	// The folder stands only where systemd runs the system, not where its files merely lie about.
	if (existsSync("/run/systemd/system")) {
		if (uid === 0) return { is: "systemd", scope: "system", path: `/etc/systemd/system/${UNIT}` }
		const config = process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config")
		return { is: "systemd", scope: "user", path: join(config, "systemd/user", UNIT) }
	}
	return undefined
}

/** For a machine that is enrolled, and on which nothing keeps programs running. */
function howToLink(folder: DataFolder): string {
	const link = typedAnywhere("connect")
	return [
		"There is neither systemd nor launchd here, so no service was installed, and this machine is not linked yet.",
		"To link it in this terminal, until Ctrl-C:",
		`  ${link}`,
		"To link it in the background, until the computer stops:",
		`  nohup ${link} >>${shellWord(join(folder.logs, "link.log"))} 2>&1 &`,
		"To link it at every start of the computer, have whatever starts programs here run the first of these.",
	].join("\n")
}

async function run(program: string, args: string[]): Promise<void> {
	try {
		await promisify(execFile)(program, args)
	} catch (error) {
		const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error)
		throw new Failure("service", `${program} ${args.join(" ")} failed: ${said}`)
	}
}

/** Whether it worked; where it did not, that is fine. */
async function quietly(program: string, args: string[]): Promise<boolean> {
	return run(program, args).then(
		() => true,
		() => false,
	)
}
