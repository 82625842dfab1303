// Channels in a real browser over a real home: a WeChat account signed in by a QR code, a chat paired, and what is refused.
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { DESKTOP, join, PHONE, signIn, startBrowser } from "../support/console.ts"
import { type Home, startHome } from "../support/home.ts"
import { WeixinServer } from "../support/weixin-server.ts"

let home: Home
let browser: Browser
let weixin: WeixinServer
const contexts: BrowserContext[] = []

beforeAll(async () => {
	weixin = await WeixinServer.start()
	home = await startHome({ environment: { HOMEPORT_WEIXIN_URL: weixin.url } })
	browser = await startBrowser()
})

afterEach(async () => {
	for (const context of contexts.splice(0)) await context.close()
})

afterAll(async () => {
	await browser?.close()
	await home?.stop()
	await weixin?.stop()
})

function kept({ context, page }: { context: BrowserContext; page: Page }): Page {
	contexts.push(context)
	return page
}

const CONFIRMED = {
	status: "confirmed",
	bot_token: "token-1",
	ilink_bot_id: "homeport@im.bot",
	ilink_user_id: "alice@im.wechat",
}

test("a WeChat account is connected by a QR code, a chat becomes mine, and a sign-out is seen", async () => {
	const page = kept(await signIn(browser, home, DESKTOP))
	await page.goto("/settings/channels")
	await page.getByText("No channel yet").waitFor()
	await page.getByRole("button", { name: "Connect WeChat", exact: true }).click()
	const dialog = page.getByRole("dialog")
	await dialog.getByLabel("Machine").selectOption(home.machine.id)
	await dialog.getByRole("button", { name: "Connect", exact: true }).click()
	await dialog.getByRole("img", { name: /^QR code/ }).waitFor()
	weixin.status = { status: "scaned" }
	await dialog.getByText("Confirm it on your phone").waitFor()
	weixin.status = { status: "need_verifycode" }
	await dialog.getByLabel("Number").fill("12")
	await dialog.getByRole("button", { name: "Send" }).click()
	await dialog.getByText("That is not the number").waitFor()
	weixin.status = CONFIRMED
	await dialog.getByLabel("Number").fill("42")
	await dialog.getByRole("button", { name: "Send" }).click()
	await dialog.getByText("Signed in as WeChat homeport").waitFor()
	await dialog.getByRole("button", { name: "Close", exact: true }).last().click()

	const row = page.locator(".thing", { hasText: "WeChat homeport" })
	await row.getByText("working").waitFor()
	await row.getByText(`polled by ${home.machine.name}`).waitFor()
	await row.getByText("You have no chat with it yet").waitFor()
	await row.getByRole("button", { name: "Connect my chat" }).click()
	const said = (await dialog.locator("code").textContent()) ?? ""
	expect(said).toMatch(/^\/pair \S+$/)
	weixin.push({ id: "9007199254740993", text: said })
	await dialog.getByText(/^Connected: /).waitFor()
	await dialog.getByRole("button", { name: "Done" }).click()
	await row.getByText(/^Yours: /).waitFor()

	weixin.dead.add("token-1")
	weixin.change()
	await row.getByText("signed out").waitFor()
	await row.getByRole("button", { name: "Sign in" }).waitFor()

	await row.getByRole("button", { name: "Remove" }).click()
	await dialog.getByRole("button", { name: "Remove" }).click()
	await page.getByText("No channel yet").waitFor()
	expect((await home.call("listDestinations")).destinations).toEqual([])
})

test("what a service cannot take is told in words, and its token stays in no page", async () => {
	const page = kept(await signIn(browser, home, PHONE))
	await page.goto("/settings/channels")
	await page.getByRole("button", { name: "Connect Telegram" }).click()
	const dialog = page.getByRole("dialog")
	await dialog.getByText("Telegram calls this home by HTTPS").waitFor()
	const connect = dialog.getByRole("button", { name: "Connect", exact: true })
	const token = dialog.getByLabel("Bot token")
	expect(await token.getAttribute("type")).toBe("password")
	await token.fill("not a token")
	expect(await connect.isDisabled()).toBe(true)
	await token.fill(`123456:${"sentinel".repeat(5)}`)
	await connect.click()
	await dialog.getByRole("alert").filter({ hasText: "HTTPS" }).waitFor()
	expect((await home.call("listChannels")).channels).toEqual([])
	expect(JSON.stringify(await home.call("listAudit", { query: {} }))).not.toContain("sentinel")
})

test("who may not connect a bot is told who may", async () => {
	const page = kept(await join(browser, home, "developer", "Dev"))
	await page.goto("/settings/channels")
	const button = page.getByRole("button", { name: "Connect Telegram" })
	expect(await button.getAttribute("title")).toContain("This needs the role maintainer")
	await button.click({ force: true })
	expect(await page.getByRole("dialog").count()).toBe(0)
})
