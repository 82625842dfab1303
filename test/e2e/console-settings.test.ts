// The console's settings at work: machines, secrets and the runtime that lacks one, the audit trail.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join as path } from "node:path"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { join, live, PHONE, run, shows, signIn, startBrowser, startShell, type } from "../support/console.ts"
import { type Home, startHome } from "../support/home.ts"

let home: Home
let browser: Browser
/** Holds a runtime that tells whether it has its key, and the home directory of somebody without any. */
let folder: string
const contexts: BrowserContext[] = []

beforeAll(async () => {
	folder = mkdtempSync(path(tmpdir(), "homeport-test-"))
	mkdirSync(path(folder, "home"))
	const gemini = path(folder, "gemini")
	const says = `echo "key of $(printf %s "$GEMINI_API_KEY" | wc -c) letters"`
	writeFileSync(gemini, `#!/bin/sh\n[ "$1" = --version ] && exec echo 1.0.0\n${says}\nexec sleep 600\n`)
	chmodSync(gemini, 0o755)
	const keyless = { GEMINI_API_KEY: "", GOOGLE_API_KEY: "", HOME: path(folder, "home") }
	home = await startHome({ environment: { PATH: `${folder}:${process.env.PATH}`, ...keyless } })
	browser = await startBrowser()
})

afterEach(async () => {
	for (const context of contexts.splice(0)) await context.close()
})

afterAll(async () => {
	await browser?.close()
	await home?.stop()
	rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

function kept({ context, page }: { context: BrowserContext; page: Page }): Page {
	contexts.push(context)
	return page
}

const owner = async () => kept(await signIn(browser, home))

test("a runtime without a key says which, is started without one only by a further click, and with the saved one by none", async () => {
	const page = await owner()
	await page.getByRole("button", { name: "New session" }).first().click()
	await page.getByText("Gemini CLI").click()
	await page.getByText("Gemini CLI has no key here.").waitFor()
	const start = page.getByRole("button", { name: "Start", exact: true })
	expect(await start.isDisabled()).toBe(true)
	await page.getByLabel("Start without a key").check()
	await start.click()
	await live(page)
	await shows(page, "key of 0 letters")

	await page.goto("/")
	await page.getByRole("button", { name: "New session" }).first().click()
	await page.getByText("Gemini CLI").click()
	await page.getByRole("link", { name: "Save GEMINI_API_KEY as a secret" }).click()
	const dialog = page.getByRole("dialog", { name: "New secret" })
	expect(await dialog.getByLabel("Name").inputValue()).toBe("GEMINI_API_KEY")
	expect(await dialog.getByLabel("gemini").isChecked()).toBe(true)
	await dialog.getByRole("textbox", { name: "Value" }).fill("twelve chars")
	await dialog.getByRole("button", { name: "Save" }).click()
	const row = page.locator(".thing", { hasText: "GEMINI_API_KEY" })
	await row.getByText("never used").waitFor()
	expect(await page.content()).not.toContain("twelve chars")

	await page.getByRole("status").getByRole("button", { name: "New session" }).click()
	expect(await page.getByLabel("Gemini CLI").isChecked()).toBe(true)
	await expect.poll(() => start.isEnabled()).toBe(true)
	await start.click()
	await live(page)
	await shows(page, "key of 12 letters")
})

test("a secret is bound elsewhere, given a new value, and forgotten", async () => {
	const page = await owner()
	await page.goto("/settings/secrets")
	await page.getByRole("button", { name: "New secret" }).click()
	await page.getByLabel("Name").fill("deploy-key")
	await page.getByRole("textbox", { name: "Value" }).fill("line one\nline two")
	await page.getByLabel("shell").check()
	await page.getByRole("button", { name: "Save", exact: true }).click()
	const row = page.locator(".thing", { hasText: "DEPLOY_KEY" })
	await row.getByRole("button", { name: "Bind" }).click()
	await page.getByLabel("As which variable").fill("SSH_KEY")
	await page.getByRole("button", { name: "Save", exact: true }).click()
	await row.getByText("as SSH_KEY").waitFor()
	await row.getByRole("button", { name: "Replace" }).click()
	await page.getByRole("textbox", { name: "Value" }).fill("thirteen char")
	await page.getByRole("button", { name: "Save", exact: true }).click()
	await page.getByRole("dialog").waitFor({ state: "detached" })
	await row.getByRole("button", { name: "Check" }).click()
	await row.getByText("Nobody can be asked").waitFor()

	await page.goto("/")
	await startShell(page)
	await run(page, "echo $(echo $SSH_KEY | wc -c)-bytes")
	await shows(page, /^14-bytes/)

	await page.goto("/settings/secrets")
	await row.getByRole("button", { name: "Remove" }).click()
	await page.getByRole("button", { name: "Remove", exact: true }).last().click()
	await row.waitFor({ state: "detached" })
})

test("a machine is renamed, tagged, and kept to named members, with its key and who was there to see", async () => {
	const page = await owner()
	const other = kept(await join(browser, home, "developer", "Dora"))
	await startShell(other)
	await page.goto("/settings/machines")
	await page.locator("a.thing").click()
	await page.getByText(/^did:key:z6Mk/).waitFor()
	await page.locator(".part", { hasText: "Who was here" }).getByText("Dora").waitFor()
	await page.getByLabel("Name", { exact: true }).fill("workshop")
	await page.getByLabel("New tag").fill("Not A Tag")
	await page.keyboard.press("Enter")
	await page.getByText("A tag has lower-case letters").waitFor()
	await page.getByLabel("New tag").fill("gpu")
	await page.keyboard.press("Enter")
	expect(await page.getByLabel("gpu").isChecked()).toBe(true)
	await page.getByLabel("Only owners and those named here:").check()
	expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true)
	await page.getByLabel("Dora (developer)").check()
	await page.getByRole("button", { name: "Save" }).click()
	await page.getByRole("heading", { name: "workshop" }).waitFor()
	await other.goto("/")
	await other.getByRole("heading", { name: "workshop" }).waitFor()

	const stranger = kept(await join(browser, home, "maintainer", "Stan"))
	await stranger.getByRole("heading", { name: "No machine has called home yet" }).waitFor()
	await stranger.goto(`/settings/machines/${home.machine.id}`)
	await stranger.getByRole("heading", { name: "There is no such machine" }).waitFor()
})

test("the audit trail is searched, told in full, goes back page by page, and is exported", async () => {
	for (let i = 0; i < 60; i++) await home.call("updateWorkspace", { body: { name: "Home" } })
	const page = await owner()
	await page.goto("/settings/audit")
	const entries = page.locator(".entry")
	await entries.nth(49).waitFor()
	await page.getByRole("button", { name: "Older entries" }).click()
	await entries.nth(60).waitFor()
	await page.getByLabel("Search who, what").fill("enroll")
	await expect.poll(() => entries.filter({ hasNotText: "Add a machine" }).count()).toBe(0)
	await entries.first().click()
	await entries.first().getByText("enroll", { exact: true }).waitFor()
	const [download] = await Promise.all([
		page.waitForEvent("download"),
		page.getByRole("link", { name: "Export" }).click(),
	])
	const lines = readFileSync(await download.path(), "utf8")
		.trim()
		.split("\n")
	expect(lines.length).toBeGreaterThan(60)
	expect(JSON.parse(lines[0] ?? "")).toMatchObject({ sequence: 1, previous: "0".repeat(64) })
})

test("on a phone a larger session's text is large enough to read, and its end leaves one scrollbar", async () => {
	const page = await owner()
	await startShell(page)
	await run(page, "seq 60")
	await shows(page, /^60/)
	const phone = kept(await signIn(browser, home, PHONE))
	await phone.goto(new URL(page.url()).pathname)
	await live(phone)
	const rowHeight = () =>
		phone
			.locator(".xterm-rows > div")
			.first()
			.evaluate((row) => row.getBoundingClientRect().height)
	expect(await rowHeight()).toBeGreaterThanOrEqual(10)
	await type(page, "kill -HUP $$")
	await page.getByText("The program was ended by SIGHUP").waitFor()
	const room = page.locator(".terminal-room")
	await expect.poll(() => room.evaluate((e) => e.scrollHeight - e.clientHeight)).toBe(0)
	await page.goto("/")
	const ended = page.locator(".session-row", { hasText: "ended by SIGHUP" })
	await ended.getByText(/ago|just now/).waitFor()
	expect(await ended.locator(".state").getAttribute("class")).toBe("state")
})
