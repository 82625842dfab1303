import { execFileSync } from "node:child_process"
import { sign, verify } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import ssh2 from "ssh2"
import { afterEach, describe, expect, test } from "vitest"
import { countCrash } from "../../connector/substrates/vm/crashes.ts"
import { makeFat } from "../../connector/substrates/vm/fat.ts"
import { addImage } from "../../connector/substrates/vm/image-add.ts"
import { makeKeyPair } from "../../connector/substrates/vm/keys.ts"
import { splitDisk } from "../../connector/substrates/vm/make.ts"
import { qemuArguments } from "../../connector/substrates/vm/qemu.ts"
import { defaultQuota, refuseBeyond } from "../../connector/substrates/vm/quota.ts"
import { type Made, vmPaths } from "../../connector/substrates/vm/record.ts"
import { VmSpec } from "../../protocol/vm.ts"

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const folders: string[] = []

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), "homeport-vm-"))
	folders.push(path)
	return path
}

afterEach(() => {
	for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})

const MADE: Made = {
	...{ name: "one", image: "debian", cpus: 2, memory: 512 * MIB, disk: 4 * GIB, loadout: null },
	...{ network: { is: "none" }, idleMinutes: 30, createdAt: 0, base: "/images/debian/a", instance: "i" },
}

describe("keys", () => {
	test("are what OpenSSH's own tools make: both halves belong together", () => {
		const { publicKey, privateKey } = makeKeyPair("a comment")
		const [open, closed] = [ssh2.utils.parseKey(publicKey), ssh2.utils.parseKey(privateKey)]
		if (open instanceof Error || closed instanceof Error) throw new Error("neither is a key")
		expect(closed.isPrivateKey()).toBe(true)
		expect(open.comment).toBe("a comment")
		const signature = sign(null, Buffer.from("text"), closed.getPrivatePEM())
		expect(verify(null, Buffer.from("text"), open.getPublicPEM(), signature)).toBe(true)
		expect(execFileSync("ssh-keygen", ["-l", "-f", "-"], { input: publicKey, encoding: "utf8" })).toContain("ED25519")
	})

	test("are others each time", () => {
		expect(makeKeyPair("a").publicKey).not.toBe(makeKeyPair("a").publicKey)
	})
})

describe("the seed's file system", () => {
	test("has its label and its files, long names and several sectors too", () => {
		const path = join(folder(), "seed.img")
		const long = Buffer.alloc(5_000, "long ")
		writeFileSync(
			path,
			makeFat("CIDATA", { "meta-data": "m", "user-data": long, "ssh_host_key.pub": "key", empty: "" }),
		)
		const read = (name: string) => execFileSync("mtype", ["-i", path, `::${name}`])
		expect(execFileSync("mdir", ["-i", path, "::"], { encoding: "utf8" })).toContain("CIDATA")
		expect(read("user-data").equals(long)).toBe(true)
		expect(read("meta-data").toString()).toBe("m")
		expect(read("ssh_host_key.pub").toString()).toBe("key")
		expect(read("empty").length).toBe(0)
	})

	test("refuses what does not fit", () => {
		expect(() => makeFat("CIDATA", { "user-data": Buffer.alloc(4 * MIB) })).toThrow("fit")
	})
})

describe("QEMU's command line", () => {
	const start = (made: Made, dataDir = "/data", by: "kvm" | "tcg" = "tcg") =>
		qemuArguments({
			made,
			paths: vmPaths(dataDir, made.name),
			image: { boot: "direct", folder: made.base },
			by,
			connect: "/opt/home port/init,x64",
		})
	const after = (words: string[], word: string) => words[words.indexOf(word) + 1]

	test("has the VM's own amounts, and nothing that QEMU would add by itself", () => {
		const words = start(MADE)
		expect(after(words, "-smp")).toBe("2")
		expect(after(words, "-m")).toBe("512M")
		for (const word of ["-nodefaults", "-no-user-config", "-sandbox", "-S"]) expect(words).toContain(word)
	})

	test("programs have addresses of chance, but where processors are emulated", () => {
		expect(after(start(MADE, "/data", "kvm"), "-append")).not.toContain("norandmaps")
		expect(after(start(MADE), "-append")).toContain("norandmaps")
	})

	test("a VM without network has SSH on loopback and no way out", () => {
		expect(after(start(MADE), "-netdev")).toBe("user,id=net,ipv6=off,restrict=on,hostfwd=tcp:127.0.0.1:0-:22")
	})

	test("an allow-list is a way to the gate alone", () => {
		const words = start({ ...MADE, network: { is: "allow-list", hosts: ["example.com"] } })
		expect(after(words, "-netdev")).toMatch(/restrict=on.*guestfwd=tcp:10\.0\.2\.100:3128-cmd:/)
	})

	test("a folder's name with commas and blanks adds no setting of its own", () => {
		const words = start({ ...MADE, network: { is: "allow-list", hosts: ["example.com"] } }, "/da,ta x,restrict=off")
		expect(after(words, "-netdev")).toContain("'/opt/home port/init,,x64' '--connect' '/da,,ta x,,restrict=off/")
		expect(after(words, "-chardev")).toContain("path=/da,,ta x,,restrict=off/vms/one/qmp.sock,server")
		const disk = words.find((word) => word.includes('"node-name":"system"')) ?? ""
		expect(JSON.parse(disk).file.filename).toBe("/da,ta x,restrict=off/vms/one/system.qcow2")
	})

	test.each(["../other", "-rf", "a/b", "", "A", ".."])("%j is no VM's name, and no path", (name) => {
		expect(VmSpec.safeParse({ name }).success).toBe(false)
		expect(() => vmPaths("/data", name)).toThrow()
	})
})

describe("quotas", () => {
	const machine = { memory: 16 * GIB, cpus: 4, disk: 100 * GIB }

	test("are three quarters of memory, twice the processors, and all but 5 GiB of what is free", () => {
		expect(defaultQuota(machine)).toEqual({ memory: 12 * GIB, cpus: 8, disk: 95 * GIB })
		expect(defaultQuota({ ...machine, disk: GIB }).disk).toBe(0)
	})

	test("refuse with the numbers, and take what just fits", () => {
		const quota = defaultQuota(machine)
		const used = { memory: 10 * GIB, cpus: 6, disk: 0 }
		expect(() => refuseBeyond(quota, used, { memory: 2 * GIB, cpus: 2, disk: 95 * GIB })).not.toThrow()
		expect(() => refuseBeyond(quota, used, { memory: 3 * GIB, cpus: 3 })).toThrow(
			"Of memory VMs may have 12.0 GiB here; others have 10.0 GiB, and this one wants 3.0 GiB. Of processors VMs may have 8 here; others have 6, and this one wants 3.",
		)
	})

	test("a disk has room for its image and a home folder", () => {
		const image = { name: "debian", disk: 600 * MIB }
		expect(splitDisk(10 * GIB, image)).toEqual({ system: 5 * GIB, home: 5 * GIB })
		expect(splitDisk(800 * MIB, image)).toEqual({ system: 600 * MIB, home: 200 * MIB })
		expect(() => splitDisk(650 * MIB, image)).toThrow("at least 664 MiB")
	})
})

describe("the crash-loop rule", () => {
	test("five crashes in ten minutes are a loop, four are not, and old ones do not count", () => {
		let crashes: number[] = []
		const crash = (minute: number) => {
			const counted = countCrash(crashes, minute * 60_000)
			crashes = counted.crashes
			return counted.isLoop
		}
		expect([0, 2, 4, 6].map(crash)).toEqual([false, false, false, false])
		expect(crash(10.1)).toBe(false)
		expect(crash(11)).toBe(true)
		expect(crashes).toHaveLength(5)
	})
})

describe("images that somebody else made", () => {
	const add = (dataDir: string, file: string) => addImage({ dataDir, name: "cloud", file, boot: "bios", say: () => {} })

	test("a disk over another file is refused, so that it shows nothing of the machine", async () => {
		const at = folder()
		writeFileSync(join(at, "secret"), Buffer.alloc(MIB, "secret"))
		const disk = join(at, "disk.qcow2")
		execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-b", join(at, "secret"), "-F", "raw", disk])
		await expect(add(at, disk)).rejects.toThrow("lies over another file")
		const data = join(at, "data.qcow2")
		const external = `data_file=${join(at, "outside")},data_file_raw=on`
		execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-o", external, data, "1M"])
		await expect(add(at, data)).rejects.toThrow("lies over another file")
	})

	test("what is no disk is refused, and nothing is left", async () => {
		const at = folder()
		writeFileSync(join(at, "text"), "not a disk")
		await expect(add(at, join(at, "text"))).rejects.toThrow("neither a qcow2 disk nor a raw one")
		await expect(add(at, at)).rejects.toThrow("is no file")
		await expect(add(at, join(at, "missing"))).rejects.toThrow("cannot be read")
		expect(() => readFileSync(join(at, "vm-images/cloud/current"))).toThrow()
	})
})
