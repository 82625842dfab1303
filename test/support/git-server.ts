// A git server on loopback: git's own http-backend over bare repositories, with a sign-in, and a log of what was asked.
import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"

export interface GitServer {
	/** Of the repository `ada/engine.git`. */
	url: string
	origin: string
	/** The bare repository itself. */
	path: string
	secret: string
	/** Of each request: method, path, and whether it was signed in. */
	requests: string[]
	/** Another answer than git's: false for none. */
	instead: (request: IncomingMessage, response: ServerResponse) => boolean
	git: (...args: string[]) => string
}

/** With one commit on main: `README` and what `files` says. */
export async function gitServer({ files = {}, isOpen = false } = {}): Promise<GitServer> {
	const root = mkdtempSync(join(tmpdir(), "homeport-git-"))
	const path = join(root, "ada", "engine.git")
	const git = (...args: string[]) =>
		execFileSync("git", ["-C", path, ...args], { encoding: "utf8", stdio: "pipe" }).trim()
	execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", path])
	git("config", "http.receivepack", "true")
	seed(path, { README: "Hello\n", ...files })
	const at: GitServer = { url: "", origin: "", path, secret: "s3cret-of-git", requests: [], instead: () => false, git }
	const server = createServer((request, response) => {
		const given = request.headers.authorization
		const isIn = given === `Basic ${Buffer.from(`x-access-token:${at.secret}`).toString("base64")}`
		at.requests.push(`${request.method} ${request.url} ${isIn ? "signed in" : "nobody"}`)
		if (at.instead(request, response)) return
		if (!isOpen && !isIn) return void response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end()
		backend(root, request, response)
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	at.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
	at.url = `${at.origin}/ada/engine.git`
	onTestFinished(() => {
		server.closeAllConnections()
		server.close()
		rmSync(root, { recursive: true, force: true })
	})
	return at
}

function seed(path: string, files: Record<string, string>): void {
	const lines = Object.entries(files).map(
		([name, text]) => `M 100644 inline ${name}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
	)
	const commit = `commit refs/heads/main\ncommitter a <a@example.com> 1700000000 +0000\ndata 3\none\n${lines.join("")}\n`
	execFileSync("git", ["-C", path, "fast-import", "--quiet"], { input: commit })
}

/** As CGI says it. */
function backend(root: string, request: IncomingMessage, response: ServerResponse): void {
	const { pathname, search } = new URL(request.url ?? "/", "http://x")
	const child = spawn("git", ["http-backend"], {
		env: {
			...process.env,
			GIT_PROJECT_ROOT: root,
			GIT_HTTP_EXPORT_ALL: "1",
			GIT_CONFIG_COUNT: "1",
			GIT_CONFIG_KEY_0: "safe.directory",
			GIT_CONFIG_VALUE_0: "*",
			REMOTE_USER: "ada",
			REQUEST_METHOD: request.method,
			PATH_INFO: pathname,
			QUERY_STRING: search.slice(1),
			CONTENT_TYPE: request.headers["content-type"] ?? "",
			...(request.headers["content-encoding"] === undefined
				? {}
				: { HTTP_CONTENT_ENCODING: request.headers["content-encoding"] }),
			...(request.headers["git-protocol"] === undefined
				? {}
				: { HTTP_GIT_PROTOCOL: String(request.headers["git-protocol"]) }),
		},
		stdio: ["pipe", "pipe", "inherit"],
	})
	request.pipe(child.stdin)
	child.stdin.on("error", () => {})
	const chunks: Buffer[] = []
	child.stdout.on("data", (bytes: Buffer) => chunks.push(bytes))
	child.on("close", () => {
		const all = Buffer.concat(chunks)
		const end = all.indexOf("\r\n\r\n")
		const headers = all
			.toString("latin1", 0, end)
			.split("\r\n")
			.map((line) => line.split(": ", 2) as [string, string])
		const status = headers.find(([name]) => name.toLowerCase() === "status")?.[1]
		response.writeHead(
			Number.parseInt(status ?? "200", 10),
			Object.fromEntries(headers.filter(([name]) => name !== "Status")),
		)
		response.end(all.subarray(end + 4))
	})
}
