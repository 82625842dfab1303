// What a sandbox is given: folders refused with reason and remedy, bubblewrap's arguments, Seatbelt's profile.
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import type { Contained } from "../../connector/substrates/contained.ts"
import { whyNot } from "../../connector/substrates/sandbox/bubblewrap.ts"
import {
	bubblewrapArguments,
	type Facts,
	firstProcess,
	type Inside,
} from "../../connector/substrates/sandbox/policy.ts"
import { refuseMount, refusePlace, refuseWorkingFolder } from "../../connector/substrates/sandbox/rules.ts"
import { sandbox } from "../../connector/substrates/sandbox/sandbox.ts"
import { seatbeltProfile } from "../../connector/substrates/sandbox/seatbelt.ts"
import { newSessionId } from "../../protocol/ids.ts"

const own = {
	homes: ["/home/ada"],
	dataDir: "/home/ada/.local/share/homeport",
	workDir: "/home/ada/.local/share/homeport/work/ses_1",
}

describe("a working directory", () => {
	test.each([
		...[
			"/",
			"/home",
			"/home/ada",
			"/tmp",
			"/var",
			"/etc",
			"/etc/nginx",
			"/usr/local",
			"/bin",
			"/dev/shm",
			"/proc/1",
			"/run/user",
		],
		...[
			"/home/ada/.ssh",
			"/home/ada/.ssh/x",
			"/home/ada/.config/systemd/user",
			"/home/ada/.claude",
			"/home/ada/.local/bin",
		],
		...[own.dataDir, `${own.dataDir}/sessions`, `${own.dataDir}/work/ses_2`, "/home/ada/.local"],
	])("[SES3] %s is refused with a reason and a remedy", (folder) => {
		const refusal = { code: "substrate_unavailable", detail: expect.stringMatching(/^.+\. .+\.$/) }
		expect(() => refuseWorkingFolder(folder, own)).toThrow(expect.objectContaining(refusal))
	})

	test.each([
		"/home/ada/code",
		"/home/ada/.dotfiles",
		"/srv/app",
		"/tmp/x",
		"/opt/app",
		"/home/adam",
		own.workDir,
		`${own.workDir}/app`,
	])("%s is taken", (folder) => expect(() => refuseWorkingFolder(folder, own)).not.toThrow())

	test("[SES3] a link to the home directory is the home directory", async () => {
		const folder = realpathSync(mkdtempSync(join(tmpdir(), "homeport-policy-")))
		onTestFinished(() => rmSync(folder, { recursive: true }))
		symlinkSync(homedir(), join(folder, "link"))
		const session = newSessionId()
		const contained: Contained = {
			...{
				session,
				name: "x",
				runtime: "custom",
				substrate: "sandbox",
				argv: ["/bin/sh"],
				mounts: [],
				configuration: [],
			},
			...{ cwd: join(folder, "link"), workingFolder: join(folder, "link"), network: { is: "none" }, limits: {} },
			...{ image: null, vm: null, loadout: null, dataDir: folder, folder: join(folder, "sessions", session) },
			own: { PATH: process.env.PATH ?? "", HOME: homedir() },
		}
		await expect(sandbox.check(contained)).rejects.toMatchObject({ code: "substrate_unavailable" })
		await expect(
			sandbox.check({ ...contained, cwd: null, workingFolder: null, image: "debian" }),
		).rejects.toMatchObject({
			detail: expect.stringContaining("--substrate container"),
		})
	})
})

test("[SES3] a mount uncovers neither the home, the data folder nor what steers the machine", () => {
	for (const path of [
		"/",
		"/home",
		"/home/ada",
		"/run/docker.sock",
		"/proc",
		"/sys",
		"/dev/sda",
		own.dataDir,
		`${own.dataDir}/machine.json`,
	])
		for (const isWritable of [false, true]) expect(() => refuseMount(path, isWritable, own)).toThrow()
	expect(() => refuseMount("/home/ada/.ssh", true, own)).toThrow()
	expect(() => refuseMount("/home/ada/reference", false, own)).not.toThrow()
	for (const at of ["/proc/x", "/dev", "/etc/passwd", "/run/homeport/init"]) expect(() => refusePlace(at)).toThrow()
})

const facts: Facts = {
	...{ user: { uid: 1000, gid: 1000 }, isRoot: false, home: "/home/ada" },
	privates: [
		{ is: "mount", at: "/home/ada", from: "/data/home", isWritable: true },
		{ is: "mount", at: "/tmp", from: "/data/tmp", isWritable: true },
	],
	entries: [
		{ is: "mount", at: "/usr", from: "/usr", isWritable: false },
		{ is: "link", at: "/bin", to: "usr/bin" },
		{ is: "mount", at: "/home/ada/code/app", from: "/home/ada/code/app", isWritable: true },
		{ is: "mount", at: "/home/ada/.nvm", from: "/home/ada/.nvm", isWritable: false },
	],
	...{
		covered: [],
		init: "/x/init",
		control: "/x/control",
		gate: null,
		setpriv: "/usr/bin/setpriv",
		unshare: "/usr/bin/unshare",
	},
}
const contained = { network: { is: "none" }, limits: {} } as Contained
const inside: Inside = {
	argv: ["agent", "--", "-x"],
	cwd: "/home/ada/code/app",
	environment: { KEY: "a=b c" },
	isOffline: false,
}

describe("bubblewrap's arguments", () => {
	const words = (change: Partial<Facts> = {}, of: Partial<Contained> = {}, what: Partial<Inside> = {}) =>
		bubblewrapArguments({ ...contained, ...of }, { ...facts, ...change }, { ...inside, ...what }).join(" ")

	test("show what holds a place before the place, and pin what is between", () => {
		const all = words()
		const order = [
			"--bind /data/home /home/ada ",
			"--bind /data/home/code /home/ada/code ",
			"--bind /home/ada/code/app /home/ada/code/app ",
		]
		const places = order.map((word) => all.indexOf(word))
		expect(places).not.toContain(-1)
		expect(places).toEqual(places.toSorted((one, other) => one - other))
		expect(all).toContain("--ro-bind /home/ada/.nvm /home/ada/.nvm ")
		expect(all).toContain("--ro-bind /usr /usr")
		expect(all.indexOf("--remount-ro / ")).toBeGreaterThan(Math.max(...places))
	})

	test("[SES3] take away namespaces, capabilities, the environment, and the network unless it is all of it", () => {
		for (const word of [
			"--unshare-user",
			"--unshare-pid",
			"--unshare-ipc",
			"--unshare-uts",
			"--unshare-cgroup-try",
			"--cap-drop ALL",
			"--clearenv",
			"--die-with-parent",
			"--unshare-net",
		])
			expect(words()).toContain(word)
		expect(words({}, { network: { is: "allow-list", hosts: ["a.b"] } })).toContain("--unshare-net")
		expect(words({}, { network: { is: "full" } })).not.toContain("--unshare-net")
		expect(words({}, { network: { is: "full" } }, { isOffline: true })).toContain("--unshare-net")
		expect(words()).not.toContain("--new-session")
	})

	test("cover for root what only its owner's id protects", () => {
		const all = words({ user: { uid: 0, gid: 0 }, isRoot: true, covered: ["/proc/sys"] })
		expect(all).toContain("--ro-bind /proc/sys /proc/sys")
		expect(all.indexOf("--proc /proc")).toBeLessThan(all.indexOf("--ro-bind /proc/sys"))
	})

	test("hold the environment, which the command line does not", () => {
		expect(words()).toContain("--setenv KEY a=b c")
		expect(firstProcess(contained, facts, inside).join(" ")).not.toContain("KEY")
	})

	test("[SES3] the first process is given the limits that it keeps, the gate, and the program's own words", () => {
		const limits = { processes: 10, disk: 1000 }
		expect(firstProcess({ ...contained, limits }, { ...facts, gate: "/x/gate" }, inside)).toEqual([
			...["/run/homeport/init", "--control", "/run/homeport/control", "--limit", "core=0", "--limit", "fsize=1000"],
			...["--limit", "nproc=13", "--forward", "3128=/run/homeport/gate", "--", "agent", "--", "-x"],
		])
		const [program, ...rest] = firstProcess(contained, { ...facts, isRoot: true, user: { uid: 5, gid: 6 } }, inside)
		expect(program).toBe("/usr/bin/setpriv")
		expect(rest.slice(0, 5)).toEqual(["--reuid", "5", "--regid", "6", "--clear-groups"])
	})
})

test("what bubblewrap says becomes a reason and a remedy", () => {
	expect(whyNot("bwrap: setting up uid map: Permission denied").remedy).toContain(
		"apparmor_restrict_unprivileged_userns",
	)
	expect(whyNot("bwrap: No permissions to create new namespace, likely because…").remedy).toContain(
		"unprivileged_userns_clone",
	)
	expect(whyNot("bwrap: Can't mount proc on /newroot/proc: Operation not permitted").remedy).toContain("systempaths")
	expect(whyNot("bwrap: Something else.").reason).toContain("Something else.")
})

test("Seatbelt's profile refuses by default, hides before it allows, and takes a path for nothing but a path", () => {
	const profile = seatbeltProfile({
		writable: ["/Users/ada/code/app", '/tmp/a "b"\\c'],
		readable: ["/Users/ada/.nvm"],
		hidden: ["/Users/ada", "/data"],
		network: "none",
	})
	expect(profile.startsWith("(version 1)\n(deny default)\n")).toBe(true)
	const hides = profile.indexOf('(deny file-read* file-write* (subpath "/Library/Keychains")')
	expect(hides).toBeGreaterThan(profile.indexOf('(subpath "/usr")'))
	expect(profile.slice(hides)).toContain('(subpath "/Users/ada") (subpath "/data"))')
	expect(profile.indexOf('(allow file-read* file-write* (subpath "/Users/ada/code/app")')).toBeGreaterThan(hides)
	expect(profile.indexOf('(allow file-read* (subpath "/Users/ada/.nvm"))')).toBeGreaterThan(hides)
	expect(profile).toContain('(subpath "/tmp/a \\"b\\"\\\\c")')
	expect(profile).toContain('(literal "/Users/ada/code")')
	expect(profile).not.toContain("network")
	expect(seatbeltProfile({ writable: [], readable: [], hidden: [], network: "full" })).toContain(
		"(allow network* system-socket)",
	)
	for (const line of profile.split("\n"))
		expect((line.match(/\(/g) ?? []).length).toBe((line.match(/\)/g) ?? []).length)
})
