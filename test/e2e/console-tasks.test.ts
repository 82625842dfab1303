// Tasks, schedules and triggers in the console: written, watched, steered, reviewed, and run again.
import { execFileSync } from "node:child_process"
import { createHmac } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join as path } from "node:path"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { faults } from "../support/axe.ts"
import { join, PHONE, shows, signIn, startBrowser } from "../support/console.ts"
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

function kept({ context, page }: { context: BrowserContext; page: Page }): Page {
	contexts.push(context)
	return page
}

const owner = async () => kept(await signIn(browser, home))

/** What the page of a task says of it. */
const truth = (page: Page) => page.locator(".task-truth")

const row = (page: Page, name: string) =>
	page.locator(".task-row").filter({ has: page.locator("strong", { hasText: name }) })

/** No machine has the tag: it waits. */
const NOWHERE = { tags: ["nowhere"] }

test("a task is written in the form, runs to its end before one's eyes, and leaves a file", async () => {
	const page = await owner()
	await page.keyboard.press("g")
	await page.keyboard.press("t")
	await page.getByText("No tasks yet").waitFor()
	await page.getByRole("link", { name: "New task" }).first().click()
	await page.getByLabel("Runtime").selectOption("shell")
	await page.getByLabel("What is to be done").fill("cat .homeport/inbox/in.txt > .homeport/outbox/report.md")
	await page
		.getByLabel("Choose files")
		.setInputFiles({ name: "in.txt", mimeType: "text/plain", buffer: Buffer.from("from the inbox\n") })
	await page.getByText("in.txt", { exact: true }).waitFor()
	await page.getByRole("button", { name: "Submit" }).click()
	await truth(page).getByText("succeeded").waitFor()

	await page.getByRole("link", { name: /^Artifacts/ }).click()
	const download = page.waitForEvent("download")
	await page.getByRole("link", { name: "Download report.md" }).click()
	expect(readFileSync(await (await download).path(), "utf8")).toBe("from the inbox\n")

	const first = page.url()
	await page.getByRole("button", { name: "Run again" }).click()
	await page.waitForURL((url) => !first.startsWith(url.href))
	await truth(page).getByText("succeeded").waitFor()
	await page.getByRole("link", { name: "All tasks" }).click()
	await page.getByRole("heading", { name: "Over 2" }).waitFor()
})

test("a manifest is written as YAML, with its mistakes by line, and keeps what the form does not show", async () => {
	const page = await owner()
	await page.goto("/tasks/new")
	await page.getByText("YAML").click()
	const field = page.getByLabel("Manifest")
	await field.fill("runtime: shell\nprompt: exit 3\npriority: 500\n")
	await page.locator(".problem", { hasText: "priority" }).waitFor()
	expect(await page.locator(".line-numbers .wrong").textContent()).toBe("3")
	const submit = page.getByRole("button", { name: "Submit" })
	expect(await submit.isDisabled()).toBe(true)
	await field.fill("runtime: shell\nprompt: 'exit 3\n")
	await page.getByRole("alert").getByText("Line 3").waitFor()
	expect(await submit.isDisabled()).toBe(true)
	await field.fill("runtime: shell\nprompt: exit 3\nname: three\nenvironment: { KIND: test }\n")
	await page.getByText("Form", { exact: true }).click()
	await page.getByLabel("What is to be done").fill("echo $KIND; exit 3")
	await submit.click()
	await truth(page).getByText("exit code 3").waitFor()
	expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("three")
	await page.getByText("Manifest", { exact: true }).click()
	await page.getByText("KIND: test").waitFor()
})

test("words and comments on changed lines reach the program, and the rest of a review a task of its own", async () => {
	const folder = path(home.dataDir, "project")
	mkdirSync(folder)
	writeFileSync(path(folder, "queue.ts"), "export const size = 10\n")
	const git = (...args: string[]) =>
		execFileSync("git", ["-C", folder, "-c", "user.name=Ann", "-c", "user.email=ann@example.com", ...args])
	git("init", "--quiet")
	git("add", ".")
	git("commit", "--quiet", "--message", "Begin")
	const prompt = "sed -i s/10/20/ queue.ts; echo asks; read a; echo 1:$a; while read b; do echo 2:$b; done"
	const manifest = { name: "review me", runtime: "shell", prompt, workOn: { is: "directory" as const, path: folder } }
	const { tasks } = await home.call("submitTasks", { body: { manifest } })
	const page = await owner()
	await page.goto(`/tasks/${tasks[0]?.id}`)
	await page.getByLabel("Say something to it").fill("go on")
	await page.getByRole("button", { name: "Send", exact: true }).click()
	await page.getByText("Sent to the program").waitFor()
	const terminal = page.getByRole("link", { name: "Terminal" })
	await terminal.click()
	await shows(page, "1:go on")

	await page.getByRole("link", { name: "Changes" }).click()
	await page.locator(".review-line.added").getByRole("button").click()
	await page.getByPlaceholder("What should be different?").fill("Why twenty?")
	await page.keyboard.press("Control+Enter")
	await page.getByRole("button", { name: "Send to the program" }).click()
	await page.getByRole("button", { name: "Send to the program" }).waitFor({ state: "detached" })
	await terminal.click()
	await shows(page, "2:queue.ts:1")
	await shows(page, "2:Why twenty?")

	await page.getByRole("link", { name: "Changes" }).click()
	await page.locator(".review-line.removed").getByRole("button").click()
	await page.getByPlaceholder("What should be different?").fill("Keep ten.")
	await page.getByRole("button", { name: "Keep the comment" }).click()
	await page.getByRole("button", { name: "New task with these" }).click()
	await expect.poll(() => page.getByLabel("What is to be done").inputValue()).toContain("Keep ten.")
	expect(await page.getByRole("combobox", { name: "Directory", exact: true }).inputValue()).toBe(folder)

	await page.goto(`/tasks/${tasks[0]?.id}`)
	await page.getByRole("button", { name: "Cancel the task" }).click()
	await page.getByLabel("Why, if somebody may ask").fill("seen enough")
	await page.getByRole("dialog").getByRole("button", { name: "Cancel the task" }).click()
	await truth(page).getByText("seen enough").waitFor()
})

test("the queue says why each waits, and is put in order, edited and searched", async () => {
	for (const name of ["first", "second", "third"])
		await home.call("submitTasks", { body: { manifest: { name, runtime: "shell", prompt: "true", target: NOWHERE } } })
	const page = await owner()
	await page.goto("/tasks")
	await row(page, "first").getByText("a machine tagged nowhere").waitFor()
	const names = () => page.locator("section", { hasText: "Queue" }).locator(".task-name strong").allTextContents()
	await expect.poll(names).toEqual(["first", "second", "third"])
	await row(page, "third").getByRole("button", { name: "Actions of third" }).click()
	await page.getByRole("button", { name: "Put first" }).click()
	await expect.poll(names).toEqual(["third", "first", "second"])
	await row(page, "third").getByRole("button", { name: "Actions of third" }).click()
	await page.getByRole("button", { name: "One place down" }).click()
	await expect.poll(names).toEqual(["first", "third", "second"])

	// What others do is seen without a touch.
	const { tasks } = await home.call("listTasks", { query: { state: "queued" } })
	const second = tasks.find(({ name }) => name === "second")
	await home.call("cancelTask", { params: { task: second?.id ?? "" }, body: {} })
	await expect.poll(names).toEqual(["first", "third"])

	await page.getByLabel("Filter tasks").fill("thi")
	await expect.poll(names).toEqual(["third"])
	expect(new URL(page.url()).searchParams.get("text")).toBe("thi")
	await row(page, "third").getByRole("link").click()
	await page.getByRole("button", { name: "Actions of third" }).click()
	await page.getByRole("button", { name: "Edit" }).click()
	await page.getByLabel("What is to be done").fill("echo edited")
	await page.getByText("Limits, retries, secrets, files").click()
	await page.getByRole("group", { name: "On machines tagged" }).getByLabel("nowhere").click()
	await page.getByRole("button", { name: "Save" }).click()
	await truth(page).getByText("succeeded").waitFor()
	await page.getByText("edited", { exact: true }).waitFor()
})

test("a schedule shows its next times while it is typed, runs now, and tells what came of it", async () => {
	const page = await owner()
	await page.goto("/schedules/new")
	await page.getByLabel("Name", { exact: true }).fill("nightly")
	await page.getByLabel("Time zone").fill("Europe/Berlin")
	const expression = page.getByLabel("Minute, hour, day, month, weekday")
	await expression.fill("30 2 29 2 *")
	const times = page.locator(".times time")
	await times.filter({ hasText: "February 29, 2028 at 02:30" }).waitFor()
	expect(await times.count()).toBe(5)
	await expression.fill("0 0 31 2 *")
	await page.locator(".next-times .problem").waitFor()
	await expression.fill("@daily")
	await times.filter({ hasText: "at 00:00" }).nth(4).waitFor()
	await page.getByLabel("Runtime").selectOption("shell")
	await page.getByLabel("What is to be done").fill("echo night")
	await page.getByRole("button", { name: "Save" }).click()

	await page.getByRole("button", { name: "Run now" }).click()
	const history = page.locator(".occurrence")
	await history.getByText("succeeded").waitFor()
	await page.getByRole("button", { name: "Pause" }).click()
	await truth(page).getByText("paused").waitFor()
	await history.getByRole("link", { name: "Show the task" }).click()
	await page.getByText("by the schedule nightly").first().waitFor()
})

test("a trigger is made with a secret of its own, makes a task of a signed delivery, and is tried on what came", async () => {
	const page = await owner()
	await page.goto("/triggers/new")
	await page.getByLabel("Name", { exact: true }).fill("builds")
	await page.getByLabel("Comes from").selectOption("hmac")
	await page.getByLabel("Header", { exact: true }).fill("X-Signature")
	await page.getByRole("button", { name: "Make one" }).click()
	const secret = await page.locator(".note .copy-field code").textContent()
	await page.getByLabel("Prompt").fill("Mend it: {{ payload.what }}")
	await page.getByLabel("Runtime").selectOption("codex")
	await page.getByText("YAML").click()
	await page.getByLabel("Manifest").fill("runtime: codex\ntarget:\n  tags: [nowhere]\n")
	await page.getByRole("button", { name: "Save" }).click()
	await page.getByRole("heading", { name: "Deliveries" }).waitFor()
	const url = (await page.locator(".copy-field code").textContent()) ?? ""
	expect(url).toMatch(/\/api\/hooks\/triggers\/trg_/)

	const deliver = async (body: string, key: string) => {
		const signature = createHmac("sha256", key).update(body).digest("hex")
		const headers = { "content-type": "application/json", "x-signature": signature }
		return (await fetch(url, { method: "POST", body, headers })).status
	}
	expect(await deliver('{"what":"the lamp"}', "not the secret")).toBe(401)
	expect(await deliver('{"what":"the lamp"}', secret ?? "")).toBe(202)
	expect(await deliver('{"else":1}', secret ?? "")).toBe(202)
	const came = page.locator(".delivery")
	await came.filter({ hasText: "failed" }).getByText("payload.what").waitFor()
	const made = came.filter({ hasText: "made a task" })
	await made.locator("summary").click()
	await made.getByText('"what": "the lamp"').waitFor()
	await made.getByRole("button", { name: "Do it again" }).click()
	await made.getByText("done again 1 time").waitFor()

	await page.getByRole("button", { name: "Edit" }).click()
	await page.getByLabel("Prompt").fill("Look at {{ payload.else }}")
	await page.getByRole("button", { name: "Try it" }).click()
	await page.locator(".preview", { hasText: "would make a task" }).getByText("Look at").waitFor()
	await page.locator(".preview", { hasText: "would fail" }).getByText("payload.else").first().waitFor()
	await page.goto("/tasks?from=trigger")
	await row(page, "builds").first().getByRole("link").click()
	await page.getByText("Text from outside").waitFor()
	await page.locator(".prompt-text", { hasText: "the lamp" }).waitFor()
})

test("every page of tasks can be used without eyes, on a phone and on a desk, and a guest sees and changes nothing", async () => {
	const { tasks } = await home.call("listTasks", {})
	const { schedules } = await home.call("listSchedules", {})
	const { triggers } = await home.call("listTriggers")
	const task = tasks.find(({ state }) => state.is === "succeeded")?.id
	const onPhone = ["/tasks", `/tasks/${task}`, "/schedules/new", `/triggers/${triggers[0]?.id}`]
	const onDesk = [`/tasks/${task}/artifacts`, "/tasks/new", `/schedules/${schedules[0]?.id}`, "/triggers/new"]
	const phone = kept(await signIn(browser, home, { ...PHONE, colorScheme: "dark" }))
	const desk = await owner()
	for (const [page, places] of [
		[phone, onPhone],
		[desk, onDesk],
	] as const)
		for (const place of places) {
			await page.goto(place)
			await page.locator("main h1").waitFor()
			await page.locator(".skeleton").waitFor({ state: "detached" })
			expect(await faults(page), place).toEqual([])
		}
	for (const place of onDesk) {
		await phone.goto(place)
		await phone.locator("main h1").waitFor()
		const over = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth)
		expect(over, `${place} scrolls sideways`).toBeLessThanOrEqual(0)
	}
	const guest = kept(await join(browser, home, "guest", "Gil"))
	await guest.goto(`/tasks/${task}`)
	const again = guest.getByRole("button", { name: "Run again" })
	await again.waitFor()
	expect(await again.getAttribute("aria-disabled")).toBe("true")
	await guest.goto("/tasks/new")
	await guest.getByText("This needs the role developer").waitFor()
	await guest.goto("/triggers")
	await guest.getByText("This needs the role maintainer").first().waitFor()
})
