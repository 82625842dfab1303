// OpenSSH's server on loopback, with keys of its own, as in a VM.
import { execFileSync, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import type { Reach } from "../../connector/substrates/vm/vms.ts"

export interface Sshd {
	reach: Reach
	folder: string
	/** Ends the server and every connection to it. */
	stop(): Promise<void>
}

export async function startSshd(): Promise<Sshd> {
	const folder = mkdtempSync(join(tmpdir(), "homeport-sshd-"))
	const host = makeKey(folder, "host")
	makeKey(folder, "own")
	const port = await freePort()
	const config = join(folder, "config")
	const lines = [
		...[`Port ${port}`, "ListenAddress 127.0.0.1", `HostKey ${join(folder, "host")}`, "PidFile none", "UsePAM no"],
		...[`AuthorizedKeysFile ${join(folder, "own.pub")}`, "StrictModes no", "PasswordAuthentication no"],
		...["PermitRootLogin prohibit-password", "Subsystem sftp internal-sftp", "MaxSessions 1000", ""],
	]
	writeFileSync(config, lines.join("\n"))
	// Where it runs as root, it gives up its rights there.
	if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true })
	const sshd = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", config], {
		stdio: ["ignore", "ignore", "pipe"],
		detached: true,
	})
	await new Promise<void>((resolve, reject) => {
		let said = ""
		sshd.stderr.on("data", (bytes: Buffer) => {
			said += bytes
			if (said.includes("listening")) resolve()
		})
		sshd.once("exit", () => reject(new Error(`sshd ended: ${said}`)))
	})
	const ended = new Promise((resolve) => sshd.once("exit", resolve))
	return {
		folder,
		reach: { port, hostKey: host, privateKey: join(folder, "own"), user: userInfo().username },
		async stop() {
			if (sshd.pid !== undefined) process.kill(-sshd.pid, "SIGKILL")
			await ended
			rmSync(folder, { recursive: true, force: true })
		},
	}
}

/** Answers the public half. */
export function makeKey(folder: string, name: string): string {
	execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(folder, name)])
	return readFileSync(join(folder, `${name}.pub`), "utf8").trim()
}

export function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const address = server.address()
			server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
		})
	})
}
