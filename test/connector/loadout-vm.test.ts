// Loadouts over SSH, as they are applied to VMs: with OpenSSH's own server, in a home of the test's own.
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { apply } from "../../connector/loadouts/apply.ts"
import { resolve } from "../../connector/loadouts/resolve.ts"
import { readSource } from "../../connector/loadouts/source.ts"
import type { Target } from "../../connector/loadouts/target.ts"
import { targetOver } from "../../connector/loadouts/vm-target.ts"
import { type Connection, connect } from "../../connector/substrates/vm/ssh.ts"
import { type Sshd, startSshd } from "../support/sshd.ts"

describe.skipIf(!existsSync("/usr/sbin/sshd"))("over SSH", () => {
	let sshd: Sshd
	let connection: Connection
	let target: Target
	let home: string
	beforeAll(async () => {
		sshd = await startSshd()
		connection = await connect(sshd.reach)
		home = join(sshd.folder, "home")
		mkdirSync(home)
		const folder = join(sshd.folder, "state")
		// The server is on this very machine: nothing of it outside of the test's folder is touched.
		target = { ...(await targetOver(connection)), home, prefix: home, state: { folder, within: sshd.folder } }
	}, 60_000)
	afterAll(async () => {
		connection.close()
		await sshd.stop()
	})

	async function applied(text: string, secrets: Record<string, string> = {}) {
		const { merged, problems } = await resolve(readSource("it", text), async () => undefined)
		expect(problems).toEqual([])
		const lines: string[] = []
		const watcher = { say: (line: string) => void lines.push(line), live: () => {} }
		const result = await apply({ merged, target, secrets, watcher, dataDir: sshd.folder })
		return { ...result, lines }
	}

	test("[SES3] words, input, output and exit codes are exact there", async () => {
		const words = ["a b", "$HOME", "'\"\\", "*", "", "new\nline", "é工"]
		const { output } = await target.run(["printf", "%s|", ...words])
		expect(output.toString()).toBe(`${words.join("|")}|`)
		const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 256))
		expect((await target.run(["cat"], { input: bytes })).output.equals(bytes)).toBe(true)
		expect(await target.run(["sh", "-c", "echo why >&2; exit 7"])).toMatchObject({ code: 7, errors: "why\n" })
		expect((await target.run(["true"], { input: bytes })).code).toBe(0)
	})

	test("[SES3] steps are done there once, recorded there, and a secret is in its file only", async () => {
		const text = [
			"environment: {GREETING: it's me}",
			"secrets: {TOKEN: KEY}",
			"files: [{path: ~/.config/a, content: one}, {path: ~/.netrc, secret: NETRC}]",
			"mcp: {tickets: {command: serve, for: [codex]}}",
			"commands:",
			'  - {name: say, sh: "echo $GREETING >> ~/log; ps -eo args= > ~/processes", secrets: [TOKEN]}',
			"  - {name: bad, run: ['false']}",
		].join("\n")
		const secrets = { NETRC: "s3cret-in-netrc", TOKEN: "s3cret-in-token" }
		expect(await applied(text, secrets)).toMatchObject({ isDone: true, failed: ["bad"] })
		const { lines } = await applied(text, secrets)
		expect(lines).toContain("  1/2 say: done before")
		const read = (path: string) => readFileSync(join(home, path), "utf8")
		expect(read("log")).toBe("it's me\n")
		expect(read(".config/a")).toBe("one")
		expect(read(".codex/config.toml")).toContain("[mcp_servers.tickets]")
		expect(read(".netrc")).toBe(secrets.NETRC)
		expect(statSync(join(home, ".netrc")).mode & 0o777).toBe(0o600)
		expect(read("processes")).not.toContain("s3cret")
		expect(readFileSync(join(sshd.folder, "state/it.json"), "utf8")).not.toContain("s3cret")
	})

	test("a connection that breaks fails the step, and says so", async () => {
		const live = () => connection.destroy()
		const running = target.run(["sh", "-c", "echo begun; exec sleep 600"], { live })
		await expect(running).rejects.toThrow("The connection to the VM has broken.")
	})
})
