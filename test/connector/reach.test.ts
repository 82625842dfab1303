// Which addresses of a home other computers reach.
import { networkInterfaces } from "node:os"
import { expect, test } from "vitest"
import { reachedAt } from "../../connector/home/reach.ts"
import { isLocal } from "../../protocol/local-address.ts"

test("an address of this computer alone is known as one", () => {
	for (const url of ["http://127.0.0.1:7400", "http://localhost:1", "http://[::1]:7400", "http://127.9.9.9"])
		expect(isLocal(url), url).toBe(true)
	for (const url of ["https://home.example", "http://192.0.2.1:7400", "http://[2001:db8::1]:1", "http://127.example"])
		expect(isLocal(url), url).toBe(false)
})

test("a home is reached at what it listens on, and at every network's address where it listens on all", () => {
	expect(reachedAt("http://127.0.0.1:7400", "127.0.0.1")).toEqual([])
	expect(reachedAt("http://localhost:7400", "localhost")).toEqual([])
	expect(reachedAt("http://192.0.2.1:7400", "192.0.2.1")).toEqual(["http://192.0.2.1:7400"])
	const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
	const outer = own.filter(({ family, internal }) => family === "IPv4" && !internal)
	expect(reachedAt("http://127.0.0.1:7400", "0.0.0.0")).toEqual(outer.map(({ address }) => `http://${address}:7400`))
})
