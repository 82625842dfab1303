// The console in a real browser, used as a person uses it.
import { existsSync } from "node:fs"
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core"
import type { Role } from "../../protocol/roles.ts"
import { homeport } from "./command.ts"
import type { Home } from "./home.ts"
import { newMember, ownersCookies } from "./person.ts"

/** The browser without windows computes a third less; it has no notifications. */
const SHELL = "/usr/bin/chromium-headless-shell"
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
const ARGS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
]

export const DESKTOP: BrowserContextOptions = { viewport: { width: 1440, height: 900 } }
export const PHONE: BrowserContextOptions = {
	viewport: { width: 390, height: 844 },
	hasTouch: true,
	isMobile: true,
	deviceScaleFactor: 2,
}

export function startBrowser({ notifies = false } = {}): Promise<Browser> {
	const executablePath = [...(notifies ? [] : [SHELL]), ...CHROMIUM].find((path) => existsSync(path))
	if (executablePath === undefined) throw new Error("These tests need Chromium: apt-get install chromium")
	return chromium.launch({ executablePath, args: ARGS })
}

/** One browser profile in which nobody is signed in. `origin` is where the home is reached, if not at its own address. */
export async function newBrowser(
	browser: Browser,
	home: Home,
	options: BrowserContextOptions = DESKTOP,
	origin = home.url,
) {
	const context = await browser.newContext({
		...options,
		baseURL: origin,
		permissions: ["clipboard-read", "clipboard-write"],
	})
	// What is waited for comes when it comes, on a machine that is busy with something else.
	context.setDefaultTimeout(30_000)
	// The setting for screen readers: what a terminal shows is then in the page as text.
	await context.addInitScript(() => localStorage.setItem("screen-reader", "on"))
	return { context, page: await context.newPage() }
}

/** One browser profile in which the home's owner is signed in. */
export async function signIn(browser: Browser, home: Home, options = DESKTOP, origin = home.url) {
	return enter(await newBrowser(browser, home, options, origin), await ownersCookies(home), origin)
}

/** One browser profile in which somebody else is signed in, who has just become a member. */
export async function join(
	browser: Browser,
	home: Home,
	role: Role,
	name: string,
	options = DESKTOP,
	origin = home.url,
) {
	return enter(await newBrowser(browser, home, options, origin), await newMember(home, role, name), origin)
}

async function enter(
	{ context, page }: Awaited<ReturnType<typeof newBrowser>>,
	cookies: { name: string; value: string }[],
	origin: string,
) {
	await context.addCookies(cookies.map((cookie) => ({ ...cookie, url: origin })))
	await page.goto("/")
	await page.getByRole("heading", { name: "Fleet" }).waitFor()
	return { context, page }
}

export async function signInLink(home: Home): Promise<string> {
	const made = (await homeport(home.dataDir, ["up", "--sign-in-link", "--json"])).json() as { signInUrl: string }
	return made.signInUrl
}

/** From the fleet to a prompt. */
export async function startShell(page: Page): Promise<void> {
	await page.getByRole("button", { name: "New session" }).first().click()
	await page.getByRole("button", { name: "Start", exact: true }).click()
	await live(page)
}

/** Waits until the terminal shows the program's present. */
export async function live(page: Page): Promise<void> {
	await page.locator(".truth", { hasText: /^live$/ }).waitFor()
}

/** Pastes a line, and types Enter: to draw each key of it is most of the work of a test that only needs it to run. */
export async function run(page: Page, line: string): Promise<void> {
	await paste(page, line)
	await page.keyboard.press("Enter")
}

/** Pastes into the terminal, as a browser tells it. */
export function paste(page: Page, text: string): Promise<void> {
	return page.evaluate((pasted) => {
		const data = new DataTransfer()
		data.setData("text/plain", pasted)
		const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
		document.querySelector(".xterm-helper-textarea")?.dispatchEvent(event)
	}, text)
}

/** Types a line, a key at a time, and Enter. */
export async function type(page: Page, line: string): Promise<void> {
	await page.keyboard.type(line)
	await page.keyboard.press("Enter")
}

/** The rows of the screen, as a screen reader gets them. */
export function rows(page: Page): Locator {
	return page.locator(".xterm-accessibility-tree > div")
}

/** Waits for a row that holds the text. */
export async function shows(page: Page, text: string | RegExp): Promise<void> {
	await rows(page).filter({ hasText: text }).first().waitFor({ state: "attached" })
}

/** Everything that the terminal holds, scrollback too, by the menu's own means. */
export async function allText(page: Page): Promise<string> {
	await page.getByRole("button", { name: "Session actions" }).click()
	await page.getByRole("button", { name: "Copy all text" }).click()
	await page.locator(".notice", { hasText: "Copied" }).last().waitFor()
	return page.evaluate(() => navigator.clipboard.readText())
}

/** Bytes of output that the terminal has parsed. */
export async function parsed(page: Page): Promise<number> {
	return Number(await page.locator(".terminal-room").getAttribute("data-sequence"))
}
