// What keeps somebody out of a page, as axe finds it.
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { AxeResults, RunOptions } from "axe-core"
import type { Page } from "playwright-core"

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** Of the rules that are on by themselves, those that the same page can break in other colours only. */
const ABOUT_COLOURS = ["color-contrast", "link-in-text-block"]

/** One line each of what is serious, by day or by night. Runs past the page's policy, as an extension would. */
export async function faults(page: Page): Promise<string[]> {
	if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE)
	await page.emulateMedia({ colorScheme: "light" })
	const byDay = await seriousOf(page, {})
	await page.emulateMedia({ colorScheme: "dark" })
	const byNight = await seriousOf(page, { runOnly: ABOUT_COLOURS })
	return [...byDay, ...byNight.map((fault) => `dark: ${fault}`)]
}

async function seriousOf(page: Page, options: RunOptions): Promise<string[]> {
	const { violations } = await page.evaluate(
		(options) => (globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(options),
		options,
	)
	return violations
		.filter(({ impact }) => impact === "serious" || impact === "critical")
		.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
}
