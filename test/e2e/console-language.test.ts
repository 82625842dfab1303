// The console in the reader's language: as the browser asks, as the person chooses, and whole on a phone.
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import { newBrowser, PHONE, signInLink, startBrowser } from "../support/console.ts"
import { type Home, startHome } from "../support/home.ts"

let home: Home
let browser: Browser
const contexts: BrowserContext[] = []

beforeAll(async () => {
	home = await startHome()
	browser = await startBrowser()
})

afterEach(async () => {
	for (const context of contexts.splice(0)) await context.close()
})

afterAll(async () => {
	await browser?.close()
	await home?.stop()
})

async function chinesePhone(): Promise<Page> {
	const { context, page } = await newBrowser(browser, home, { ...PHONE, locale: "zh-CN" })
	contexts.push(context)
	return page
}

const FLEET = { name: "机群", exact: true, level: 1 } as const

async function enter(page: Page): Promise<void> {
	await page.goto(await signInLink(home))
	await page.getByRole("heading", FLEET).waitFor()
}

/** Nothing sticks out to the side. */
async function fits(page: Page): Promise<void> {
	const { wide, room } = await page.evaluate(() => ({
		wide: document.documentElement.scrollWidth,
		room: document.documentElement.clientWidth,
	}))
	expect(wide, page.url()).toBeLessThanOrEqual(room)
}

/** What is shown of words that are no code: those that look like an English sentence. */
function english(page: Page): Promise<string[]> {
	return page.evaluate(() => {
		const found: string[] = []
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
		for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
			const { parentElement: parent, textContent: text } = node
			if (parent === null || parent.closest("code, pre, .mono, .xterm, script, [lang=en]") !== null) continue
			if (/\p{Script=Han}/u.test(text ?? "")) continue
			// The token of the home's own command has a name, and keeps it.
			if (/[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}/.test((text ?? "").replace("homeport up on", ""))) found.push(text ?? "")
		}
		return found
	})
}

test("a browser that asks for Chinese gets it, and whoever chooses English keeps English", async () => {
	const page = await chinesePhone()
	await page.goto("/")
	await page.getByRole("heading", { name: "登录 Homeport" }).waitFor()
	expect(await page.getAttribute("html", "lang")).toBe("zh-Hans")
	await page.getByRole("button", { name: "English" }).click()
	await page.getByRole("heading", { name: "Sign in to Homeport" }).waitFor()
	expect(await page.getAttribute("html", "lang")).toBe("en")
	await page.reload()
	await page.getByRole("button", { name: "简体中文" }).click()
	await page.getByRole("heading", { name: "登录 Homeport" }).waitFor()

	await enter(page)
	await page.goto("/settings/account")
	await page.getByLabel("语言").selectOption("en")
	await page.getByRole("heading", { name: "Account", level: 1 }).waitFor()
	await page.getByLabel("Language").selectOption("")
	await page.getByRole("heading", { name: "账户", level: 1 }).waitFor()
})

test("a refusal is said in Chinese", async () => {
	const page = await chinesePhone()
	await page.goto(`${home.url}/sign-in#${"0".repeat(64)}`)
	await page
		.getByText(/此登录链接已使用或已过期|此链接已失效/)
		.first()
		.waitFor()
	expect(await english(page)).toEqual([])
})

const SCREENS = [
	"/",
	"/inbox",
	"/settings",
	"/settings/account",
	"/settings/notifications",
	"/settings/people",
	"/settings/tokens",
	"/settings/machines",
	"/settings/secrets",
	"/settings/policy",
	"/settings/channels",
	"/settings/audit",
	"/settings/workspace",
]

test("on a phone every screen is Chinese, and none is wider than the phone", async () => {
	const { id } = await home.call("startSession", {
		params: { machine: home.machine.id },
		body: {
			id: newSessionId(),
			name: "fix-login",
			argv: ["sh", "-c", "printf 'Overwrite? [y/N] '; read -r said; exec sleep 6000"],
		},
	})
	await expect.poll(async () => (await home.call("listInbox")).items.length).toBe(1)
	const page = await chinesePhone()
	await enter(page)
	const session = `/m/${home.machine.id}/s/${id}`
	for (const path of [...SCREENS, session]) {
		await page.goto(path)
		await (path === session ? page.locator(".truth", { hasText: "实时" }) : page.locator("h1").first()).waitFor()
		await expect.poll(() => page.locator(".skeleton").count(), { message: path }).toBe(0)
		await fits(page)
		expect(await english(page), path).toEqual([])
		if (SHOTS !== undefined)
			await page.screenshot({ path: `${SHOTS}/${path.replaceAll("/", "_")}.png`, fullPage: true })
	}
	const machine = `/settings/machines/${home.machine.id}`
	for (const part of ["", "/substrates", "/vms", "/loadouts", "/runtimes"]) {
		await page.goto(machine + part)
		await page.locator("h1").first().waitFor()
		await fits(page)
		if (SHOTS !== undefined)
			await page.screenshot({ path: `${SHOTS}/machine${part.replace("/", "_")}.png`, fullPage: true })
	}
	await page.goto("/")
	await page.getByRole("heading", FLEET).waitFor()
	await page.getByRole("button", { name: "新建会话" }).first().click()
	const dialog = page.getByRole("dialog", { name: "新建会话" })
	await dialog.getByRole("button", { name: "启动", exact: true }).waitFor()
	await fits(page)
	if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/start.png` })
})

/** A folder for pictures to look at, for whoever changes the words or the styles. */
const SHOTS = process.env.SHOTS
