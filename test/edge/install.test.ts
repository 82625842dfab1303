// The script that installs the connector.
import { env } from "cloudflare:workers"
import { expect, test } from "vitest"
import { ask } from "./home.ts"

test("the script comes as text, names this home and this version, and asks for the code in its own words", async () => {
	const response = await ask("/install", {}, "http://192.168.1.7:8787")
	expect(response.headers.get("content-type")).toMatch(/^text\/x-shellscript/)
	const script = await response.text()
	expect(script).toMatch(/^#!\/bin\/sh\n/)
	expect(script).toContain("url='http://192.168.1.7:8787'\n")
	expect(script).toContain(`version='${env.VERSION}'\n`)
	expect(script).toContain("curl -fsSL http://192.168.1.7:8787/install | sh -s -- CODE")
})

test("behind a proxy that ends TLS the script names the address that the caller used", async () => {
	const response = await ask("/install", { headers: { "x-forwarded-proto": "https" } }, "http://home.example")
	expect(await response.text()).toContain("url='https://home.example'\n")
})
