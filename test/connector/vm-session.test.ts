// Sessions in a VM of our own image: its program on a terminal there, exactly, and nothing of it left when it has ended.
import { execFileSync } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { readdirSync, readFileSync, symlinkSync, truncateSync } from "node:fs"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Writable } from "node:stream"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { onlyOne } from "../../connector/only-link.ts"
import type { Contained } from "../../connector/substrates/contained.ts"
import { Lost, type Running } from "../../connector/substrates/substrate.ts"
import { type Door, openDoor } from "../../connector/substrates/vm/keeper/door.ts"
import { Keeper } from "../../connector/substrates/vm/keeper/keeper.ts"
import { processorSeconds, readPid } from "../../connector/substrates/vm/own-process.ts"
import { vmPaths } from "../../connector/substrates/vm/record.ts"
import { upload, vm } from "../../connector/substrates/vm/vm.ts"
import { Vms } from "../../connector/substrates/vm/vms.ts"
import { newSessionId } from "../../protocol/ids.ts"
import { until } from "../support/until.ts"
import { withVmImage } from "../support/vm-image.ts"

/** A machine that emulates processors, and does something else beside, is slow. */
const SLOW_MS = 240_000
const PATIENCE_MS = 60_000
const MIB = 1024 * 1024

let dataDir: string
let vms: Vms
/** Its VM is its own; the others run in that, too. */
let first: Contained
let name: string
/** Of the keeper that a test has taken the place of. */
let door: Door | undefined

beforeAll(async () => {
	dataDir = await mkdtemp(join(tmpdir(), "homeport-vm-session-"))
	await withVmImage(dataDir)
	vms = new Vms(dataDir)
	first = { ...contained(["sh"]), vm: null, limits: { processes: 100, memory: 300 * MIB } }
	name = vms.sessionVm(first).name
}, 600_000)
afterAll(async () => {
	for (const { name } of await vms.list()) await vms.do(name, { verb: "destroy" })
	door?.close()
	await rm(dataDir, { recursive: true, force: true })
}, 60_000)

function contained(argv: string[]): Contained {
	const id = newSessionId()
	return {
		...{ session: id, name: "it", runtime: "custom", substrate: "vm", argv, cwd: null, workingFolder: null },
		...{ network: { is: "full" }, limits: {}, image: null, vm: name, loadout: null, mounts: [], configuration: [] },
		...{ dataDir, folder: join(dataDir, "sessions", id), own: {} },
	}
}

const sh = (script: string) => contained(["sh", "-c", script])

interface Opened {
	running: Running
	said: string[]
	/** All of its output so far. */
	output(): Buffer
	shows(text: string): Promise<void>
	type(bytes: string | Buffer): Promise<void>
}

async function enter(contained: Contained, environment: Record<string, string> = {}): Promise<Opened> {
	const chunks: Buffer[] = []
	const said: string[] = []
	let take: ((bytes: Buffer) => Promise<void> | void) | undefined
	const output = new Writable({
		write(chunk, _encoding, done) {
			chunks.push(chunk)
			done()
		},
	})
	const running = await vm.enter(contained, environment, {
		...{ say: (line) => void said.push(line), progress: (line) => void said.push(line), cols: 81, rows: 25, output },
		input: (taken) => {
			take = taken
		},
	})
	const all = () => Buffer.concat(chunks)
	return {
		...{ running, said, output: all },
		shows: (text) => until(`it shows ${text}, not ${all()}`, async () => all().includes(text), PATIENCE_MS),
		type: async (bytes) => take?.(Buffer.from(bytes)),
	}
}

/** Of a session of its own in the VM, which runs to its end. */
async function run(script: string): Promise<{ ended: unknown; output: string; said: string[] }> {
	const { running, output, said } = await enter(sh(script))
	return { ended: await running.ended, output: output().toString(), said }
}

const sha = (of: string | Buffer) => createHash("sha256").update(of).digest("hex")

test("[SES4] what a VM cannot give is refused before there is one", async () => {
	const refused = (change: Partial<Contained>) =>
		expect(vm.check({ ...first, ...change })).rejects.toMatchObject({ code: "substrate_unavailable" })
	await refused({ vm: "missing" })
	await refused({ image: "missing" })
	await refused({ limits: { cpus: 0.5 } })
	await refused({ limits: { disk: 16 * MIB } })
	await refused({ mounts: [{ path: "/tmp", writable: false }] })
	await vm.check(first)
	expect(await vms.list()).toEqual([])
	await vm.kill(first)
	await vm.remove(first)
	expect(await vm.used(first)).toBeNull()
	await expect(vm.exec(first, { argv: ["true"], timeoutMs: 1_000 })).rejects.toMatchObject({ code: "not_found" })
})

test(
	"[SES3] a session's own VM is made for it, and its program gets words and variables as they are",
	async () => {
		const words = ["", "a b", "--", "'\"\\$`", "new\nline", "é中😀"]
		const show = 'printf "%s\\0" "$@" | sha256sum; printf %s "$A" | sha256sum; tty; stty size; echo $TERM; pwd; exit 7'
		const it = await enter({ ...first, argv: ["sh", "-c", show, "sh", ...words] }, { A: words.join("\n") })
		expect(await it.running.ended).toEqual({ code: 7, signal: null })
		expect(it.said[0]).toContain(name)
		const [argv, variable, tty, size, term, cwd] = it.output().toString().split("\r\n")
		expect(argv).toContain(sha(words.map((word) => `${word}\0`).join("")))
		expect(variable).toContain(sha(words.join("\n")))
		expect([tty, size, term, cwd]).toEqual(["/dev/pts/0", "25 81", "xterm-256color", "/home/agent"])
	},
	SLOW_MS,
)

describe("a program", () => {
	test(
		"[SES2] that exits with 137 and one that SIGKILL ends are told apart",
		async () => {
			expect((await run("exit 137")).ended).toEqual({ code: 137, signal: null })
			expect((await run("kill -9 $$")).ended).toEqual({ code: null, signal: "SIGKILL" })
		},
		SLOW_MS,
	)

	test(
		"[SES4] that is not there, or whose directory is not there, is refused",
		async () => {
			await expect(enter(contained(["no-such-program"]))).rejects.toMatchObject({ code: "program_missing" })
			await expect(enter({ ...sh("true"), cwd: "/missing" })).rejects.toMatchObject({ code: "directory_missing" })
			const left = await vm.exec(sh("true"), {
				argv: ["sh", "-c", "ls /dev/shm; ls /sys/fs/cgroup/homeport"],
				timeoutMs: PATIENCE_MS,
			})
			expect(left.output.toString()).not.toMatch(/homeport-|ses_/)
		},
		SLOW_MS,
	)

	test(
		"[OUT1] writes millions of bytes, and the last of them come before its end",
		async () => {
			const { output, ended } = await run("stty -opost; seq 1 400000; printf end")
			expect(ended).toEqual({ code: 0, signal: null })
			expect(sha(output)).toBe(sha(`${Array.from({ length: 400_000 }, (_, index) => `${index + 1}\n`).join("")}end`))
		},
		SLOW_MS,
	)

	test(
		"[INP1] gets a large paste whole, takes Ctrl-C and another size",
		async () => {
			const it = await enter(
				sh("stty raw -echo; echo ready; head -c 1000000 | sha256sum; stty sane; echo sane; cat; stty size"),
			)
			await it.shows("ready")
			const paste = randomBytes(1_000_000)
			for (let at = 0; at < paste.length; at += 65_536) await it.type(paste.subarray(at, at + 65_536))
			await it.shows(sha(paste))
			await it.shows("sane")
			await it.type("hello\r")
			await it.shows("hello\r\nhello")
			it.running.resize?.(100, 40)
			await it.type("\x04")
			expect(await it.running.ended).toEqual({ code: 0, signal: null })
			expect(it.output().toString()).toContain("40 100")
			const other = await enter(sh("echo ready; sleep 1000"))
			await other.shows("ready")
			await other.type("\x03")
			expect(await other.running.ended).toEqual({ code: null, signal: "SIGINT" })
		},
		SLOW_MS,
	)

	test(
		"[SES1] goes on after its VM was paused, and no key that was pressed meanwhile is lost or doubled",
		async () => {
			const it = await enter(contained(["cat"]))
			await it.type("before\r")
			await it.shows("before\r\nbefore")
			await vms.do(name, { verb: "pause" })
			const length = it.output().length
			await it.type("meanwhile\r")
			expect(it.output()).toHaveLength(length)
			await vms.do(name, { verb: "resume" })
			await it.shows("meanwhile\r\nmeanwhile\r\n")
			await it.type("\x04")
			await it.running.ended
			expect(it.output().toString()).toBe("before\r\nbefore\r\nmeanwhile\r\nmeanwhile\r\n")
		},
		SLOW_MS,
	)
})

describe("all processes of a session", () => {
	const LEAVES = "(setsid sleep 1001 &); (sudo setsid sleep 1002 &); (env -i setsid sleep 1003 &); nohup sleep 1004 &"
	const left = async () => {
		const words = ["sh", "-c", "ps -eo args | grep '[s]leep 100' | sort"]
		return (await vm.exec(sh("true"), { argv: words, timeoutMs: PATIENCE_MS })).output.toString()
	}

	test(
		"[SES1] end with its program",
		async () => {
			expect((await run(`${LEAVES} sleep 2; exit 3`)).ended).toEqual({ code: 3, signal: null })
			expect(await left()).toBe("")
		},
		SLOW_MS,
	)

	test(
		"[SES1] are counted, and killed by whoever asks for it",
		async () => {
			const own = sh(`${LEAVES} echo ready; sleep 1000`)
			const it = await enter(own)
			await it.shows("ready")
			await until("they are there", async () => ((await vm.used(own))?.processes ?? 0) >= 6, PATIENCE_MS)
			expect(await vm.used(own)).toMatchObject({ seconds: expect.any(Number), memory: expect.any(Number) })
			await vm.kill(own)
			expect(await it.running.ended).toEqual({ code: null, signal: "SIGKILL" })
			expect([await left(), await vm.used(own)]).toEqual(["", null])
			await vm.kill(own)
		},
		SLOW_MS,
	)

	test(
		"[SES1] get its signals, stopped ones too",
		async () => {
			const it = await enter(
				sh("trap 'echo usr1' USR1; trap 'echo term; exit 4' TERM; echo ready; while :; do sleep 1; done"),
			)
			await it.shows("ready")
			await it.running.signal("SIGUSR1")
			await it.shows("usr1")
			await it.running.signal("SIGSTOP")
			await it.running.signal("SIGTERM")
			expect(await it.running.ended).toEqual({ code: 4, signal: null })
			const other = await enter(sh("trap '' TERM; echo ready; sleep 1000; sleep 1000"))
			await other.shows("ready")
			await other.running.signal("SIGKILL")
			expect(await other.running.ended).toEqual({ code: null, signal: "SIGKILL" })
		},
		SLOW_MS,
	)

	test(
		"[SES4] are held to its limits while a neighbour answers",
		async () => {
			// One of a shell dies out: a shell that cannot fork ends.
			const forks = "$| = 1; print qq(ready\\n); while (1) { my $p = fork; sleep 1000 if defined $p && !$p }"
			const bomb = await enter({ ...first, argv: ["perl", "-e", forks] })
			await bomb.shows("ready")
			const neighbour = await enter(contained(["cat"]))
			await until("it is full", async () => ((await vm.used(first))?.processes ?? 0) > 80, PATIENCE_MS)
			await neighbour.type("there\r")
			await neighbour.shows("there\r\nthere")
			expect((await vm.used(first))?.processes).toBeLessThanOrEqual(100)
			await vm.kill(first)
			await bomb.running.ended
			expect(await vm.used(first)).toBeNull()
			const hog = await enter({ ...first, argv: ["sh", "-c", `perl -e '$x = "x" x 4e8'; echo $?`] })
			// Ended by SIGKILL, as its group's limit does.
			await hog.shows("137")
			await neighbour.type("\x04")
			expect(await neighbour.running.ended).toEqual({ code: 0, signal: null })
		},
		SLOW_MS,
	)
})

test(
	"files go in and out, and a folder comes with what is in it",
	async () => {
		const it = { ...sh("true"), cwd: "~/work" }
		const folder = join(dataDir, "from")
		await mkdir(folder)
		await writeFile(join(folder, "näme"), "text")
		await upload(it, folder, "work", () => {})
		expect((await vm.read(it, "näme", 1, 100)).bytes.toString()).toBe("ext")
		const bytes = randomBytes(700_000)
		await vm.write(it, "part", 0, bytes.subarray(0, 400_000))
		await vm.write(it, "part", 400_000, bytes.subarray(400_000), "näme")
		const { output } = await vm.exec(it, { argv: ["sha256sum", "näme"], timeoutMs: PATIENCE_MS, isOffline: true })
		expect(output.toString()).toContain(sha(bytes))
		await expect(vm.read(it, "part", 0, 10)).rejects.toMatchObject({ code: "not_found" })
	},
	SLOW_MS,
)

test(
	"[SES4] the share is in the VM as it was when the last session began, and its user cannot write there",
	async () => {
		const share = join(dataDir, "share")
		await mkdir(join(share, "-deep"), { recursive: true })
		await writeFile(join(share, "-deep", "new\nline"), "one", { mode: 0o700 })
		symlinkSync("/etc/hostname", join(share, "link"))
		execFileSync("mkfifo", [join(share, "pipe")])
		const show =
			'cd /srv/homeport/share/ && find . | LC_ALL=C sort | tr "\\n" " "; cat ./-deep/*; readlink link; stat -c "%U %a" ./-deep/*; >x || >-deep/new || rm -f link || echo refused'
		const first = await run(show)
		expect(first.output).toContain(". ./-deep ./-deep/new ./link line one/etc/hostname\r\nroot 755\r\n")
		expect(first.output).toMatch(/refused\r\n$/)
		expect(first.said.join()).toContain("Copying the share")
		expect((await run("true")).said.join()).not.toContain("share")
		await writeFile(join(share, "-deep", "new\nline"), "two")
		await rm(join(share, "link"))
		expect(
			(await run("cat /srv/homeport/share/-deep/*; ls -A /srv/homeport/share/ /srv/homeport/.shares | wc -l")).output,
		).toBe("two5\r\n")
		await writeFile(join(share, "large"), "")
		truncateSync(join(share, "large"), 2 * 1024 * MIB)
		const large = await run("ls /srv/homeport/share/")
		expect([large.output, large.said.join()]).toEqual(["-deep\r\n", expect.stringContaining("more than 1 GiB")])
		await rm(share, { recursive: true })
		expect((await run("ls -A /srv/homeport")).output).toBe("")
	},
	SLOW_MS,
)

test(
	"[SES4] what is in a session's inbox comes in with it, and what is in its outbox comes out, though it was killed",
	async () => {
		const own = sh(
			'cat "$HOMEPORT_INBOX/in/file"; mkdir "$HOMEPORT_OUTBOX/deep"; cd "$HOMEPORT_OUTBOX/deep"; head -c 3000000 /dev/zero >zeros; ln -s /etc/passwd link; echo ready; sleep 1000',
		)
		const here = join(dataDir, "exchange", own.session)
		await mkdir(join(here, "inbox/in"), { recursive: true })
		await writeFile(join(here, "inbox/in/file"), "from the machine\n")
		const it = await enter(own)
		await it.shows("from the machine\r\nready")
		await it.running.signal("SIGKILL")
		expect(await it.running.ended).toEqual({ code: null, signal: "SIGKILL" })
		expect(readFileSync(join(here, "outbox/deep/zeros")).equals(Buffer.alloc(3_000_000))).toBe(true)
		expect([readdirSync(join(here, "outbox/deep")), readdirSync(here)]).toEqual([["zeros"], ["inbox", "outbox"]])
		expect(it.said.join()).toMatch(/Copying .*inbox.*One file.*Not all.*1 of its entries/)
		// Of a session whose warden has died, too.
		const other = sh("cd $HOMEPORT_OUTBOX; echo text >file; echo ready; sleep 1000")
		const orphan = await enter(other)
		await orphan.shows("ready")
		await vm.kill(other)
		await orphan.running.ended
		expect(readFileSync(join(dataDir, "exchange", other.session, "outbox/file"), "utf8")).toBe("text\n")
		for (const forgotten of [own, other]) await vm.remove(forgotten)
		expect(readdirSync(join(dataDir, "exchange"))).not.toContain(own.session)
		expect((await run("ls ~/exchange")).output).not.toContain(own.session)
	},
	SLOW_MS,
)

test(
	"[SES1] a VM in which nothing works is paused, and goes on by a key, which is neither lost nor doubled, or by a session",
	async () => {
		const it = await enter(contained(["cat"]))
		const busy = await enter(sh("echo ready; while :; do :; done"))
		await busy.shows("ready")
		// The keeper's place is taken, for its clock.
		const paths = vmPaths(dataDir, name)
		const processes = execFileSync("ps", ["-eo", "pid,args"]).toString()
		const row = processes.split("\n").find((row) => row.includes("keeper") && row.includes(`${dataDir} ${name}`))
		process.kill(Number.parseInt(row ?? "", 10), "SIGKILL")
		await onlyOne(paths.folder, "keeping", () => {}, new AbortController().signal)
		let now = Date.now()
		const keeper = await Keeper.open(dataDir, name, () => now)
		if (keeper === undefined) throw new Error("There is no VM.")
		door = openDoor(paths.keeperSocket, keeper)
		await until("it is up", async () => keeper.vm?.state.is === "running", PATIENCE_MS)
		const minutes = (count: number) => {
			now += count * 60_000
			return keeper.look()
		}
		const seconds = () => processorSeconds(readPid(paths.process))

		// A program that computes says nothing, and works.
		await minutes(29)
		const before = seconds()
		await until("it has computed", async () => seconds() - before > 5, PATIENCE_MS)
		await minutes(0.27)
		await minutes(29)
		expect(keeper.vm?.state).toMatchObject({ is: "running" })
		await busy.running.signal("SIGKILL")
		await busy.running.ended
		// To look at what it uses is no work.
		await minutes(29)
		await vm.used(first)
		await minutes(2)
		expect(keeper.vm?.state).toMatchObject({ is: "paused", because: "idle" })
		await it.type("a key\r")
		await it.shows("a key\r\na key\r\n")
		expect(keeper.vm?.state).toMatchObject({ is: "running" })

		await minutes(31)
		expect(keeper.vm?.state).toMatchObject({ is: "paused", because: "idle" })
		expect(await run("echo second")).toMatchObject({ ended: { code: 0 }, output: "second\r\n" })
		expect(keeper.vm?.state).toMatchObject({ is: "running" })
		await it.type("\x04")
		await it.running.ended
		expect(it.output().toString()).toBe("a key\r\na key\r\n")
	},
	SLOW_MS,
)

test(
	"[SES4] what is asked of a VM that others have, too, must be what it has",
	async () => {
		const refused = (change: Partial<Contained>) =>
			expect(vm.check({ ...sh("true"), ...change })).rejects.toMatchObject({ code: "substrate_unavailable" })
		await refused({ limits: { memory: 64 * MIB } })
		await refused({ network: { is: "none" } })
		await refused({ loadout: "other" })
		await vm.check(sh("true"))
	},
	SLOW_MS,
)

test(
	"[SES2] a program whose VM is gone is lost, and says how; a forgotten session leaves no VM",
	async () => {
		const panics = await enter(sh("sudo sh -c 'echo c >/proc/sysrq-trigger'"))
		await expect(panics.running.ended).rejects.toThrow(
			new Lost(`The VM ${name} crashed and was started again: Its kernel panicked: sysrq triggered crash.`),
		)
		const it = await enter(sh("echo ready; sleep 1000"))
		await it.shows("ready")
		const lost = expect(it.running.ended).rejects.toThrow(new Lost(`The VM ${name} was stopped.`))
		await vms.do(name, { verb: "kill" })
		await lost
		await vm.kill(sh("true"))
		await vm.remove(sh("true"))
		expect((await vms.list()).map((vm) => vm.name)).toEqual([name])
		await vm.remove(first)
		expect(await vms.list()).toEqual([])
		await vm.remove(first)
	},
	SLOW_MS,
)
