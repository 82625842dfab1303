// Containers by rootless Podman, for a user of the tests' own, where the machine has Podman and lets root make one.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { isOnPath } from "../../tools/system-tools.ts"
import { until } from "../support/until.ts"

const CONTAINER = join(import.meta.dirname, "../../connector/substrates/container/container.ts")
const isRoot = process.getuid?.() === 0
const hasPodman = ["podman", "runc", "newuidmap", "slirp4netns", "useradd"].every((program) => isOnPath(program))
/** The programs of this clone have to be in anybody's reach. */
const isReadable =
	isRoot && spawnSync("setpriv", ["--reuid", "65534", "--clear-groups", "test", "-r", CONTAINER]).status === 0

describe.runIf(isRoot && hasPodman && isReadable)("rootless Podman", () => {
	const user = `homeport-${randomBytes(3).toString("hex")}`
	let folder: string
	let service: ChildProcess
	let uid: number

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "homeport-podman-"))
		execFileSync("useradd", ["--no-create-home", "--home-dir", folder, user])
		uid = Number(execFileSync("id", ["-u", user], { encoding: "utf8" }))
		chownSync(folder, uid, uid)
		const socket = join(folder, "podman.sock")
		// Whatever the machine's own Podman would choose: this works on all kinds of control groups and file systems.
		const kind = ["--runtime", "runc", "--cgroup-manager", "cgroupfs", "--storage-driver", "vfs"]
		const place = ["--root", join(folder, "root"), "--runroot", join(folder, "run")]
		service = as("podman", [...kind, ...place, "system", "service", "--time", "0", `unix://${socket}`])
		await until("Podman listens", async () => existsSync(socket), 60_000)
	}, 90_000)

	afterAll(async () => {
		const exit = once(service, "exit")
		service.kill()
		await exit
		// What Podman has made belongs to others than the user, as users outside see it.
		rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
		spawnSync("pkill", ["-KILL", "-u", String(uid)])
		execFileSync("userdel", [user])
	}, 60_000)

	function as(program: string, args: string[]): ChildProcess {
		const who = ["--reuid", user, "--regid", user, "--init-groups", "--"]
		const env = {
			PATH: process.env.PATH,
			HOME: folder,
			XDG_RUNTIME_DIR: folder,
			TMPDIR: folder,
			DOCKER_HOST: `unix://${folder}/podman.sock`,
		}
		return spawn("setpriv", [...who, program, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "ignore"] })
	}

	test("[SES3] a plain user has containers, held in, with every network", async () => {
		const script = `import { container } from ${JSON.stringify(CONTAINER)}
			console.log(JSON.stringify(await container.probe(${JSON.stringify(folder)})))`
		const probe = as(process.execPath, ["--input-type=module", "-e", script])
		let said = ""
		probe.stdout?.on("data", (bytes: Buffer) => {
			said += bytes
		})
		await once(probe, "close")
		expect(JSON.parse(said)).toMatchObject({
			...{ is: "ready", by: expect.stringMatching(/^Podman .* \(rootless\)$/) },
			networks: ["full", "none", "allow-list"],
		})
	})
})
