// Loadouts by command, over a real home: kept, shown, applied to the machine, and to the image of a session's container.
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { containerTarget, openBuilder } from "../../connector/loadouts/container-target.ts"
import { Engine } from "../../connector/substrates/container/engine.ts"
import { DEFAULT_IMAGE } from "../../connector/substrates/container/images.ts"
import { newSessionId } from "../../protocol/ids.ts"
import { homeport } from "../support/command.ts"
import { type Docker, startDocker } from "../support/docker.ts"
import { type Home, startHome } from "../support/home.ts"
import { until } from "../support/until.ts"

const folder = mkdtempSync(join(tmpdir(), "homeport-loadout-"))
const personsHome = join(folder, "home")
mkdirSync(personsHome)
/** Docker is root's only. */
const HAS_DOCKER = process.getuid?.() === 0 && existsSync("/usr/sbin/dockerd")

let docker: Docker | undefined
let home: Home
beforeAll(async () => {
	if (HAS_DOCKER) docker = await startDocker()
	const engine = docker === undefined ? {} : { DOCKER_HOST: docker.host }
	home = await startHome({ environment: { HOME: personsHome, ...engine } })
}, 120_000)
afterAll(async () => {
	await home.stop()
	await docker?.stop()
	rmSync(folder, { recursive: true, force: true })
}, 60_000)

const run = (...args: string[]) => homeport(home.dataDir, args, { timeoutMs: 110_000 })
async function well(...args: string[]) {
	const ran = await run(...args)
	expect(`${ran.code} ${ran.stderr}`, args.join(" ")).toBe("0 ")
	return ran
}

function write(name: string, lines: string[]): string {
	const path = join(folder, name)
	writeFileSync(path, `${lines.join("\n")}\n`)
	return path
}

const SECRET = `netrc-${"value"}-of-this-test`

test("a loadout is checked by line without a home, and one with a mistake is not kept", async () => {
	const path = write("wrong.yaml", ["tools:", "  npm: [typescript]"])
	const checked = await homeport(join(folder, "nowhere"), ["loadout", "check", path])
	expect(`${checked.code} ${checked.stdout}`).toBe(
		`1 ${path}:2:9: It must have an exact version, such as typescript@5.9.3.\n`,
	)
	const saved = await run("loadout", "save", path)
	expect(`${saved.code} ${saved.stderr}`).toContain("2 The request is not right, so nothing was done. wrong.yaml:2:9: ")
	expect((await well("loadout", "ls")).stdout).toBe("No loadouts.\n")
})

test("[SES3] what is kept is listed, shown with who says what, and applied with its secrets by a session of the machine", async () => {
	await home.call("saveSecret", { params: { secret: "NETRC" }, body: { value: SECRET } })
	await well("loadout", "save", write("base.yaml", ["description: What all have", "environment: {GREETING: hello}"]))
	const top = write("top.yaml", [
		"extends: [base]",
		"files:",
		"  - {path: ~/.netrc, secret: NETRC}",
		"commands:",
		"  - {name: greet, sh: echo $GREETING > ~/greeting}",
		"  - {name: fails, run: ['false']}",
	])
	await well("loadout", "save", top)
	expect((await well("loadout", "ls")).stdout).toMatch(/^base +right +What all have$/m)
	expect((await well("loadout", "show", "top")).stdout).toMatch(/^files +write ~\/\.netrc from the secret NETRC +top$/m)
	expect((await run("loadout", "rm", "base")).stderr).toContain("These extend it: top.")
	const { stdout } = await well("loadout", "apply", "top")
	expect(stdout).toContain("Phase 1/2: files\n")
	expect(stdout).toMatch(/1\/2 greet: ok, \d+\.\d s\n/)
	expect(stdout).toContain("2/2 fails: failed, which is not needed for the rest")
	expect(stdout).toContain("top is applied. Failed: fails.\n")
	expect(readFileSync(join(personsHome, "greeting"), "utf8")).toBe("hello\n")
	expect(readFileSync(join(personsHome, ".netrc"), "utf8")).toBe(SECRET)
	expect(statSync(join(personsHome, ".netrc")).mode & 0o777).toBe(0o600)
	const { sessions } = await home.call("listSessions")
	expect(sessions.find(({ name }) => name === "loadout-apply")).toMatchObject({ runtime: "homeport", loadout: "top" })
	const found = execFileSync("sh", ["-c", 'grep -rlF -- "$1" "$2" || true', "sh", SECRET, home.dataDir], {
		encoding: "utf8",
	})
	expect(found).toBe("")
})

test("a step of a core phase that fails ends the whole with 1, in the session and in the command", async () => {
	await well(
		"loadout",
		"save",
		write("hard.yaml", ["commands: [{name: no, run: ['false']}]", "core: {commands: true}"]),
	)
	const { code, stdout } = await run("loadout", "apply", "hard")
	expect(code).toBe(1)
	expect(stdout).toContain("hard is not applied. Failed: no.")
	const json = await run("loadout", "apply", "hard", "--json")
	expect(json.code).toBe(1)
	expect(json.json()).toMatchObject({ state: { is: "exited", code: 1 }, loadout: "hard" })
})

test("[SES4] a start with a loadout is refused where it would change the machine itself, and with one that is not there", async () => {
	const refused = await run("spawn", "--substrate", "host", "--loadout", "base")
	expect(`${refused.code} ${refused.stderr}`).toContain("Apply it first, by `homeport loadout apply base`")
	expect((await run("spawn", "--substrate", "host", "--loadout", "gone")).stderr).toContain(
		'There is no loadout "gone"',
	)
})

describe.skipIf(!HAS_DOCKER)("in a container", () => {
	const BASE = "homeport-test/base:1"
	let engine: Engine

	/** An image whose packages come from a folder in it, with one package that no registry has. */
	beforeAll(async () => {
		for (const [secret, value] of [
			["NETRC", SECRET],
			["TOKEN", `${SECRET}-token`],
		] as const)
			await home.call("saveSecret", { params: { secret }, body: { value } })
		await docker?.loadImage()
		const found = await Engine.find({ DOCKER_HOST: docker?.host })
		if (!(found instanceof Engine)) throw new Error(found.reason)
		engine = found
		const id = await openBuilder(engine, "homeport-test-base", DEFAULT_IMAGE)
		const target = containerTarget(engine, id)
		const script =
			"mkdir /repository && tar -x -C /repository && echo 'deb [trusted=yes] file:/repository ./' > /etc/apt/sources.list"
		const put = await target.run(["sh", "-c", script], { input: repository() })
		expect(`${put.code} ${put.errors}`).toBe("0 ")
		const [repo = "", tag = ""] = BASE.split(":")
		await engine.ask("POST", "/commit", { query: { container: id, repo, tag }, body: {} })
	}, 180_000)

	const spawn = (argv: string[], more: object = {}) =>
		home.call("startSession", {
			params: { machine: home.machine.id },
			body: {
				id: newSessionId(),
				runtime: "custom",
				argv,
				substrate: "container",
				network: { is: "none" },
				image: BASE,
				...more,
			},
		})

	async function outputOf(session: string): Promise<string> {
		await well("wait", session, "--exit", "--timeout", "100")
		return (await well("logs", session)).stdout
	}

	test("[SES1] a job that is killed goes on where it was, and makes an image with the packages and without any secret", async () => {
		const path = write("boxed.yaml", [
			"description: For containers",
			"tools: {apt: [tiny=1.0]}",
			"files:",
			"  - {path: /etc/tiny.conf, content: configured}",
			"  - {path: ~/.netrc, secret: NETRC}",
			"  - {path: ~/.config/tiny, content: at home}",
			"mcp:",
			"  tickets: {command: tickets, env: {TICKETS: {secret: TOKEN}}, for: [claude-code]}",
			"commands:",
			"  - {name: counted, sh: echo x >> /opt/count}",
			"  - name: slow",
			"    secrets: [TOKEN]",
			"    sh: '[ -n \"$TOKEN\" ]; [ -e /opt/once ] || { touch /opt/once; echo begun; exec sleep 600; }'",
			"  - {name: skeleton, sh: tiny > ~/from-command}",
			"environment: {GREETING: hello}",
			"secrets: {TOKEN: TOKEN}",
			"core: {commands: true}",
		])
		await well("loadout", "save", path)
		const killed = run("loadout", "apply", "boxed", "--substrate", "container", "--image", BASE)
		let job: string | undefined
		await until("the job", async () => {
			const { sessions } = await home.call("listSessions")
			job = sessions.find(({ loadout, state }) => loadout === "boxed" && state.is === "running")?.id
			return job !== undefined
		})
		await well("wait", job ?? "", "--text", "^begun$", "--timeout", "60")
		await well("kill", job ?? "", "--signal", "kill")
		expect((await killed).code).toBe(1)
		const { stdout } = await well("loadout", "apply", "boxed", "--substrate", "container", "--image", BASE)
		expect(stdout).toContain("1/1 apt tiny=1.0: done before")
		expect(stdout).toContain("1/3 counted: done before")
		expect(stdout).toContain("3/3 skeleton: ok")
		const image = /Making the image (\S+) from/.exec(stdout)?.[1] ?? ""
		expect(image).toMatch(/^homeport\/loadout-boxed:[0-9a-f]{12}$/)
		const whole = await engine.follow("GET", `/images/${encodeURIComponent(image)}/get`)
		expect((await text(whole.setEncoding("latin1"))).includes(SECRET)).toBe(false)
		const left = await engine.ask<object[]>("GET", "/containers/json", {
			query: { all: true, filters: JSON.stringify({ label: ["homeport.loadout"] }) },
		})
		expect(left).toHaveLength(1)
		const again = await well("loadout", "apply", "boxed", "--substrate", "container", "--image", BASE)
		expect(again.stdout).toContain(`The image ${image} is there already.`)
	}, 180_000)

	test("a session of it has the packages, a home that is filled, the variables, and its secrets", async () => {
		const script =
			'tiny; cat /etc/tiny.conf ~/.config/tiny ~/from-command; wc -l < /opt/count; echo "$GREETING"; for v in "$(cat ~/.netrc)" "$TOKEN" "$TICKETS"; do printf %s "$v" | sha256sum; done; stat -c %a ~/.netrc; cat ~/.claude.json'
		const session = await spawn(["sh", "-c", script], { loadout: "boxed", name: "boxed" })
		const said = await outputOf(session.id)
		const sum = (value: string) => createHash("sha256").update(value).digest("hex")
		for (const line of ["tiny runs", "configured", "at home", "hello", "1", "600", sum(SECRET), sum(`${SECRET}-token`)])
			expect(said).toContain(line)
		// biome-ignore lint/suspicious/noTemplateCurlyInString: the tool's own words.
		expect(said).toContain('"TICKETS": "${TICKETS}"')
		expect(said).not.toContain(SECRET)
	}, 120_000)

	test("a session whose loadout has no image yet makes it, and tells that on its own terminal", async () => {
		await well(
			"loadout",
			"save",
			write("other.yaml", ["tools: {apt: [tiny]}", "files: [{path: /etc/tiny.conf, content: otherwise}]"]),
		)
		const session = await spawn(["cat", "/etc/tiny.conf"], { loadout: "other", name: "other" })
		const said = await outputOf(session.id)
		expect(said).toContain("Making the image homeport/loadout-other:")
		expect(said).toMatch(/apt tiny: ok, .*version 1\.0/)
		expect(said).toMatch(/otherwise$/m)
	}, 180_000)

	test("[SES4] where a step fails the session has failed with the reason, and nothing of it is left to run", async () => {
		await well("loadout", "save", write("broken.yaml", ["tools: {apt: [no-such-package]}"]))
		const session = await spawn(["true"], { loadout: "broken", name: "broken" })
		await well("wait", session.id, "--exit", "--timeout", "100")
		const { sessions } = await home.call("listSessions")
		expect(sessions.find(({ id }) => id === session.id)?.state).toMatchObject({
			is: "failed",
			reason: expect.stringContaining("The loadout broken could not be applied: apt no-such-package failed."),
		})
	}, 120_000)

	test("a secret outside of the home is refused before anything is made: an image holds none", async () => {
		await well("loadout", "save", write("leaky.yaml", ["files: [{path: /etc/netrc, secret: NETRC}]"]))
		const { code, stdout } = await run("loadout", "apply", "leaky", "--substrate", "container", "--image", BASE)
		expect(code).toBe(1)
		expect(stdout).toContain("an image holds no secrets")
	}, 120_000)
})

/** A tar with an apt repository of one package. */
function repository(): Buffer {
	const at = join(folder, "repository")
	const control = [
		"Package: tiny",
		"Version: 1.0",
		"Architecture: all",
		"Maintainer: A <a@example.com>",
		"Description: a test",
	]
	mkdirSync(join(folder, "tiny/DEBIAN"), { recursive: true })
	mkdirSync(join(folder, "tiny/usr/bin"), { recursive: true })
	mkdirSync(at)
	writeFileSync(join(folder, "tiny/DEBIAN/control"), `${control.join("\n")}\n`)
	writeFileSync(join(folder, "tiny/usr/bin/tiny"), "#!/bin/sh\necho tiny runs\n", { mode: 0o755 })
	execFileSync("dpkg-deb", ["--build", "--root-owner-group", join(folder, "tiny"), join(at, "tiny.deb")], {
		stdio: "ignore",
	})
	const package_ = readFileSync(join(at, "tiny.deb"))
	const sum = createHash("sha256").update(package_).digest("hex")
	writeFileSync(
		join(at, "Packages"),
		`${[...control, "Filename: ./tiny.deb", `Size: ${package_.length}`, `SHA256: ${sum}`].join("\n")}\n`,
	)
	return execFileSync("tar", ["-c", "-C", at, "."])
}
