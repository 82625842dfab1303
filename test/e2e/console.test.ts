// The console in a real browser over a real home: signing in, starting, typing, and what interrupts it.
import { spawn } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest"
import {
	allText,
	DESKTOP,
	live,
	PHONE,
	parsed,
	paste,
	rows,
	run,
	shows,
	signIn,
	signInLink,
	startBrowser,
	startShell,
	type,
} from "../support/console.ts"
import { HOMEPORT, type Home, NODE, startHome } from "../support/home.ts"
import { startProxy } from "../support/proxy.ts"
import { until } from "../support/until.ts"

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

async function enter(options = DESKTOP, origin = home.url): Promise<Page> {
	const { context, page } = await signIn(browser, home, options, origin)
	contexts.push(context)
	return page
}

test("a sign-in link signs in once; then it says that it is spent", async () => {
	const link = await signInLink(home)
	const context = await browser.newContext()
	contexts.push(context)
	const page = await context.newPage()
	await page.goto(link)
	await page.getByRole("heading", { name: "Fleet" }).waitFor()
	expect(new URL(page.url()).hash).toBe("")

	const stranger = await browser.newContext()
	contexts.push(stranger)
	const late = await stranger.newPage()
	await late.goto(link)
	await late.getByRole("heading", { name: "This link is spent" }).waitFor()
	expect(new URL(late.url()).hash).toBe("")
})

test("[LNK4] the fleet shows the machine linked, with the age of its proof", async () => {
	const page = await enter()
	await page.locator(".presence.linked", { hasText: /proven \d+s ago/ }).waitFor()
})

test("two clicks lead from the first screen to typing in a shell", async () => {
	const page = await enter()
	await page.getByRole("button", { name: "New session" }).first().click()
	await page.getByRole("button", { name: "Start", exact: true }).click()
	await live(page)
	await type(page, "echo $((6*7))-typed")
	await shows(page, /^42-typed/)
})

test("a command line is cut into arguments that are shown, and runs without a shell between", async () => {
	const page = await enter()
	await page.getByRole("button", { name: "New session" }).first().click()
	await page.getByText("Custom", { exact: true }).click()
	await page.getByLabel("Command line").fill(`printf '[%s]' "a b" $HOME`)
	await soon(() => page.locator(".argv code").allTextContents()).toEqual(["printf", "[%s]", "a b", "$HOME"])
	await page.keyboard.press("Enter")
	await shows(page, "[a b][$HOME]")
	await page.getByText("The program has ended").waitFor()
})

test("[TRU3] what had a secret among its arguments starts again with it, and shows it nowhere", async () => {
	const page = await enter()
	await page.getByRole("button", { name: "New session" }).first().click()
	await page.getByText("Custom", { exact: true }).click()
	const secret = `ghp_${randomBytes(18).toString("hex")}`
	await page.getByLabel("Command line").fill(`sh -c 'printf "%s letters" "\${#0}"' ${secret}`)
	await page.keyboard.press("Enter")
	await page.getByText("The program has ended").waitFor()
	const first = page.url()
	await page.getByRole("button", { name: "Start again" }).click()
	await shows(page, /^40 letters.*40 letters|^40 letters$/)
	await expect.poll(() => allText(page), { timeout: 15_000 }).toMatch(/40 letters[\s\S]*40 letters/)
	expect(page.url()).toBe(first)
	expect(await page.content()).not.toContain(secret)
})

test("a refusal is told in words, and the dialog stays", async () => {
	const page = await enter()
	await page.getByRole("button", { name: "New session" }).first().click()
	await page.getByRole("combobox", { name: "Directory" }).fill("/nowhere/at/all")
	await page.getByRole("button", { name: "Start", exact: true }).click()
	await page.getByRole("alert").filter({ hasText: "That directory does not exist" }).waitFor()
})

test("[INP3] the size follows the window that types; another sees all of it, scaled", async () => {
	const page = await enter()
	await startShell(page)
	await run(page, "stty size")
	await shows(page, /^\d+ \d+$/)
	const before = await sizeShown(page)
	await page.setViewportSize({ width: 900, height: 600 })
	await until("the program has the new size", async () => {
		await run(page, "clear; stty size")
		return (await sizeShown(page)) !== before
	})

	const { context, page: small } = await signIn(browser, home, { viewport: { width: 600, height: 400 } })
	contexts.push(context)
	await small.goto(new URL(page.url()).pathname)
	await live(small)
	const room = await small.locator(".terminal-room").boundingBox()
	const screen = await small.locator(".xterm-screen").boundingBox()
	expect(screen?.width).toBeLessThanOrEqual(room?.width ?? 0)
	expect(screen?.height).toBeLessThanOrEqual(room?.height ?? 0)
	expect(await small.locator(".xterm-accessibility-tree > div").count()).toBe(
		await page.locator(".xterm-accessibility-tree > div").count(),
	)
})

test("[INP1] a paste of 1 MB arrives whole", async () => {
	const page = await enter()
	await startShell(page)
	const text = randomBytes(512 * 1024).toString("hex")
	const hash = createHash("sha256").update(text).digest("hex")
	await run(page, `stty raw -echo; echo ready; head -c ${text.length} | sha256sum; stty sane`)
	await shows(page, /^ready/)
	await paste(page, text)
	await shows(page, hash)
})

test("[OUT3] a page loaded again in mid-output shows what a fresh one shows", async () => {
	const page = await enter()
	await startShell(page)
	await run(page, "seq 1 60000; echo done-$((1+1))")
	await until("output runs", async () => (await parsed(page)) > 20_000)
	await page.reload()
	await shows(page, /^done-2/)
	await live(page)
	const fresh = await page.context().newPage()
	await fresh.goto(page.url())
	await live(fresh)
	await shows(fresh, /^done-2/)
	const [again, first] = [await allText(page), await allText(fresh)]
	expect(again).toBe(first)
	expect(again.split("\n")).toContain("59999")
})

test("[INP1] a cut connection is dialled again, and keys typed meanwhile arrive once", async () => {
	const { hostname: host, port } = new URL(home.url)
	const proxy = await startProxy({ host, port: Number(port) })
	try {
		const page = await enter(DESKTOP, proxy.url)
		await startShell(page)
		// The shell lets the terminal echo only once it runs what it was told.
		await run(page, "echo ready-$((1+1)); cat")
		await shows(page, /^ready-2/)
		for (let i = 0; i < 5; i++) {
			const cut = proxy.cut("up", 1)
			await type(page, `line ${i}`)
			await cut
			await live(page)
			// The terminal's echo, and then what cat made of it.
			await soon(() => count(page, `line ${i}`)).toBe(2)
		}
		await page.keyboard.press("Control+d")
		await type(page, "echo over-$((1+1))")
		await shows(page, /^over-2/)
		const lines = (await allText(page)).split("\n").filter((line) => line.startsWith("line "))
		expect(lines).toEqual([0, 1, 2, 3, 4].flatMap((i) => [`line ${i}`, `line ${i}`]))
	} finally {
		await proxy.stop()
	}
})

test("[INP1] keys that are old when the link is back wait for the person", async () => {
	const target = { host: new URL(home.url).hostname, port: Number(new URL(home.url).port) }
	const proxy = await startProxy(target)
	const page = await enter(DESKTOP, proxy.url)
	// Before the page loads, so that all of it goes by this clock.
	await page.clock.install()
	await page.reload()
	await startShell(page)
	// What a program says after it tells that every key before was written.
	await run(page, "echo ready-$((1+1)); cat")
	await shows(page, /^ready-2/)
	await proxy.stop()
	await page.locator(".truth", { hasText: "connection lost, dialling again…" }).waitFor()
	await page.keyboard.type("abc")
	// What becomes of them depends on their age, and a slow page may be late to look.
	await page.getByText("3 keys unsent: ").waitFor()
	await page.clock.fastForward(6_000)
	await page.getByText("3 keys unsent: you will be asked when the link is back").waitFor()
	const again = await startProxy(target, Number(new URL(proxy.url).port))
	try {
		await page.evaluate(() => dispatchEvent(new Event("online")))
		await page.getByRole("alert").filter({ hasText: "3 keys unsentSend them now?" }).waitFor()
		await page.locator(".terminal-room textarea").focus()
		await page.keyboard.type("d")
		await page.getByRole("alert").filter({ hasText: "4 keys unsent" }).waitFor()
		await page.getByRole("button", { name: "Send", exact: true }).click()
		await shows(page, /^abcd$/)
		await page.getByText("keys unsent").waitFor({ state: "detached" })
	} finally {
		await again.stop()
	}
})

test("[INP1] keys typed without a link outlive a reload of the page, and arrive once", async () => {
	const target = { host: new URL(home.url).hostname, port: Number(new URL(home.url).port) }
	const proxy = await startProxy(target)
	try {
		const page = await enter(DESKTOP, proxy.url)
		await startShell(page)
		await run(page, "echo ready-$((1+1)); cat")
		await shows(page, /^ready-2/)
		let isLinked = false
		await page.routeWebSocket(/\/view(\?|$)/, (socket) => (isLinked ? socket.connectToServer() : socket.close()))
		await proxy.cut("down", 0)
		await page.keyboard.type("kept")
		await page.getByText("4 keys unsent: sent when the link is back").waitFor()
		page.once("dialog", (asked) => void asked.accept())
		isLinked = true
		await page.reload()
		await live(page)
		await shows(page, /^kept$/)
		await page.keyboard.press("Enter")
		await soon(() => count(page, "kept")).toBe(2)
	} finally {
		await proxy.stop()
	}
})

test("a browser without a network says so, and is live again when the network is back", async () => {
	const page = await enter()
	await startShell(page)
	await page.context().setOffline(true)
	await page.getByText("You are offline. What you see is what was last known.").waitFor()
	await page.context().setOffline(false)
	await live(page)
	await type(page, "echo back-$((1+1))")
	await shows(page, /^back-2/)
})

test("[OUT7] the page answers none of a program's queries", async () => {
	const page = await enter()
	await startShell(page)
	const program = [
		`process.stdin.setRawMode(true)`,
		`process.stdout.write("\\x1b[c\\x1b[>c\\x1b[5n\\x1b[?6n\\x1b[?2026$p\\x1b]11;?\\x07\\x1b]4;1;?\\x07\\x1bP$qm\\x1b\\\\\\x1b[18t\\x1b[>q\\x1b[?uasked\\r\\n")`,
		`let said = ""`,
		`process.stdin.on("data", (d) => { said += d; if (said.endsWith("q")) { console.log(JSON.stringify(said.match(/\\x1b\\[\\?[\\d;]*c/g)), said.split("\\x1b[0n").length - 1, "heard"); process.exit() } })`,
	].join("; ")
	await run(page, `${NODE} -e '${program.replaceAll("'", `'\\''`)}'`)
	await shows(page, /^asked/)
	// Whatever the page would answer is on its way before this key.
	await page.keyboard.press("q")
	await shows(page, /^\[.*\] \d+ heard/)
	const heard = await rows(page)
		.filter({ hasText: /^\[.*\] \d+ heard/ })
		.textContent()
	expect(heard).toMatch(/^\["[^,]*"\] 1 heard/)
})

test("text composed by an input method arrives once, and whole", async () => {
	const page = await enter()
	await startShell(page)
	await run(page, "echo ready-$((1+1)); cat")
	await shows(page, /^ready-2/)
	const cdp = await page.context().newCDPSession(page)
	for (const [steps, text] of [
		[["n", "ni", "ni h", "ni hao"], "你好"],
		[["に", "にほ", "にほん"], "日本"],
		[["ㅎ", "하", "한"], "한"],
	] as const) {
		for (const step of steps)
			await cdp.send("Input.imeSetComposition", { text: step, selectionStart: step.length, selectionEnd: step.length })
		await cdp.send("Input.insertText", { text })
	}
	await page.keyboard.press("Enter")
	await soon(async () => (await rows(page).allTextContents()).filter((row) => row.includes("你好日本한")).length).toBe(
		2,
	)
})

test("a phone has the keys that its keyboard lacks, and a line to compose in", async () => {
	const page = await enter(PHONE)
	await page.getByRole("button", { name: "New session", exact: true }).tap()
	await page.getByRole("button", { name: "Start", exact: true }).tap()
	await live(page)
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
	const bar = page.getByRole("toolbar", { name: "Keys" })
	// What interrupts a shell that has not read its line yet takes the line away.
	await run(page, "echo up; cat")
	await shows(page, /^up/)
	await bar.getByRole("button", { name: "ctrl" }).tap()
	await page.keyboard.type("c")
	await shows(page, /\^C/)
	// A key pressed before the prompt would go to nobody.
	await shows(page, /[#$] ?$/)
	await bar.getByRole("button", { name: "ArrowUp" }).tap()
	await soon(async () => (await rows(page).allTextContents()).filter((row) => /cat\s*$/.test(row)).length).toBe(2)
	await bar.getByRole("button", { name: "More keys" }).tap()
	await bar.getByRole("button", { name: "^C" }).tap()
	await bar.getByRole("button", { name: "Compose" }).tap()
	await page.getByRole("textbox", { name: "Compose" }).fill("echo composed-$((20+1))")
	await page.getByRole("button", { name: "Send", exact: true }).tap()
	await shows(page, /^composed-21/)
	for (const key of await bar.getByRole("button").all()) {
		const box = await key.boundingBox()
		expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44)
	}
})

test("[INP1] a duplicated tab is a viewer of its own", async () => {
	const page = await enter()
	await startShell(page)
	const [copy] = await Promise.all([
		page.context().waitForEvent("page"),
		page.evaluate(() => void window.open(location.href)),
	])
	await live(copy)
	await page.getByRole("button", { name: "1 other screen here" }).waitFor()
	const viewer = (tab: Page) => tab.evaluate(() => sessionStorage.getItem("viewer"))
	expect(await viewer(copy)).not.toBe(await viewer(page))

	const before = await viewer(page)
	await page.reload()
	await live(page)
	expect(await viewer(page)).toBe(before)
	await page.getByRole("button", { name: "1 other screen here" }).waitFor()
})

test("[LNK5] a hidden tab lets go of its machines, and shows the present when it is looked at again", async () => {
	const page = await enter()
	await page.clock.install()
	await page.reload()
	await startShell(page)
	const watching = await page.context().newPage()
	await watching.goto(page.url())
	await live(watching)
	const others = watching.getByRole("button", { name: "1 other screen here" })
	await others.waitFor()
	await look(page, false)
	await page.clock.fastForward(11_000)
	await others.waitFor({ state: "detached" })
	await run(watching, "echo meanwhile-$((1+1))")
	await shows(watching, /^meanwhile-2/)
	await look(page, true)
	await live(page)
	await shows(page, /^meanwhile-2/)
	await others.waitFor()
})

test("a link to a session that is gone says so", async () => {
	const page = await enter()
	await page.goto(`/m/${home.machine.id}/s/ses_00000000000000000000`)
	await page.getByRole("heading", { name: "There is no such session" }).waitFor()
	await page.goto("/m/mch_00000000000000000000/s/ses_00000000000000000000")
	await page.getByRole("heading", { name: "There is no such session" }).waitFor()
})

test("every screen is reached by keys, and the terminal gives back only its one chord", async () => {
	const page = await enter()
	await startShell(page)
	await page.keyboard.press("Control+k")
	await soon(() => page.getByRole("dialog").count()).toBe(0)
	await page.keyboard.press("Control+Shift+K")
	await page.getByRole("combobox", { name: "Command palette" }).fill("go to tokens")
	await page.keyboard.press("Enter")
	await page.getByRole("heading", { name: "Tokens" }).waitFor()
	await page.keyboard.press("g")
	await page.keyboard.press("f")
	await page.getByRole("heading", { name: "Fleet" }).waitFor()
	await page.keyboard.press("?")
	await page.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor()
})

test("[SES2] an ended session says how, starts again, and is removed", async () => {
	const page = await enter()
	await startShell(page)
	await type(page, "exit 3")
	await page.getByText("The program has ended with code 3").waitFor()
	await page.getByRole("button", { name: "Remove", exact: true }).click()
	await page.getByRole("button", { name: "Remove session" }).click()
	await page.getByRole("heading", { name: "Fleet" }).waitFor()
})

test("a token is shown once and is refused once revoked", async () => {
	const page = await enter()
	await page.goto("/settings/tokens")
	await page.getByRole("button", { name: "New token" }).click()
	await page.getByLabel("Name").fill("ci")
	await page.getByRole("button", { name: "Create" }).click()
	const secret = await page.locator(".copy-field code").textContent()
	const asks = () => fetch(`${home.url}/api/me`, { headers: { authorization: `Bearer ${secret}` } })
	expect((await asks()).status).toBe(200)
	await page.getByRole("button", { name: "I have copied it" }).click()
	const row = page.locator(".thing", { hasText: "ci" })
	await row.getByRole("button", { name: "Revoke" }).click()
	await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click()
	await row.waitFor({ state: "detached" })
	expect((await asks()).status).toBe(401)
})

test("[LNK1] a machine that is added shows up in the dialog that waits for it", async () => {
	const page = await enter()
	await page.getByRole("button", { name: "Add a machine" }).first().click()
	const line = (await page.locator(".copy-field code").first().textContent()) ?? ""
	const code = /[\w-]+$/.exec(line)?.[0] ?? ""
	expect(await page.getByRole("dialog").textContent()).toContain(
		`This works on this computer only: no other one reaches ${home.url}.`,
	)
	const folder = mkdtempSync(join(tmpdir(), "homeport-test-"))
	const connector = spawn(NODE, [
		HOMEPORT,
		"connect",
		home.url,
		"--code",
		code,
		"--name",
		"other",
		"--data-dir",
		folder,
	])
	onTestFinished(() => {
		connector.kill("SIGKILL")
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
	})
	await page.getByText("other is connected").waitFor()
	await page.getByRole("button", { name: "Done" }).click()
	const machine = page.locator(".machine", { hasText: "other" })
	await machine.getByRole("button", { name: "Actions for other" }).click()
	await page.getByRole("button", { name: "Remove", exact: true }).click()
	await page.getByRole("button", { name: "Remove machine" }).click()
	await machine.waitFor({ state: "detached" })
})

/** Expects of what is asked again and again, on a machine that may be busy with something else. */
function soon<T>(ask: () => Promise<T>) {
	return expect.poll(ask, { timeout: 15_000 })
}

/** How many rows of the screen are this line. */
async function count(page: Page, line: string): Promise<number> {
	return (await rows(page).allTextContents()).filter((row) => row.trimEnd() === line).length
}

/** What `stty size` said last. */
async function sizeShown(page: Page): Promise<string | undefined> {
	return (await rows(page).allTextContents()).filter((row) => /^\d+ \d+\s*$/.test(row)).at(-1)
}

/** Hides the tab, or brings it back, as a browser would tell the page. */
async function look(page: Page, isLooking: boolean): Promise<void> {
	await page.evaluate((hidden) => {
		Object.defineProperty(document, "hidden", { configurable: true, value: hidden })
		document.dispatchEvent(new Event("visibilitychange"))
	}, !isLooking)
}
