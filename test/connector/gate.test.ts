// The gate of an allow-list, with real sockets and a real TLS server.
import { execFileSync } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer as createHttpServer, type IncomingMessage, request } from "node:http"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { networkInterfaces, tmpdir } from "node:os"
import { join } from "node:path"
import { buffer, text } from "node:stream/consumers"
import { createServer as createTlsServer, connect as secure } from "node:tls"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { isPublic } from "../../connector/substrates/network/addresses.ts"
import { readHello } from "../../connector/substrates/network/client-hello.ts"
import { DeniedLog, readDenied } from "../../connector/substrates/network/denied.ts"
import { openGate } from "../../connector/substrates/network/gate.ts"

let certificate: { key: string; cert: string }
let folder: string
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "homeport-gate-"))
	const files = ["-keyout", join(folder, "key"), "-out", join(folder, "cert")]
	const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost"]
	execFileSync("openssl", ["req", "-x509", ...kind, ...files], { stdio: "ignore" })
	certificate = { key: readFileSync(join(folder, "key"), "utf8"), cert: readFileSync(join(folder, "cert"), "utf8") }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function listening(server: Server): Promise<number> {
	server.listen(0, "127.0.0.1")
	await once(server, "listening")
	onTestFinished(() => void server.close())
	return (server.address() as AddressInfo).port
}

/** Answers what comes as it comes, and ends when the other side does. */
function echo(): Promise<number> {
	return listening(createServer({ allowHalfOpen: true }, (socket) => void socket.on("error", () => {}).pipe(socket)))
}

/** `local`: ports of this machine that are on the list, by name and by address. */
async function gate(local: number[], { hosts = [], headMs }: { hosts?: string[]; headMs?: number } = {}) {
	const own = mkdtempSync(join(folder, "session-"))
	const socket = join(own, "gate.sock")
	const both = local.flatMap((port) => [`localhost:${port}`, `127.0.0.1:${port}`])
	const denied = await DeniedLog.open(own)
	const open = await openGate({ socket, hosts: [...both, ...hosts], denied, ...(headMs !== undefined && { headMs }) })
	onTestFinished(() => open.close())
	return { socket, close: () => open.close(), denied: () => readDenied(own) }
}

/** The raw answer's head to a CONNECT, and the socket after it. */
async function tunnel(socket: string, target: string): Promise<{ head: string; near: Socket }> {
	const near = connect({ path: socket, allowHalfOpen: true })
	near.on("error", () => {})
	near.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`)
	let head = ""
	while (!head.includes("\r\n\r\n")) {
		const chunk = near.read(1) as Buffer | null
		if (chunk !== null) head += chunk.toString("latin1")
		else if (near.readableEnded || near.destroyed) break
		else await new Promise((resolve) => near.once("readable", resolve).once("end", resolve).once("close", resolve))
	}
	return { head: head.split("\r\n")[0] ?? "", near }
}

test("only its owner can connect to the socket", async () => {
	const { socket } = await gate([])
	expect(statSync(socket).mode & 0o777).toBe(0o600)
})

test("what is on the list is reached: 20 MB both ways, at the reader's pace, each end told of the other's", async () => {
	const port = await echo()
	const { socket, denied } = await gate([port])
	const { head, near } = await tunnel(socket, `localhost:${port}`)
	expect(head).toBe("HTTP/1.1 200 Connection established")
	const sent = randomBytes(20 * 1024 * 1024)
	near.end(sent)
	const came = await buffer(near)
	expect(createHash("sha256").update(came).digest("hex")).toBe(createHash("sha256").update(sent).digest("hex"))
	expect(await denied()).toEqual([])
})

test("one end may go on after the other has ended", async () => {
	const port = await listening(
		createServer({ allowHalfOpen: true }, async (socket) => {
			socket.end("said first")
			expect(await text(socket)).toBe("and heard after")
			heard()
		}),
	)
	let heard = () => {}
	const isHeard = new Promise<void>((resolve) => {
		heard = resolve
	})
	const { socket } = await gate([port])
	const { near } = await tunnel(socket, `localhost:${port}`)
	expect(await text(near)).toBe("said first")
	near.end("and heard after")
	await isHeard
})

test("a program that does not read holds up its server, not this machine's memory", async () => {
	let taken = 0
	const port = await listening(
		createServer((socket) => {
			const chunk = Buffer.alloc(256 * 1024)
			const more = () => {
				do taken += chunk.length
				while (socket.write(chunk))
			}
			socket.on("error", () => {}).on("drain", more)
			more()
		}),
	)
	const { socket } = await gate([port])
	const { near } = await tunnel(socket, `localhost:${port}`)
	near.pause()
	// It has come to rest when nothing more was taken for a while.
	let before = -1
	while (before !== taken) {
		before = taken
		await new Promise((resolve) => setTimeout(resolve, 300))
	}
	expect(taken).toBeLessThan(32 * 1024 * 1024)
	near.destroy()
})

test("the break of one end breaks the other", async () => {
	const far = new Promise<Socket>((resolve) => {
		void listening(createServer(resolve)).then(async (port) => {
			const { socket } = await gate([port])
			const { near } = await tunnel(socket, `localhost:${port}`)
			near.destroy()
		})
	})
	await once((await far).on("error", () => {}).resume(), "close")
})

test("closing the gate ends what goes through it", async () => {
	const port = await echo()
	const { socket, close } = await gate([port])
	const { near } = await tunnel(socket, `localhost:${port}`)
	near.resume()
	close()
	await once(near, "end")
	await expect(once(connect(socket), "connect")).rejects.toThrow()
})

test.each([
	["another host", "example.com:443", ["example.org"]],
	["another port", "example.com:8443", ["example.com"]],
	["the name itself, where all below it are meant", "example.com:443", ["*.example.com"]],
	["a name that only ends alike", "badexample.com:443", ["*.example.com", "example.com"]],
	["an address that is not listed", "93.184.216.34:443", ["*.example.com"]],
	["an address, by a pattern that it only looks like", "10.20.30.40:443", ["*.30.40"]],
	["an IPv6 address", "[::1]:443", ["example.com"]],
	["a mapped address", "[::ffff:127.0.0.1]:443", ["127.0.0.1"]],
	["a name that leads to this machine", "localhost:443", ["localhost"]],
	["this machine as one number", "2130706433:443", ["2130706433"]],
	["this machine in octal", "0177.0.0.1:443", ["0177.0.0.1"]],
	["this machine in hexadecimal", "0x7f.1:443", ["0x7f.1"]],
	["metadata", "169.254.169.254:80", ["example.com"]],
])("refused and listed: %s", async (_what, target, hosts) => {
	const { socket, denied } = await gate([], { hosts })
	const { head, near } = await tunnel(socket, target)
	expect(head).toBe("HTTP/1.1 403 Forbidden")
	expect(await text(near)).toMatch(/allow-list/)
	const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(target) ?? []
	expect(await denied()).toEqual([{ host, port: Number(port), count: 1, at: expect.any(Number) as number }])
})

test("a host below a pattern, in capitals and with the root's dot, is on the list", async () => {
	// No such name is found, which is another answer than a refusal.
	const { socket, denied } = await gate([], { hosts: ["*.invalid"] })
	const { head } = await tunnel(socket, "A.B.Invalid.:443")
	expect(head).toBe("HTTP/1.1 502 Bad Gateway")
	expect(await denied()).toEqual([])
})

test("an address that is listed is reached, and a name may lead to it", async () => {
	const port = await echo()
	const { socket } = await gate([port])
	for (const host of ["127.0.0.1", "localhost"])
		expect((await tunnel(socket, `${host}:${port}`)).head).toBe("HTTP/1.1 200 Connection established")
})

test("public addresses are told from those near this machine, however they are written", () => {
	const own = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? [])
	const near = [
		...["0.0.0.0", "10.1.2.3", "100.100.100.200", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.31.0.1"],
		...["192.168.1.1", "192.0.0.192", "198.19.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16"],
		...["::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "fe80::1", "fe80::1%eth0"],
		...["fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001::1", "localhost"],
		...own,
	]
	expect(near.filter(isPublic)).toEqual([])
	const far = ["93.184.216.34", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
	expect(far.filter((address) => !isPublic(address))).toEqual([])
})

test("refusals are counted by target, the newest first, go on after a restart, and are bounded", async () => {
	const own = mkdtempSync(join(folder, "log-"))
	const first = await DeniedLog.open(own)
	for (let i = 0; i < 250; i++) first.add(`host-${i}.example.com`, 443)
	first.add("host-100.example.com", 443)
	first.add(`odd\x1b[2J${"x".repeat(400)}`, 443)
	first.close()
	const second = await DeniedLog.open(own)
	second.add("host-100.example.com", 443)
	second.close()
	const listed = await readDenied(own)
	expect(listed).toHaveLength(200)
	expect(listed[0]).toMatchObject({ host: "host-100.example.com", port: 443, count: 3 })
	expect(listed[1]?.host).toMatch(/^odd\?\[2Jx+$/)
	expect(listed[1]?.host.length).toBeLessThan(260)
	expect(listed.at(-1)?.host).toBe("host-51.example.com")
})

/** A TLS client through the gate; what went wrong, or "secure". */
async function hello(socket: string, port: number, servername: string): Promise<string> {
	const { near } = await tunnel(socket, `localhost:${port}`)
	const client = secure({ socket: near, servername, rejectUnauthorized: false })
	return new Promise((resolve) => {
		client.once("secureConnect", () => resolve("secure"))
		client.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
		client.once("close", () => resolve("closed"))
	})
}

test("TLS goes through from end to end, for the name that was allowed and no other", async () => {
	const port = await listening(createTlsServer(certificate, (socket) => void socket.on("error", () => {}).end("hi")))
	const { socket, denied } = await gate([port])
	expect(await hello(socket, port, "localhost")).toBe("secure")
	expect(await hello(socket, port, "LocalHost")).toBe("secure")
	expect(await denied()).toEqual([])
	expect(await hello(socket, port, "elsewhere.example.com")).toBe("ERR_SSL_TLSV1_UNRECOGNIZED_NAME")
	expect(await hello(socket, port, "")).toBe("ERR_SSL_TLSV1_UNRECOGNIZED_NAME")
	expect(await denied()).toMatchObject([{ host: "elsewhere.example.com", port }])
})

test("a hello in many pieces is read whole; one that never ends is not waited for", async () => {
	const whole = await clientHello("api.example.com")
	expect(readHello(whole)).toEqual({ is: "hello", name: "api.example.com" })
	for (let length = 1; length < whole.length; length++)
		expect(readHello(whole.subarray(0, length))).toEqual({ is: "partial" })
	// The same message in records of seven bytes.
	const message = whole.subarray(5)
	const records: Buffer[] = []
	for (let at = 0; at < message.length; at += 7) {
		const part = message.subarray(at, at + 7)
		records.push(Buffer.from([22, 3, 1, 0, part.length]), part)
	}
	expect(readHello(Buffer.concat(records))).toEqual({ is: "hello", name: "api.example.com" })
	for (let at = 0; at < whole.length; at++) {
		const broken = Buffer.from(whole)
		broken[at] = (broken[at] ?? 0) ^ 0xff
		expect(["hello", "partial", "other"]).toContain(readHello(broken).is)
	}

	const port = await echo()
	const { socket, denied } = await gate([port], { headMs: 200 })
	const { near } = await tunnel(socket, `localhost:${port}`)
	near.write(whole.subarray(0, 40))
	expect(await buffer(near)).toEqual(Buffer.from([21, 3, 1, 0, 2, 2, 112]))
	expect(await denied()).toMatchObject([{ host: "localhost", port, count: 1 }])
})

async function clientHello(servername: string): Promise<Buffer> {
	const server = createServer()
	const port = await listening(server)
	const [[near]] = (await Promise.all([
		once(server, "connection"),
		void secure({ port, host: "127.0.0.1", servername }).on("error", () => {}),
	])) as unknown as [[Socket]]
	const [bytes] = (await once(near, "data")) as [Buffer]
	near.destroy()
	return bytes
}

test("a server that speaks first is heard, and what is not TLS goes through", async () => {
	const port = await listening(createServer((socket) => void socket.on("error", () => {}).write("220 ready\r\n")))
	const { socket } = await gate([port])
	const { near } = await tunnel(socket, `localhost:${port}`)
	const [said] = (await once(near, "data")) as [Buffer]
	expect(said.toString()).toBe("220 ready\r\n")
	near.destroy()
})

test("a request in absolute form reaches the host of its URL, whatever other host it names", async () => {
	const seen: unknown[] = []
	const port = await listening(
		createHttpServer(async (incoming, response) => {
			const { method, url, headers } = incoming
			seen.push({ method, url, headers, body: await text(incoming) })
			response.writeHead(201, "Made", ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "Keep-Alive", "timeout=1"])
			response.write("some ")
			response.end("thing")
		}),
	)
	const { socket, denied } = await gate([port])
	const outgoing = request({
		socketPath: socket,
		method: "DELETE",
		path: `http://localhost:${port}/a%20b?c=d`,
		headers: {
			host: "elsewhere.example.com",
			"proxy-authorization": "Basic eA==",
			"x-hop": "1",
			connection: "x-hop",
			"x-kept": "2",
			"transfer-encoding": "chunked",
		},
	})
	outgoing.write("one ")
	outgoing.end("two")
	const [answer] = (await once(outgoing, "response")) as [IncomingMessage]
	expect([answer.statusCode, answer.statusMessage]).toEqual([201, "Made"])
	expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"])
	expect(await text(answer)).toBe("some thing")
	const expected = { "x-kept": "2", host: `localhost:${port}`, connection: "close", "transfer-encoding": "chunked" }
	expect(seen).toEqual([{ method: "DELETE", url: "/a%20b?c=d", headers: expected, body: "one two" }])
	expect(await denied()).toEqual([])
})

test("a request in absolute form to anywhere else is refused and listed", async () => {
	const { socket, denied } = await gate([], { hosts: ["localhost", "example.com:8080"] })
	for (const [url, status] of [
		["http://example.com/", 403],
		["http://localhost/", 403],
		["http://0177.1/", 403],
		["https://example.com:8080/", 400],
		["/", 400],
	] as const) {
		const outgoing = request({ socketPath: socket, path: url }).end()
		const [answer] = (await once(outgoing, "response")) as [IncomingMessage]
		expect(`${url} ${answer.statusCode}`).toBe(`${url} ${status}`)
		expect(await text(answer)).toMatch(/\.\n$/)
	}
	const expected = ["127.0.0.1:80", "localhost:80", "example.com:80"]
	const listed = async () => (await denied()).map(({ host, port }) => `${host}:${port}`)
	await expect.poll(listed, { timeout: 10_000 }).toEqual(expected)
})

test("heads that are too large, too slow or no HTTP are ended", async () => {
	const { socket } = await gate([], { headMs: 200 })
	const said = async (bytes: string) => {
		const near = connect(socket)
		near.write(bytes)
		return (await text(near)).split("\r\n")[0]
	}
	expect(await said(`CONNECT example.com:443 HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(/431/)
	expect(await said("CONNECT example.com:443 HTTP/1.1\r\nX: ")).toMatch(/408/)
	expect(await said("\x16\x03\x01hello\r\n\r\n")).toMatch(/400/)
	expect(await said("CONNECT example.com HTTP/1.1\r\n\r\n")).toMatch(/400/)
})

test("connections are bounded, and one that ends makes room", async () => {
	const port = await echo()
	const { socket } = await gate([port])
	const held = await Promise.all(Array.from({ length: 256 }, () => tunnel(socket, `localhost:${port}`)))
	expect(new Set(held.map(({ head }) => head))).toEqual(new Set(["HTTP/1.1 200 Connection established"]))
	expect((await tunnel(socket, `localhost:${port}`)).head).toBe("")
	const [first] = held
	first?.near.destroy()
	await expect.poll(async () => (await tunnel(socket, `localhost:${port}`)).head).toContain("200")
	for (const { near } of held) near.destroy()
})

test("what lies where the socket should be is replaced", async () => {
	const own = mkdtempSync(join(folder, "stale-"))
	writeFileSync(join(own, "gate.sock"), "")
	const open = await openGate({ socket: join(own, "gate.sock"), hosts: [], denied: await DeniedLog.open(own) })
	onTestFinished(() => open.close())
	expect((await tunnel(join(own, "gate.sock"), "example.com:443")).head).toContain("403")
})
