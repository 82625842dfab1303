// The ways into the console and back, and what happens at its door.
import { readdirSync } from "node:fs"
import { join as path } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { newBrowser, signInLink, startBrowser } from "../support/console.ts"
import { type Home, startHome } from "../support/home.ts"
import { withAuthenticator } from "../support/passkey.ts"

let home: Home
/** The same home by a name, which passkeys need. */
let named: string
let browser: Browser
const contexts: BrowserContext[] = []

beforeAll(async () => {
	home = await startHome({ environment: { HOMEPORT_GITHUB_CLIENT_ID: "a-client", HOMEPORT_GITHUB_CLIENT_SECRET: "x" } })
	named = home.url.replace("127.0.0.1", "localhost")
	browser = await startBrowser()
})

afterEach(async () => {
	for (const context of contexts.splice(0)) await context.close()
})

afterAll(async () => {
	await browser?.close()
	await home?.stop()
})

/** Two hours pass for everybody who is signed in: written where the home has it, as there is no clock to turn. */
function makeSignInsOld({ dataDir }: Home): void {
	const folder = path(dataDir, "home/state/d1/D1Database")
	const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)) ?? ""
	// The home writes it too, and is waited for.
	const database = new DatabaseSync(path(folder, file), { timeout: 5_000 })
	database.exec("UPDATE session SET created_at = created_at - 7200000")
	database.close()
}

/** Keeps the page's context until the end of the test. */
function kept({ context, page }: { context: BrowserContext; page: Page }): Page {
	contexts.push(context)
	return page
}

/** The owner of the home in a profile of their own, with a sign-in of their own. */
async function owner(origin = home.url): Promise<Page> {
	const page = kept(await newBrowser(browser, home, undefined, origin))
	await page.goto((await signInLink(home)).replace(home.url, origin))
	await page.getByRole("heading", { name: "Fleet" }).waitFor()
	return page
}

async function signOut(page: Page, name: string): Promise<void> {
	await page.getByRole("button", { name, exact: true }).click()
	await page.getByRole("banner").getByRole("button", { name: "Sign out" }).click()
	await page.getByRole("heading", { name: "Sign in to Homeport" }).waitFor()
}

test("the owner says who they are, sets a password, and comes back with it to where they were", async () => {
	const page = await owner()
	await page.goto("/settings/account")
	await page.getByLabel("Name").fill("Ada")
	await page.getByLabel("E-mail").fill("ada@example.com")
	await page.getByRole("button", { name: "Save" }).click()
	await page.getByRole("button", { name: "Set a password" }).click()
	const dialog = page.getByRole("dialog")
	await dialog.getByLabel("New password").fill("correct horse battery")
	await dialog.getByRole("button", { name: "Save" }).click()
	await page.getByRole("button", { name: "Change password" }).waitFor()
	await signOut(page, "Ada")

	await page.goto("/settings/machines")
	await page.getByLabel("E-mail").fill("ada@example.com")
	await page.getByLabel("Password").fill("wrong horse battery")
	await page.getByRole("button", { name: "Sign in", exact: true }).click()
	await page.getByRole("alert").filter({ hasText: "That is not a way in" }).waitFor()
	await page.getByLabel("Password").fill("correct horse battery")
	await page.getByRole("button", { name: "Sign in", exact: true }).click()
	await page.getByRole("heading", { name: "Machines" }).waitFor()
	expect(new URL(page.url()).pathname).toBe("/settings/machines")
})

test("a passkey is made and signs in; at an address that is a number the page says where passkeys are", async () => {
	const page = await owner(named)
	await withAuthenticator(page)
	await page.goto("/settings/account")
	await page.getByRole("button", { name: "Add a passkey" }).click()
	await page.getByRole("dialog").getByLabel("Name").fill("My key")
	await page.getByRole("button", { name: "Make a passkey" }).click()
	await page.locator(".row", { hasText: "My key" }).waitFor()
	await signOut(page, "Ada")
	await page.getByRole("button", { name: "Sign in with a passkey" }).click()
	await page.getByRole("heading", { name: "Account", exact: true }).waitFor()

	const stranger = kept(await newBrowser(browser, home))
	await stranger.goto("/")
	await stranger.getByRole("link", { name: named }).waitFor()
	expect(await stranger.getByRole("button", { name: "Sign in with a passkey" }).count()).toBe(0)
})

test("a recovery code lets in once, to where another way in is made", async () => {
	const page = await owner()
	await page.goto("/settings/account")
	await page.getByRole("button", { name: "Make new codes" }).click()
	await page.getByRole("dialog").getByRole("button", { name: "Make new codes" }).click()
	const codes = ((await page.locator(".copy-field code").textContent()) ?? "").split("\n")
	expect(codes).toHaveLength(10)
	const [downloaded] = await Promise.all([
		page.waitForEvent("download"),
		page.getByRole("button", { name: "Download" }).click(),
	])
	expect(downloaded.suggestedFilename()).toBe("homeport-recovery-codes.txt")
	await page.getByRole("button", { name: "I have copied it" }).click()

	const locked = kept(await newBrowser(browser, home))
	await locked.goto("/")
	await locked.getByText("With a recovery code").click()
	const form = locked.locator("details", { hasText: "With a recovery code" })
	await form.getByLabel("E-mail").fill("ada@example.com")
	await form.getByLabel("Recovery code").fill(codes[0] ?? "")
	await form.getByRole("button", { name: "Sign in" }).click()
	await locked.getByRole("heading", { name: "Account", exact: true }).waitFor()
	await locked.getByText("9 codes are left").waitFor()
})

test("another provider is gone to for signing in, and its refusal is told", async () => {
	const page = kept(await newBrowser(browser, home))
	await page.route("https://github.com/**", (route) => route.abort())
	await page.goto("/settings/people")
	const [asked] = await Promise.all([
		page.waitForRequest(/^https:\/\/github\.com\/login\/oauth\/authorize/),
		page.getByRole("button", { name: "Sign in with GitHub" }).click(),
	])
	expect(new URL(asked.url()).searchParams.get("client_id")).toBe("a-client")
	const back = new URL(new URL(asked.url()).searchParams.get("redirect_uri") ?? "")
	await page.goto(`${back.href}?error=access_denied&state=${new URL(asked.url()).searchParams.get("state")}`)
	await page.getByRole("alert").filter({ hasText: "The other provider did not sign you in" }).waitFor()
	expect(new URL(page.url()).pathname).toBe("/sign-in")
})

test("what needs a fresh sign-in asks for one where one is, and is then done", async () => {
	const page = await owner()
	await page.goto("/settings/account")
	await page.getByRole("button", { name: "Make new codes" }).waitFor()
	makeSignInsOld(home)
	await page.getByRole("button", { name: "Make new codes" }).click()
	await page.getByRole("dialog").getByRole("button", { name: "Make new codes" }).click()
	const again = page.getByRole("dialog", { name: "Is it still you?" })
	await again.getByLabel("E-mail").fill("ada@example.com")
	await again.getByLabel("Password").fill("correct horse battery")
	await again.getByRole("button", { name: "Sign in", exact: true }).click()
	await page.getByText("Keep these where you find them").waitFor()
})

test("a browser that is signed out elsewhere asks to sign in again where it was", async () => {
	const [page, other] = [await owner(), await owner()]
	await other.goto("/settings/people")
	await page.goto("/settings/account")
	const rows = page.locator(".part", { hasText: "Signed in" }).locator(".row")
	await rows.filter({ hasText: "this browser" }).waitFor()
	const before = await rows.count()
	// The newest one that is not this one.
	await rows.filter({ hasNotText: "this browser" }).first().getByRole("button", { name: "Sign out" }).click()
	await expect.poll(() => rows.count()).toBe(before - 1)
	await other.getByRole("heading", { name: "Sign in to Homeport" }).waitFor()
	expect(new URL(other.url()).pathname).toBe("/settings/people")
})

test("who tries too often is told when to try again", async () => {
	const page = kept(await newBrowser(browser, home))
	await page.goto("/")
	await page.getByLabel("E-mail").fill("ada@example.com")
	await page.getByLabel("Password").fill("not the password")
	const alert = page.getByRole("alert")
	await expect
		.poll(
			async () => {
				await page.getByRole("button", { name: "Sign in", exact: true }).click()
				await alert.waitFor()
				return alert.textContent()
			},
			{ timeout: 50_000, interval: 50 },
		)
		.toMatch(/Too many requests.*Try again in \d+(s|m)\./)
})
