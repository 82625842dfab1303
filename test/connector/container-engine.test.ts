// Finding a container engine, and the sentence where there is none: over real sockets, with whatever may lie behind them.
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type Server } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Contained } from "../../connector/substrates/contained.ts"
import { creation } from "../../connector/substrates/container/creation.ts"
import { type About, Engine } from "../../connector/substrates/container/engine.ts"
import { newSessionId } from "../../protocol/ids.ts"

let folder: string
let server: Server | null = null
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "homeport-engine-"))
})
afterEach(() => {
	server?.close()
	server = null
	rmSync(folder, { recursive: true })
})

/** Something on a Unix socket that answers so; its address. */
async function listen(answer: string): Promise<string> {
	const path = join(folder, "engine.sock")
	server = createServer((_, response) => response.end(answer)).listen(path)
	await once(server, "listening")
	return `unix://${path}`
}

describe("[SES3] where there is no engine, the reason and the remedy are said", () => {
	test.each([
		["tcp://192.0.2.1:2375", /not an engine of this machine/, /unset it/],
		["ssh://somebody@example.com", /not an engine of this machine/, /unset it/],
		["tcp://127.0.0.1:1", /stopped/, /Start it/],
		["unix:///nowhere/docker.sock", /No container engine listens where DOCKER_HOST says/, /unset DOCKER_HOST/],
	])("at %s", async (DOCKER_HOST, reason, remedy) => {
		expect(await Engine.find({ DOCKER_HOST })).toEqual({
			reason: expect.stringMatching(reason),
			remedy: expect.stringMatching(remedy),
		})
	})

	test("nothing installed", async () => {
		const nowhere = { XDG_RUNTIME_DIR: folder, HOME: folder, PATH: folder }
		const found = await Engine.find(nowhere)
		expect(found).toEqual({ reason: expect.stringMatching(/\.$/), remedy: expect.stringMatching(/start/i) })
	})

	test("one that is too old", async () => {
		const DOCKER_HOST = await listen(JSON.stringify({ Version: "18.09", ApiVersion: "1.39", Arch: "amd64" }))
		expect(await Engine.find({ DOCKER_HOST })).toMatchObject({
			reason: expect.stringMatching(/18\.09, which is too old/),
		})
	})

	test.each(["<html>", "", "x".repeat(20 * 2 ** 20)])("something else that answers", async (answer) => {
		const found = await Engine.find({ DOCKER_HOST: await listen(answer) })
		expect(found).toMatchObject({ reason: expect.stringMatching(/does not answer as one/) })
	})
})

describe("[SES3] an engine is told to hold a container in", () => {
	const contained: Contained = {
		...{
			session: newSessionId(),
			name: "Wörk on: it!",
			runtime: "custom",
			substrate: "container",
			argv: ["sh", "-c", "x"],
		},
		...{ cwd: "/srv/work", workingFolder: "/srv/work", image: null, vm: null, loadout: null, configuration: [] },
		network: { is: "none" },
		limits: { memory: 2 ** 30, cpus: 8, processes: 10, disk: 2 ** 28 },
		mounts: [{ path: "/srv/data", at: "/data", writable: false }],
		...{
			dataDir: "/home/ada/.homeport",
			folder: "/home/ada/.homeport/sessions/x",
			own: { HOME: "/home/ada", SECRET: "s" },
		},
	}
	const about: About = {
		...{ name: "Docker 20.10.24", isPodman: false, isRootless: false, shiftsUsers: false, arch: "x64" },
		...{ cpus: 2, hasSwapLimit: true },
	}
	const outside = { init: "/opt/init", doors: "/x/doors", home: "/x/home", scratch: "/x/tmp", accounts: "/x/etc" }
	const making = {
		...{ image: "debian:12", argv: contained.argv, environment: { GIVEN: "a=b" }, cwd: contained.cwd },
		...{ user: { uid: 1000, gid: 1000, name: "ada" }, size: { cols: 80, rows: 24 }, network: contained.network },
		...{ outside, control: "abc", gate: null },
	}

	test("without rights, without a way to get any, and with nothing to write to but what is its own", () => {
		const { HostConfig, User } = creation(contained, making, about)
		expect(User).toBe("1000:1000")
		expect(HostConfig).toMatchObject({
			...{ AutoRemove: true, CapDrop: ["ALL"], ReadonlyRootfs: true, NetworkMode: "none", IpcMode: "private" },
			SecurityOpt: expect.arrayContaining(["no-new-privileges"]),
		})
		expect(HostConfig).not.toHaveProperty("Privileged")
		expect(HostConfig).not.toHaveProperty("CapAdd")
		const writable = HostConfig.Mounts.filter(({ ReadOnly }) => !ReadOnly).map(({ Source, Target }) => [Source, Target])
		expect(writable).toEqual([
			["/x/home", "/home/ada"],
			["/x/tmp", "/tmp"],
			["/srv/work", "/srv/work"],
		])
	})

	test("with limits that an engine can keep, less what is Homeport's own", () => {
		const { HostConfig } = creation(contained, making, about)
		expect(HostConfig).toMatchObject({ Memory: 2 ** 30, MemorySwap: 2 ** 30, NanoCpus: 2e9, PidsLimit: 11 })
		expect(HostConfig.Ulimits).toEqual([{ Name: "fsize", Soft: 2 ** 28, Hard: 2 ** 28 }])
	})

	test("with the words of its program as they are, and no variable of the connector's", () => {
		const { Cmd, Env, Hostname } = creation(contained, making, about)
		expect(Cmd.slice(Cmd.indexOf("--") + 1)).toEqual(["sh", "-c", "x"])
		expect(Env).toContain("GIVEN=a=b")
		expect(Env.some((variable) => variable.includes("SECRET"))).toBe(false)
		expect(Hostname).toBe("w-rk-on-it")
	})

	test.each([
		[{ isPodman: true, isRootless: true }, "keep-id"],
		[{ shiftsUsers: true }, "host"],
		[{ isRootless: true }, undefined],
	])("with users that are those outside: %j", (more, mode) => {
		expect(creation(contained, making, { ...about, ...more }).HostConfig.UsernsMode).toBe(mode)
	})
})
