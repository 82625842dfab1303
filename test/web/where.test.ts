// What of a person's choices a start asks for: only what the substrate can have, in bytes and whole words.
import { describe, expect, it } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import { StartSpec } from "../../protocol/session.ts"
import type { SubstrateInfo } from "../../protocol/substrate.ts"
import { askedOf, directoryOf, FIRST_FROM, FIRST_WHERE, optionsOf, type WhereDraft } from "../../web/where.ts"

type Ready = Extract<SubstrateInfo, { is: "ready" }>

const HOST: Ready = { is: "ready", substrate: "host", by: "", networks: ["full"], limits: [], notes: [] }
const SANDBOX: Ready = {
	...HOST,
	substrate: "sandbox",
	networks: ["full", "none", "allow-list"],
	limits: ["memory", "disk"],
}
const CONTAINER: Ready = { ...SANDBOX, substrate: "container", limits: ["memory", "cpus", "processes"] }
const VM: Ready = { ...CONTAINER, substrate: "vm" }

const ALL: WhereDraft = {
	substrate: null,
	network: { is: "allow-list", hosts: ["example.com"] },
	limits: { memory: "512", cpus: "1.5", processes: "100", disk: "0.5" },
	image: "debian:bookworm",
	vm: null,
	vmImage: "debian",
	loadout: "base",
}

describe("a start asks", () => {
	it("for nothing where nothing was chosen, whatever the machine has", () => {
		for (const info of [null, HOST, SANDBOX, CONTAINER, VM]) expect(askedOf(FIRST_WHERE, info)).toEqual({})
	})

	it("for the chosen substrate also before it is known what that can have", () => {
		expect(askedOf({ ...ALL, substrate: "vm" }, null)).toEqual({ substrate: "vm" })
	})

	it("the host for nothing else", () => {
		expect(askedOf(ALL, HOST)).toEqual({})
	})

	it("a sandbox for the limits that it enforces, and for no image", () => {
		const network = { is: "allow-list", hosts: ["example.com"] }
		expect(askedOf(ALL, SANDBOX)).toEqual({ network, limits: { memory: 512 * 1024 ** 2, disk: 512 * 1024 ** 2 } })
	})

	it("a container for its image and loadout", () => {
		expect(askedOf(ALL, CONTAINER)).toMatchObject({
			image: "debian:bookworm",
			loadout: "base",
			limits: { cpus: 1.5, processes: 100 },
		})
	})

	it("a VM that there is for nothing but itself", () => {
		expect(askedOf({ ...ALL, substrate: "vm", vm: "dev" }, VM)).toEqual({ substrate: "vm", vm: "dev" })
		expect(askedOf({ ...ALL, substrate: "vm" }, VM)).toMatchObject({ image: "debian", loadout: "base" })
	})

	it("for another network where the chosen one cannot be had", () => {
		expect(askedOf(FIRST_WHERE, { ...SANDBOX, networks: ["none"] })).toEqual({ network: { is: "none" } })
	})

	it("for what the protocol takes", () => {
		for (const info of [HOST, SANDBOX, CONTAINER, VM])
			expect(StartSpec.safeParse({ id: newSessionId(), ...askedOf(ALL, info) }).success).toBe(true)
	})
})

it("the machine's own programs are those on its host and in its sandboxes", () => {
	expect([null, HOST, SANDBOX, CONTAINER, VM].map((info) => optionsOf(ALL, info).hasOwnPrograms)).toEqual([
		...[true, true, true],
		...[false, false],
	])
})

it("a directory is itself, or what is copied, cloned or checked out; without that it is not complete", () => {
	expect(directoryOf(FIRST_FROM, " /srv ")).toEqual({ cwd: "/srv" })
	expect(directoryOf(FIRST_FROM, "")).toEqual({})
	expect(directoryOf({ is: "dir", url: "", ref: "x" }, "/srv")).toEqual({ from: { is: "dir", path: "/srv" } })
	expect(directoryOf({ is: "dir", url: "", ref: "" }, "")).toBeNull()
	const git = { is: "git", url: "https://example.com/a.git", ref: "" } as const
	expect(directoryOf(git, "/srv")).toEqual({ from: { is: "git", url: git.url } })
	expect(directoryOf({ ...git, ref: " v1 " }, "")).toEqual({ from: { is: "git", url: git.url, ref: "v1" } })
	expect(directoryOf({ ...git, url: " " }, "/srv")).toBeNull()
	expect(directoryOf({ is: "worktree", url: "", ref: "main" }, "/srv")).toEqual({
		from: { is: "worktree", path: "/srv", ref: "main" },
	})
})
