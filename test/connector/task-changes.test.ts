// What an attempt does with changes: real git over HTTP on loopback, real programs, and repositories that mean harm.
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { propose } from "../../connector/tasks/changes.ts"
import { type Hosting, hostingOf, openRequest } from "../../connector/tasks/hosting.ts"
import { sessionOf } from "../../connector/tasks/kept.ts"
import { workFolder } from "../../connector/workdir/make.ts"
import { assignment, script, taskFolder, taskMachine } from "../support/attempts.ts"
import { gitServer } from "../support/git-server.ts"

const REPOSITORY = { is: "repository", credential: { secret: "git" } }

async function world(options: Parameters<typeof gitServer>[0] = {}) {
	const server = await gitServer(options)
	const task = await taskMachine()
	task.ledger.values.git = server.secret
	return { server, ...task }
}

test("a clone at a depth and a ref is changed, committed and pushed to a branch of its own", async () => {
	const { server, run, ledger, dataDir } = await world()
	const given = await run({
		...script(
			"test $(git rev-list --count HEAD) = 1 && git rev-parse --abbrev-ref HEAD && cat README && echo new > new",
		),
		workOn: { ...REPOSITORY, url: server.url, ref: "main", depth: 1 },
		changes: { do: "push", message: "Mended" },
	})
	const end = await ledger.end()
	expect(end, end.reason).toMatchObject({ is: "succeeded", result: { branch: "homeport/mend-it", url: null } })
	expect(server.git("log", "--format=%s %an", "homeport/mend-it")).toBe("Mended Homeport\none a")
	expect(server.git("ls-tree", "--name-only", "homeport/mend-it")).toBe("README\nnew")
	expect(end.result?.commit).toBe(server.git("rev-parse", "homeport/mend-it"))
	// The secret went in a header alone: it is in no file, and in no address.
	const grep = (folder: string) =>
		execFileSync("sh", ["-c", 'grep -rlF -- "$1" "$2" || true', "sh", server.secret, folder], { encoding: "utf8" })
	expect(grep(dataDir)).toBe("")
	expect(server.requests.join("\n")).not.toContain(server.secret)
	const folder = join(workFolder(dataDir, sessionOf(given)), "engine")
	expect(execFileSync("git", ["status", "--short"], { cwd: folder, encoding: "utf8" })).toBe("")
})

test("a commit by its name, at a depth; nothing changed is a success without a branch", async () => {
	const { server, run, ledger } = await world()
	const ref = server.git("rev-parse", "main")
	server.git("config", "uploadpack.allowAnySHA1InWant", "true")
	await run({
		...script(`test $(git rev-parse HEAD) = ${ref}; echo x > .homeport/inbox/x`),
		workOn: { ...REPOSITORY, url: server.url, ref, depth: 1 },
		changes: { do: "push" },
	})
	expect(await ledger.end()).toMatchObject({ is: "succeeded", result: null })
	expect(server.git("for-each-ref", "--format=%(refname)")).toBe("refs/heads/main")
})

test("a pull request's own ref, which no branch has, is worked on", async () => {
	const { server, run, ledger } = await world()
	const main = server.git("rev-parse", "main^{tree}")
	const head = server.git("-c", "user.name=c", "-c", "user.email=c@example.com", "commit-tree", "-m", "theirs", main)
	server.git("update-ref", "refs/pull/7/head", head)
	await run({
		...script(`test $(git rev-parse HEAD) = ${head}`),
		workOn: { ...REPOSITORY, url: server.url, ref: "refs/pull/7/head" },
	})
	const end = await ledger.end()
	expect(end, end.reason).toMatchObject({ is: "succeeded" })
})

test("what the program commits itself is pushed under what it has left; a branch that is taken meanwhile stays", async () => {
	const { server, run, ledger } = await world()
	const taken = server.git("rev-parse", "main")
	await run({
		...script(`git -c user.name=b -c user.email=b@example.com commit -q --allow-empty -m own && echo new > new
			git -C ${server.path} update-ref refs/heads/mended main`),
		workOn: { ...REPOSITORY, url: server.url },
		changes: { do: "push", branch: "mended", message: "Rest" },
	})
	const end = await ledger.end()
	expect(end, end.reason).toMatchObject({ is: "succeeded", result: { branch: "mended-2" } })
	expect(server.git("log", "--format=%s", "mended-2")).toBe("Rest\nown\none")
	expect(server.git("rev-parse", "mended")).toBe(taken)
})

test("a repository runs nothing of its own where its changes are taken, and leads the push nowhere else", async () => {
	const { server, run, ledger } = await world({ files: { ".gitattributes": "* filter=evil diff=evil\n" } })
	const other = await gitServer({ isOpen: true })
	const marks = taskFolder()
	await run({
		...script(`printf '#!/bin/sh\\ntouch "%s/ran-$(basename "$0")"\\ncat\\n' "${marks}" > ${marks}/plant && chmod +x ${marks}/plant
			echo new > new
			for hook in pre-commit post-commit pre-push reference-transaction post-index-change; do cp ${marks}/plant .git/hooks/$hook 2>/dev/null || { mkdir -p .git/hooks; cp ${marks}/plant .git/hooks/$hook; }; done
			git config core.hooksPath .git/hooks
			git config filter.evil.clean ${marks}/plant; git config filter.evil.process ${marks}/plant
			git config core.fsmonitor ${marks}/plant; git config gpg.program ${marks}/plant; git config commit.gpgSign true
			git config credential.helper "!${marks}/plant"; git config core.askPass ${marks}/plant
			git config http.proxy ${other.origin}; git config url.${other.origin}/.insteadOf ${server.origin}/
			git config remote.origin.pushUrl ${other.url}; git config remote.origin.url ${other.url}
			rm -f ${marks}/ran-*`),
		workOn: { ...REPOSITORY, url: server.url },
		changes: { do: "push", branch: "mended" },
	})
	const end = await ledger.end()
	expect(end, end.reason).toMatchObject({ is: "succeeded", result: { branch: "mended" } })
	expect(server.git("show", "mended:new")).toBe("new")
	expect(readdirSync(marks).filter((name) => name.startsWith("ran-"))).toEqual([])
	expect(other.requests).toEqual([])
})

test("a program in a sandbox that borrows objects from elsewhere has none of them pushed", async () => {
	const { server, run, ledger } = await world()
	await run({
		...script("echo new > new; echo /var/lib/elsewhere/objects > .git/objects/info/alternates"),
		substrate: "sandbox",
		network: { is: "none" },
		workOn: { ...REPOSITORY, url: server.url },
		changes: { do: "push", branch: "mended" },
	})
	const end = await ledger.end()
	expect(end).toMatchObject({ is: "failed", because: "collect", exitCode: 0 })
	expect(end.reason).toContain("borrows objects from elsewhere")
	expect(server.git("for-each-ref", "--format=%(refname)")).toBe("refs/heads/main")
})

test("a sandbox's changes are committed inside and pushed from outside, without the secret being in there", async () => {
	const { server, run, ledger } = await world()
	await run({
		...script("env; echo new > new; echo out > .homeport/outbox/out"),
		substrate: "sandbox",
		network: { is: "none" },
		workOn: { ...REPOSITORY, url: server.url },
		changes: { do: "push", branch: "mended" },
	})
	const end = await ledger.end()
	expect(end, end.reason).toMatchObject({ is: "succeeded", result: { branch: "mended" } })
	expect(end.artifacts.map(({ path }) => path)).toEqual(["out"])
	expect(server.git("show", "mended:new")).toBe("new")
})

test("a failed program's changes are kept where they are, and nothing is pushed", async () => {
	const { server, run, ledger, machine } = await world()
	const given = await run({
		...script("echo new > new; exit 3"),
		workOn: { ...REPOSITORY, url: server.url },
		changes: { do: "push" },
	})
	expect(await ledger.end()).toMatchObject({ is: "failed", because: "exit", exitCode: 3, result: null })
	const told: unknown[] = []
	machine.linked({ tell: (message) => void told.push(message), send: () => {} })
	machine.message({ type: "ask", number: 1, ask: "remove", of: { session: sessionOf(given), force: false } })
	await expect.poll(() => told).toContainEqual(expect.objectContaining({ number: 1, code: "changes_unsaved" }))
	expect(server.requests.filter((line) => line.includes("git-receive-pack"))).toEqual([])
})

test.each([
	["a wrong secret", "wrong", {}, /Authentication failed/],
	["a ref that is not there", undefined, { ref: "nowhere" }, /nowhere/],
	["an address that is a command", undefined, { url: "ext::sh -c true" }, /HTTPS alone/],
	["a password in the address", undefined, { url: "https://a:b@example.com/x" }, /password/],
	["nobody who listens", undefined, { url: "http://127.0.0.1:1/x.git" }, /connect|refused/i],
])("%s is a failure of preparing with its reason, and nothing is left", async (_, secret, workOn, reason) => {
	const { server, run, ledger, dataDir } = await world()
	if (secret !== undefined) ledger.values.git = secret
	const { url = server.url, ...more } = workOn as { url?: string }
	const given = await run({ ...script("touch begun"), workOn: { ...REPOSITORY, url, ...more } })
	const end = await ledger.end()
	expect(end).toMatchObject({ is: "failed", because: "prepare", session: null })
	expect(end.reason).toMatch(reason)
	expect(end.reason).not.toContain("wrong")
	expect(() => readdirSync(workFolder(dataDir, sessionOf(given)))).toThrow("ENOENT")
})

test("a fence that counts no more when its program has ended is not pushed", async () => {
	const { server, run, ledger, attempts } = await world()
	ledger.answer = ({ is }) => (is === "collecting" ? "stop" : "go-on")
	const given = await run({
		...script("echo new > new"),
		workOn: { ...REPOSITORY, url: server.url },
		changes: { do: "push", branch: "mended" },
	})
	await ledger.until("collecting")
	await attempts.get(given)?.run()
	expect(server.git("for-each-ref", "--format=%(refname)")).toBe("refs/heads/main")
})

test.each(["github", "gitlab"] as const)(
	"a pull request is opened at %s once, and found again",
	async (hosting: Hosting) => {
		const { server, run, ledger } = await world()
		const asked: { line: string; headers: Record<string, unknown>; body: string }[] = []
		let isOpen = false
		server.instead = (request, response) => {
			if (request.url?.startsWith("/api/") !== true) return false
			const chunks: Buffer[] = []
			request
				.on("data", (bytes: Buffer) => chunks.push(bytes))
				.on("end", () => {
					const body = Buffer.concat(chunks).toString()
					asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, body })
					const pull = { html_url: "https://example.com/pull/7", web_url: "https://example.com/pull/7" }
					if (request.method === "POST") isOpen = true
					response.writeHead(request.method === "POST" ? 201 : 200, { "content-type": "application/json" })
					response.end(JSON.stringify(request.method === "POST" ? pull : isOpen ? [pull] : []))
				})
			return true
		}
		await run({
			...script("echo new > new"),
			workOn: { ...REPOSITORY, url: server.url },
			changes: { do: "pull-request", branch: "mended", title: "Mend it", hosting },
		})
		const end = await ledger.end()
		expect(end, end.reason).toMatchObject({
			is: "succeeded",
			result: { branch: "mended", url: "https://example.com/pull/7" },
		})
		const [find, open] = asked
		expect(asked).toHaveLength(2)
		const request = { url: server.url, head: "mended", base: "main", title: "Mend it", body: "" }
		const again = await propose(hosting, request, server.secret, AbortSignal.timeout(10_000))
		expect(again).toBe("https://example.com/pull/7")
		expect(asked.filter(({ line }) => line.startsWith("POST"))).toHaveLength(1)
		if (hosting === "github") {
			expect(find?.line).toBe("GET /api/v3/repos/ada/engine/pulls?state=open&head=ada%3Amended&base=main")
			expect(open?.line).toBe("POST /api/v3/repos/ada/engine/pulls")
			expect(JSON.parse(open?.body ?? "")).toMatchObject({ title: "Mend it", head: "mended", base: "main" })
			expect(open?.headers.authorization).toBe(`Bearer ${server.secret}`)
		} else {
			expect(open?.line).toBe("POST /api/v4/projects/ada%2Fengine/merge_requests")
			expect(JSON.parse(open?.body ?? "")).toMatchObject({ source_branch: "mended", target_branch: "main" })
			expect(open?.headers["private-token"]).toBe(server.secret)
		}
	},
)

test("whose API it is, and what is asked of it", () => {
	expect(hostingOf("https://github.com/a/b.git")).toBe("github")
	expect(hostingOf("https://gitlab.com/a/b/c.git")).toBe("gitlab")
	expect(hostingOf("https://git.example.com/a/b")).toBeNull()
	expect(hostingOf("git@github.com:a/b.git", "github")).toBeNull()
	const request = { url: "https://github.com/ada/engine.git", head: "x", base: "main", title: "T", body: "" }
	expect(openRequest("github", request).url).toBe("https://api.github.com/repos/ada/engine/pulls")
	const nested = openRequest("gitlab", { ...request, url: "https://gitlab.com/a/b/c.git" })
	expect(nested.url).toBe("https://gitlab.com/api/v4/projects/a%2Fb%2Fc/merge_requests")
})

test("a directory with changes of its own is not committed for a task", async () => {
	const { run, ledger } = await taskMachine()
	const path = taskFolder()
	execFileSync(
		"sh",
		["-ec", "git init -q; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m one; echo mine > mine"],
		{
			cwd: path,
		},
	)
	await run({ ...script("true"), workOn: { is: "directory", path }, changes: { do: "commit" } })
	const end = await ledger.end()
	expect(end).toMatchObject({ is: "failed", because: "prepare" })
	expect(end.reason).toContain("not committed")
	expect(readFileSync(join(path, "mine"), "utf8")).toBe("mine\n")
	expect(assignment({}).fence).toBe(1)
})
