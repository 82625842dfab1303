// A link process that hangs keeps its socket open: what the console says of keys that it does not take.
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, test } from "vitest"
import { live, rows, signIn, startBrowser, startShell } from "../support/console.ts"
import { type Home, startHome } from "../support/home.ts"

let home: Home
let browser: Browser
beforeAll(async () => {
	home = await startHome()
	browser = await startBrowser()
})
afterAll(async () => {
	await browser.close()
	await home.stop()
})

test("[INP1][LNK4] keys that nobody acknowledges turn the green off within seconds, and arrive once it goes on", async () => {
	const { page } = await signIn(browser, home)
	await startShell(page)
	process.kill(home.pids.connector, "SIGSTOP")
	try {
		await page.keyboard.type("echo $((6 * 7))")
		await page.locator(".truth.bad", { hasText: "15 keys not acknowledged for" }).waitFor()
	} finally {
		process.kill(home.pids.connector, "SIGCONT")
	}
	await live(page)
	await page.keyboard.press("Enter")
	await rows(page)
		.getByText(/^42\s*$/)
		.waitFor()
})
