// The install script under a real shell, with programs of its own on PATH.
import { execFileSync, spawnSync } from "node:child_process"
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import { installScript } from "../../../worker/install.ts"

const made: string[] = []
afterEach(() => {
	for (const folder of made.splice(0)) rmSync(folder, { recursive: true })
})

/** An empty home, and a PATH with these programs and the few that every system has. */
function computer(programs: Record<string, string>) {
	const home = mkdtempSync(join(tmpdir(), "install-"))
	made.push(home)
	const bin = join(home, "bin")
	mkdirSync(bin)
	for (const tool of ["mkdir", "mktemp", "rm", "cp", "mv", "tar", "gzip", "chmod"]) {
		const path = execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim()
		symlinkSync(path, join(bin, tool))
	}
	for (const [name, body] of Object.entries(programs)) {
		writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`)
		chmodSync(join(bin, name), 0o755)
	}
	return {
		home,
		run(script: string, ...args: string[]) {
			const env = { HOME: home, PATH: bin, TMPDIR: home }
			return spawnSync("/bin/sh", ["-s", "--", ...args], { input: script, env, encoding: "utf8", timeout: 20_000 })
		},
	}
}

const LINUX = { uname: 'case "$1" in -s) echo Linux ;; *) echo x86_64 ;; esac' }
const NODE = { node: 'case "$1" in -p) echo 24 ;; *) echo v24.0.0 ;; esac' }
const SCRIPT = installScript("https://home.example", "1.2.3")

test.each([
	["Windows", "MINGW64_NT-10.0", "x86_64", /Windows is not supported yet/],
	["Cygwin", "CYGWIN_NT-10.0", "x86_64", /Windows is not supported yet/],
	["FreeBSD", "FreeBSD", "amd64", /FreeBSD is not supported/],
	["32-bit ARM", "Linux", "armv7l", /armv7l processors are not supported/],
])("the script refuses %s plainly, and leaves nothing behind", (_, system, processor, said) => {
	const { home, run } = computer({ uname: `case "$1" in -s) echo ${system} ;; *) echo ${processor} ;; esac`, ...NODE })
	const { status, stderr } = run(SCRIPT, "CODE")
	expect(stderr).toMatch(said)
	expect(status).toBe(1)
	expect(existsSync(join(home, ".local"))).toBe(false)
})

test("the script says how to get Node.js where there is none, or an old one", () => {
	expect(computer(LINUX).run(SCRIPT).stderr).toMatch(/Node\.js 20 or newer is needed and not on PATH/)
	const old = computer({ ...LINUX, node: 'case "$1" in -p) echo 18 ;; *) echo v18.0.0 ;; esac' })
	expect(old.run(SCRIPT).stderr).toMatch(/this is v18\.0\.0/)
})

/** A curl that copies an archive of this connector to wherever it is told. */
function curlOf(archive: string) {
	return { curl: `[ "$2" = https://home.example/install/connector-linux-x64.tar.gz ] || exit 22\ncp ${archive} "$4"` }
}

function archive(): string {
	const folder = mkdtempSync(join(tmpdir(), "connector-"))
	made.push(folder)
	mkdirSync(join(folder, "in"))
	writeFileSync(join(folder, "in/homeport.js"), "// the connector\n")
	execFileSync("tar", ["-czf", join(folder, "connector.tar.gz"), "-C", join(folder, "in"), "."])
	return join(folder, "connector.tar.gz")
}

test("the script installs without root, and connects with the code as a service", () => {
	const said = 'case "$1" in -p) echo 24 ;; --version) echo v24.0.0 ;; *) echo "node $*" ;; esac'
	const { home, run } = computer({ ...LINUX, ...curlOf(archive()), node: said })
	const { status, stdout, stderr } = run(SCRIPT, "ABCD-EFGH-JKLM")
	expect([status, stderr]).toEqual([0, ""])
	expect(readFileSync(join(home, ".local/share/homeport/1.2.3/homeport.js"), "utf8")).toBe("// the connector\n")
	expect(stdout).toContain("Installing the Homeport connector 1.2.3 for linux-x64")
	expect(stdout).toContain("homeport.js connect https://home.example --code ABCD-EFGH-JKLM --service")
	expect(run(SCRIPT).stdout).toContain("Installed. To connect this machine:")
})

test("what is not a connector is not installed", () => {
	const { home, run } = computer({ ...LINUX, ...NODE, curl: 'echo "<!doctype html>" >"$4"' })
	const { status, stderr } = run(SCRIPT, "CODE")
	expect(status).toBe(1)
	expect(stderr).toContain("has no connector for linux-x64")
	expect(existsSync(join(home, ".local"))).toBe(false)
})

test("a script that is cut off anywhere does nothing", () => {
	const { home, run } = computer({ ...LINUX, ...NODE, ...curlOf(archive()) })
	for (let end = 0; end < SCRIPT.lastIndexOf("main "); end += 97) run(SCRIPT.slice(0, end), "CODE")
	expect(existsSync(join(home, ".local"))).toBe(false)
})

test("[TRU4] whatever host a request claims, it stays one word of the script", () => {
	const { home, run } = computer({ uname: "echo Plan9" })
	for (const host of ["a'; touch $HOME/x; '", "$(touch $HOME/x)", "`touch $HOME/x`", '"; touch $HOME/x; "', "a\\"]) {
		const { stderr } = run(installScript(`https://${host}`, host), "CODE")
		expect(stderr, host).toContain("Plan9 is not supported")
		expect(existsSync(join(home, "x")), host).toBe(false)
	}
})
