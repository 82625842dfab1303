// The inbox in a real browser over a real home: real prompts on real screens, answered by click, by key and by others.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join as path } from "node:path"
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page, Route } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { newSessionId, type SessionId } from "../../protocol/ids.ts"
import { faults } from "../support/axe.ts"
import { homeport } from "../support/command.ts"
import { DESKTOP, join, live, PHONE, shows, signIn, startBrowser } from "../support/console.ts"
import { type Home, NODE, startHome } from "../support/home.ts"

/** A menu as agents draw them, chosen from by number, or by arrows and Enter. It tells what was chosen, and asks no more. */
const MENU = `
const options = ["Yes", "Yes, and do not ask again", "No"]
let at = 0
const draw = () => process.stdout.write("\\x1b[2J\\x1b[HBash command\\r\\n\\r\\n  rm -rf build\\r\\n\\r\\nDo you want to proceed?\\r\\n" +
	options.map((option, i) => (i === at ? "❯ " : "  ") + (i + 1) + ". " + option + "\\r\\n").join("") + "\\r\\nEnter to confirm, Esc to cancel\\r\\n")
process.stdin.setRawMode(true)
process.stdin.on("data", (data) => {
	for (const key of String(data).match(/\\x1b\\[[AB]|[^]/g)) {
		if (key === "\\x1b[B") at = Math.min(options.length - 1, at + 1)
		if (key === "\\x1b[A") at = Math.max(0, at - 1)
		if (options[key - 1] !== undefined) at = key - 1
		else if (key !== "\\r") continue
		process.stdout.write("\\x1b[2J\\x1b[Hchosen <" + options[at] + ">\\r\\n")
		process.stdin.removeAllListeners("data")
		process.stdin.resume()
		return
	}
	draw()
})
draw()
`
const SECRET = `stty -echo; printf 'Password: '; read -r said; stty echo; echo; echo "told $(printf %s "$said" | wc -c)"; exec sleep 6000`
const QUESTION = "printf 'Enter the name of the branch: '; read -r said; echo \"told <$said>\"; exec sleep 6000"

let home: Home
let browser: Browser
let folder: string
const contexts: BrowserContext[] = []

beforeAll(async () => {
	folder = mkdtempSync(path(tmpdir(), "homeport-test-"))
	writeFileSync(path(folder, "menu.mjs"), MENU)
	home = await startHome()
	browser = await startBrowser()
})

afterEach(async () => {
	for (const context of contexts.splice(0)) await context.close()
	await homeport(home.dataDir, ["purge", "--all", "--yes", "--force"])
})

afterAll(async () => {
	await browser?.close()
	await home?.stop()
	if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

const SIZES: [name: string, options: BrowserContextOptions][] = [
	["desktop", DESKTOP],
	["phone", PHONE],
]

function kept({ context, page }: { context: BrowserContext; page: Page }): Page {
	contexts.push(context)
	return page
}

async function enter(place = "/inbox", options = DESKTOP): Promise<Page> {
	const page = kept(await signIn(browser, home, options))
	await page.goto(place)
	return page
}

async function start(name: string, argv: string[]): Promise<SessionId> {
	const { id } = await home.call("startSession", {
		params: { machine: home.machine.id },
		body: { id: newSessionId(), name, argv, cwd: folder },
	})
	return id
}

const startMenu = (name = "asks") => start(name, [NODE, path(folder, "menu.mjs")])

/** The request of a session, on the screen. */
function card(page: Page, session = "asks"): Locator {
	return page.getByRole("article", { name: new RegExp(`^${session} `) })
}

/** Waits until the program's screen shows it. */
async function says(session: SessionId, text: string): Promise<void> {
	await expect.poll(() => screen(session)).toContain(text)
}

async function screen(session: SessionId): Promise<string> {
	const { lines } = await home.call("readScreen", { params: { machine: home.machine.id, session } })
	return lines.join("\n")
}

test("what an agent asks appears by itself, is answered by one click, and says when it is done", async () => {
	const page = await enter()
	await page.getByRole("heading", { name: "Nothing needs you" }).waitFor()
	const session = await startMenu()
	await card(page).getByText("Do you want to proceed?").first().waitFor()
	expect(await page.title()).toBe("(1) Inbox · Homeport")
	await page.getByRole("link", { name: "Inbox 1 needs you" }).waitFor()
	await card(page).getByText(home.machine.name).waitFor()
	await card(page).getByText(folder).first().waitFor()

	await card(page).getByRole("button", { name: "No", exact: true }).click()
	await says(session, "chosen <No>")
	await card(page).getByText("Answered “No” by you in the console").waitFor()
	expect(await card(page).getByRole("button", { name: "No", exact: true }).count()).toBe(0)
	await expect.poll(() => page.title()).toBe("Inbox · Homeport")
	// It has been read, and goes.
	await page.getByRole("heading", { name: "Nothing needs you" }).waitFor({ timeout: 30_000 })

	await page.getByRole("link", { name: "History" }).click()
	const past = page.locator(".past-row", { hasText: "asks" })
	await past.getByText("Answered “No” by you in the console").waitFor()
	// From where it was answered is not cut off.
	expect(await past.locator(".outcome").evaluate((shown) => shown.scrollWidth > shown.clientWidth)).toBe(false)
	await past.click()
	await page.getByText("Answered “No” by you in the console").waitFor()
	await page.getByText("the screen", { exact: false }).first().waitFor()
})

test("by keys alone: to the inbox, to the request, and what could do harm is asked for twice", async () => {
	const session = await startMenu()
	const page = await enter("/")
	await page.locator(".session-row", { hasText: "Approval" }).waitFor()
	await page.keyboard.press("g")
	await page.keyboard.press("i")
	await card(page).waitFor()
	await page.keyboard.press("j")
	await page.keyboard.press("1")
	await card(page).getByText("Press again to answer “Yes”").waitFor()
	await page.keyboard.press("Escape")
	await card(page).getByText("Press again").waitFor({ state: "detached" })
	await page.keyboard.press("2")
	await card(page).getByText("Press again to answer “Yes, and do not ask again”").waitFor()
	await page.keyboard.press("1")
	await card(page).getByText("Press again to answer “Yes”").waitFor()
	expect(await screen(session)).not.toContain("chosen")
	await page.keyboard.press("1")
	await says(session, "chosen <Yes>")
	await card(page).getByText("Answered “Yes” by you").waitFor()
})

test("Enter opens a request at an address of its own, t its terminal, which has the same buttons", async () => {
	const session = await startMenu()
	const page = await enter()
	await card(page).waitFor()
	await page.keyboard.press("j")
	await page.keyboard.press("Enter")
	await page.waitForURL(/\/inbox\/req_[0-9a-f]{20}$/)
	await page.getByText("How it is known").waitFor()
	const address = page.url()
	await page.keyboard.press("t")
	await page.waitForURL(`**/s/${session}`)
	await live(page)
	const banner = page.getByRole("region", { name: "asks asks for approval" })
	// What it asks, at the top of the screen, stays to be read.
	expect(await banner.getAttribute("class")).toContain("below")
	await banner.getByRole("button", { name: "Yes", exact: true }).click()
	await shows(page, /^chosen <Yes>/)
	await banner.waitFor({ state: "detached" })
	await page.goto(address)
	await page.getByText("Answered “Yes” by you in the console").waitFor()
})

test("a phone shows the whole question over its terminal, what it is about and how risky, and a number of two digits", async () => {
	const ask =
		"Shall all of the build folders that are left of the old releases be removed from this machine for good? [y/N] "
	const session = await start("asks", ["sh", "-c", `printf '${ask}'; read -r said`])
	for (let more = 0; more < 11; more++)
		await start(`more-${more}`, ["sh", "-c", "printf 'Go on? [y/N] '; read -r said"])
	const page = await enter("/inbox", { ...PHONE, colorScheme: "light" })
	const badge = page.locator(".bottom-bar .badge")
	await badge.getByText("12", { exact: true }).waitFor()
	const [number, around] = [await badge.getByText("12", { exact: true }).boundingBox(), await badge.boundingBox()]
	expect(number?.height).toBeLessThanOrEqual(around?.height ?? 0)
	await page.goto(`/m/${home.machine.id}/s/${session}`)
	const banner = page.getByRole("region", { name: "asks asks for approval" })
	await banner.getByText("high risk").waitFor()
	const text = banner.locator(".asks-text")
	expect(await text.textContent()).toContain("for good?")
	expect(await text.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true)
})

test("what is answered at the terminal, or ends, says so in the inbox", async () => {
	const session = await startMenu()
	const other = await startMenu("ends")
	const page = await enter()
	await card(page).waitFor()
	await card(page, "ends").waitFor()
	const terminal = await enter(`/m/${home.machine.id}/s/${session}`)
	await live(terminal)
	await terminal.keyboard.press("Enter")
	await shows(terminal, /^chosen <Yes>/)
	await card(page)
		.getByText(/Answered in its terminal|Its screen has moved on/)
		.waitFor()
	await home.call("signalSession", {
		params: { machine: home.machine.id, session: other },
		body: { signal: "SIGKILL" },
	})
	await card(page, "ends").getByText("Its program has ended").waitFor()
})

test("words answer a question; a secret goes to the program and stays nowhere", async () => {
	const question = await start("question", ["sh", "-c", QUESTION])
	const secret = await start("secret", ["sh", "-c", SECRET])
	const page = await enter()
	await card(page, "question").getByRole("textbox").fill("feature/one two")
	await page.keyboard.press("Enter")
	await says(question, "told <feature/one two>")

	const field = card(page, "secret").getByLabel("The secret")
	expect(await field.getAttribute("type")).toBe("password")
	await field.fill("sentinel-8f3a")
	await card(page, "secret").getByRole("button", { name: "Send" }).click()
	await says(secret, "told 13")
	await card(page, "secret").getByText("Answered by you in the console").waitFor()
	expect(await page.content()).not.toContain("sentinel-8f3a")
	await page.goto("/inbox/history")
	await page.locator(".past-row", { hasText: "secret" }).waitFor()
	const told = [
		await page.content(),
		JSON.stringify(await page.evaluate(() => [Object.entries(localStorage), Object.entries(sessionStorage)])),
		JSON.stringify(await home.call("listAttention", { query: {} })),
		JSON.stringify(await home.call("listAudit", { query: {} })),
	]
	for (const text of told) expect(text).not.toContain("sentinel-8f3a")
})

test("what is dismissed is off the inbox, with its program left alone", async () => {
	const session = await startMenu()
	const page = await enter()
	await card(page).getByRole("button", { name: "Dismiss" }).click()
	await card(page).getByText("Dismissed").waitFor()
	expect(await screen(session)).toContain("Do you want to proceed?")
})

test("a guest sees what is asked, and is told who may answer", async () => {
	const session = await startMenu()
	const page = kept(await join(browser, home, "guest", "Gwen"))
	await page.goto("/inbox")
	const button = card(page).getByRole("button", { name: "Yes", exact: true })
	expect(await button.getAttribute("aria-disabled")).toBe("true")
	expect(await button.getAttribute("title")).toContain("This needs the role developer")
	await button.click({ force: true })
	await page.keyboard.press("1")
	expect(await screen(session)).toContain("Do you want to proceed?")
})

test("somebody else's answer is told where one looks, and the buttons are gone", async () => {
	await startMenu()
	const page = await enter()
	await card(page).waitFor()
	const grace = kept(await join(browser, home, "developer", "Grace"))
	await grace.goto("/inbox")
	await card(grace).getByRole("button", { name: "No", exact: true }).click()
	await card(page).getByText("Answered “No” by Grace in the console").waitFor()
	expect(await card(page).getByRole("button").count()).toBe(0)
})

test("rules are written as sentences, tried, ordered and removed; the rest of the policy is kept with them", async () => {
	const page = await enter("/settings/policy")
	const add = async (verdict: string, command: string) => {
		await page.getByRole("button", { name: "New rule" }).click()
		await page.getByRole("radio", { name: new RegExp(`^${verdict}`) }).check()
		await page.getByRole("textbox", { name: "Command" }).fill(command)
		await page.getByRole("dialog").getByRole("button", { name: "Save" }).click()
		await page.getByRole("dialog").waitFor({ state: "detached" })
	}
	await add("Allow", "git status")
	await add("Deny", "rm *")
	const sentences = page.locator(".rule .grow")
	await expect.poll(() => sentences.allTextContents()).toEqual(["Allow “git status”", "Deny “rm *”"])
	await page.getByRole("button", { name: "Move earlier: Deny “rm *”" }).click()
	await expect.poll(() => sentences.allTextContents()).toEqual(["Deny “rm *”", "Allow “git status”"])

	const tried = page.getByLabel("What would the rules do with")
	await tried.fill("git status")
	await page.getByText("It is allowed").waitFor()
	await tried.fill("git status && rm -rf ~")
	await page.getByText("It is allowed").waitFor({ state: "detached" })
	await page.getByText(/It is denied|A person is asked/).waitFor()

	await page.getByLabel("Answer approvals with no after").selectOption("30")
	await page.getByLabel("Quiet hours").check()
	await page.getByLabel("From").fill("22:30")
	await page.getByLabel("Time zone").selectOption("Europe/Berlin")
	await page.getByRole("button", { name: "Save" }).first().click()
	await page.getByText("Saved").waitFor()
	const { policy } = await home.call("readPolicy")
	expect(policy).toMatchObject({
		rules: [
			{ verdict: "deny", command: "rm *" },
			{ verdict: "allow", command: "git status" },
		],
		deadlineMinutes: 30,
		quiet: { from: "22:30", to: "07:00", timeZone: "Europe/Berlin" },
	})

	// Somebody else changes it meanwhile: nothing of theirs is lost.
	const { policy: now } = await home.call("readPolicy")
	const meanwhile = async (route: Route) => {
		await home.call("writePolicy", { body: { policy: { ...now, remindMinutes: 5 } } })
		await route.continue()
	}
	await page.route("**/api/policy", meanwhile, { times: 1 })
	await page.getByRole("button", { name: "Remove: Deny “rm *”" }).click()
	await page.getByText("Somebody has changed the policy meanwhile").waitFor()
	expect((await home.call("readPolicy")).policy).toMatchObject({ remindMinutes: 5, rules: now.rules })
	await page.getByRole("button", { name: "Remove: Deny “rm *”" }).click()
	await expect.poll(() => sentences.allTextContents()).toEqual(["Allow “git status”"])

	const guest = kept(await join(browser, home, "guest", "Gus"))
	await guest.goto("/settings/policy")
	const button = guest.getByRole("button", { name: "New rule" })
	expect(await button.getAttribute("title")).toContain("This needs the role maintainer")
	await home.call("writePolicy", { body: { policy: { rules: [] } as never } })
})

test.each(SIZES)(
	"axe finds nothing serious where something waits: %s",
	async (_, options) => {
		const session = await startMenu()
		await start("secret", ["sh", "-c", SECRET])
		const page = await enter("/inbox", options)
		await card(page).waitFor()
		await card(page, "secret").waitFor()
		const found: string[] = []
		const look = async (what: string) => found.push(...(await faults(page)).map((fault) => `${what}: ${fault}`))
		await look("inbox")
		await page.keyboard.press("j")
		await page.keyboard.press("1")
		await look("armed")
		await page.goto("/")
		await page.locator(".session-row", { hasText: "Approval" }).waitFor()
		await look("fleet")
		await page.goto(`/m/${home.machine.id}/s/${session}`)
		await live(page)
		await page.getByRole("region", { name: "asks asks for approval" }).waitFor()
		await look("session")
		await page.goto("/inbox")
		await card(page).getByRole("button", { name: "No", exact: true }).click()
		await card(page).getByText("Answered “No” by you").waitFor()
		await look("answered")
		await page.goto("/inbox/history")
		await page.locator(".past-row", { hasText: "asks" }).first().waitFor()
		await look("history")
		expect(found).toEqual([])
	},
	120_000,
)
