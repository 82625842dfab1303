// The console and what sessions run in: substrates and their choices, changes, beginning again, VMs, loadouts, profiles.
import { execFileSync } from "node:child_process"
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join as path } from "node:path"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import type { Request } from "../../protocol/routes.ts"
import { allText, DESKTOP, join, live, PHONE, run, shows, signIn, startBrowser, type } from "../support/console.ts"
import { type Home, startHome } from "../support/home.ts"
import { withVmImage } from "../support/vm-image.ts"

let home: Home
let browser: Browser
/** A repository to work in. */
let project: string
const contexts: BrowserContext[] = []

beforeAll(async () => {
	project = mkdtempSync(path(tmpdir(), "homeport-test-"))
	const git = (...words: string[]) =>
		execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...words], { cwd: project })
	git("init", "--quiet")
	writeFileSync(path(project, "kept.txt"), "one\ntwo\n")
	mkdirSync(path(project, "src"))
	writeFileSync(path(project, "src/gone.txt"), "1\n2\n3\n")
	git("add", "--all")
	git("commit", "--quiet", "--message", "before")
	const dataDir = mkdtempSync(path(tmpdir(), "homeport-test-"))
	await withVmImage(dataDir)
	// No engine answers there, whatever this machine has.
	const nobody = { DOCKER_HOST: `unix://${dataDir}/nobody.sock`, CONTAINER_HOST: `unix://${dataDir}/nobody.sock` }
	home = await startHome({ dataDir, substrate: null, environment: nobody })
	browser = await startBrowser()
	// An image is built where there is none yet.
}, 15 * 60_000)

afterEach(async () => {
	for (const context of contexts.splice(0)) await context.close()
})

afterAll(async () => {
	await browser?.close()
	await home?.stop()
	for (const folder of [home?.dataDir, project])
		if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function enter(options = DESKTOP): Promise<Page> {
	const { context, page } = await signIn(browser, home, options)
	contexts.push(context)
	return page
}

const machinePage = (part: string) => `/settings/machines/${home.machine.id}/${part}`

/** Starts a session and opens its page. */
async function opened(page: Page, spec: Partial<Request<"startSession">["body"]>): Promise<string> {
	const params = { machine: home.machine.id }
	const { id } = await home.call("startSession", { params, body: { id: newSessionId(), ...spec } })
	await page.goto(`/m/${home.machine.id}/s/${id}`)
	await live(page)
	await page.locator(".xterm-helper-textarea").focus()
	return id
}

/** Waits longer than for what the page alone decides: machines try, and ask others. */
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 })

/** In the dialog, once it has been tried. */
async function choose(page: Page, substrate: string): Promise<void> {
	const tile = page.locator(".substrate-tiles label", { hasText: substrate })
	await soon(() => tile.getByRole("radio").isEnabled()).toBe(true)
	await tile.click()
}

async function openStart(page: Page): Promise<void> {
	await page.goto("/")
	await page.getByRole("button", { name: "New session" }).filter({ visible: true }).first().click()
}

test("the dialog offers what the machine has, says why not the rest, and starts what was chosen of it", async () => {
	const page = await enter()
	await openStart(page)
	await soon(() => page.getByLabel("Sandbox").isChecked()).toBe(true)
	expect(await page.getByLabel("Container").isDisabled()).toBe(true)
	const params = { machine: home.machine.id }
	const { substrates } = await home.call("listSubstrates", { params, query: { again: "false" } })
	const container = substrates.find(({ substrate }) => substrate === "container")
	if (container?.is !== "absent") throw new Error("No engine answers here, and yet there is one.")
	await page.getByText(/^Why not container/).click()
	await page.getByText(`${container.reason} ${container.remedy}`).waitFor()

	const start = page.getByRole("button", { name: "Start", exact: true })
	await choose(page, "Host")
	expect(await page.getByLabel("Network").count()).toBe(0)
	await choose(page, "Sandbox")
	await page.getByLabel("Network").selectOption("allow-list")
	await start.click()
	await page.getByRole("alert").filter({ hasText: "at least one host" }).waitFor()
	await page.getByPlaceholder("Another host").fill("Not A Host")
	await page.keyboard.press("Enter")
	await page.getByText("That is no host name").waitFor()
	await page.getByPlaceholder("Another host").fill("allowed.example.com")
	await page.keyboard.press("Enter")
	await page.getByText("Limits", { exact: true }).click()
	await page.getByLabel("Memory in MiB").fill("256")
	await page.getByLabel("Name").fill("kept-in")
	await page.getByText("Start from, tags").click()
	await page.getByPlaceholder("New tag").fill("nightly")
	await page.keyboard.press("Enter")
	await start.click()
	await live(page)
	await page.getByText("sandbox, 1 host allowed").waitFor()
	await run(page, "curl -sS https://blocked.example.com:8443/ 2>&1 | tail -1")
	await shows(page, "403")

	await page.getByRole("button", { name: "Changes and details" }).click()
	await page.getByText("Blocked", { exact: true }).click()
	await page.getByRole("cell", { name: "blocked.example.com:8443" }).waitFor()
	await page.locator(".panel-note", { hasText: "allowed.example.com" }).waitFor()
	await page.getByText("Details", { exact: true }).click()
	await page.locator(".panel-note", { hasText: "Memory" }).getByText(/MiB$/).waitFor()

	await page.goto("/")
	await page.getByLabel("Filter machines and sessions").fill("nightly")
	const row = page.locator(".session-row")
	await soon(() => row.count()).toBe(1)
	expect(await row.textContent()).toMatch(/kept-in.*sandbox.*nightly/)
})

test("what changed since the start is listed with its lines, and looked at again when asked", async () => {
	const page = await enter(PHONE)
	await opened(page, { cwd: project, substrate: "sandbox" })
	writeFileSync(path(project, "a new file.txt"), "new\n")
	appendFileSync(path(project, "kept.txt"), "three\n")
	rmSync(path(project, "src/gone.txt"))
	await page.getByRole("button", { name: "Changes and details" }).click()
	const files = page.locator(".changed-file")
	await soon(() => files.count()).toBe(3)
	await files.filter({ hasText: "kept.txt" }).click()
	await page.locator(".patch .added", { hasText: "+three" }).waitFor()
	expect(await files.filter({ hasText: "src/gone.txt" }).textContent()).toContain("removed")
	expect(await files.filter({ hasText: "src/gone.txt" }).textContent()).toContain("−3")
	appendFileSync(path(project, "kept.txt"), "four\n")
	await page.getByRole("button", { name: "Look again" }).click()
	await page.locator(".patch .added", { hasText: "+four" }).waitFor()

	await opened(page, { cwd: home.dataDir, substrate: "host" })
	await page.getByRole("button", { name: "Changes and details" }).click()
	await page.getByText("did not begin in a git repository").waitFor()
})

test("a session begins again under its old output, and the screen is never blank meanwhile", async () => {
	const page = await enter()
	await opened(page, { cwd: project, substrate: "sandbox", name: "again" })
	await run(page, "echo mark-$((40+2))")
	await shows(page, /^mark-42/)
	await type(page, "exit 3")
	await page.getByText("The program has ended with code 3").waitFor()
	await page.evaluate(() => {
		const screen = document.querySelector(".xterm-screen")
		const seen = { frames: 0, blank: 0 }
		Object.assign(globalThis, { seen })
		// What observes sizes is called after all have drawn for a frame, and before it is shown.
		const probe = document.body.appendChild(document.createElement("i"))
		probe.style.cssText = "position: fixed; height: 1px"
		new ResizeObserver(() => {
			seen.frames++
			const rows = [...(screen?.querySelectorAll(".xterm-rows") ?? [])].map((shown) => shown.textContent ?? "")
			if (screen?.isConnected !== true || rows.join("").trim() === "") seen.blank++
		}).observe(probe)
		const look = () => {
			probe.style.width = `${1 + (seen.frames % 2)}px`
			requestAnimationFrame(look)
		}
		look()
	})
	await page.getByRole("button", { name: "Start again" }).click()
	await page.getByText("The program has ended").waitFor({ state: "detached" })
	await live(page)
	await run(page, "echo $((50+1))-anew")
	await shows(page, /^51-anew/)
	const seen = await page.evaluate(() => (globalThis as unknown as { seen: { frames: number; blank: number } }).seen)
	expect(seen.frames).toBeGreaterThan(0)
	expect(seen.blank).toBe(0)
	expect(await allText(page)).toMatch(/mark-42[\s\S]*51-anew/)

	await page.getByRole("button", { name: "Session actions" }).click()
	await page.getByRole("button", { name: "Start again" }).click()
	const dialog = page.getByRole("dialog", { name: "Start again again?" })
	await dialog.getByText("killed first").waitFor()
	await dialog.getByRole("button", { name: "Start again" }).click()
	await dialog.waitFor({ state: "detached" })
	await page.getByRole("button", { name: "Changes and details" }).click()
	await page.getByText("Details", { exact: true }).click()
	await page.getByText("3 times").waitFor()
})

test("a session is tagged, set to come back, and cloned; one whose directory cannot be had says why", async () => {
	const page = await enter()
	await opened(page, { cwd: project, substrate: "sandbox", name: "first", runtime: "custom", argv: ["sleep", "600"] })
	const menu = page.getByRole("button", { name: "Session actions" })
	await menu.click()
	await page.getByRole("button", { name: "Tags" }).click()
	await page.getByPlaceholder("New tag").fill("release")
	await page.keyboard.press("Enter")
	await page.getByRole("dialog").getByRole("button", { name: "Save" }).click()
	await page.getByRole("dialog").waitFor({ state: "detached" })
	await menu.click()
	await page.getByRole("button", { name: "Come back after" }).click()
	await page.getByText("first comes back after a restart").waitFor()
	await menu.click()
	await page.getByRole("button", { name: "Clone" }).click()
	await page.getByRole("dialog").getByLabel("Name").fill("second")
	await page.getByRole("dialog").getByRole("button", { name: "Start" }).click()
	await page.getByRole("heading", { name: "second" }).waitFor()
	await page.getByRole("button", { name: "Changes and details" }).click()
	await page.getByText("Details", { exact: true }).click()
	await page.locator(".session-panel").getByText("release").waitFor()
	await page.locator(".session-panel").getByText("comes back", { exact: true }).waitFor()

	await openStart(page)
	await page.getByText("Start from, tags").click()
	await page.getByLabel("Starts from").selectOption("git")
	await page.getByRole("button", { name: "Start", exact: true }).click()
	await page.getByRole("alert").filter({ hasText: "comes from" }).waitFor()
	await page.getByLabel("Address of the repository").fill(`${project}/nothing-here`)
	await page.getByLabel("Name").fill("no-clone")
	await page.getByRole("button", { name: "Start", exact: true }).click()
	await page.getByText(/It did not start, .*: .*/).waitFor()
	await page.goto("/")
	await page.locator(".session-row", { hasText: "no-clone" }).getByText("did not start").waitFor()
})

test("the machine's page tells what was found by trying, tries again, and sets the default", async () => {
	const page = await enter()
	await page.goto(machinePage("substrates"))
	const thing = (name: string) => page.locator(".thing", { has: page.getByText(name, { exact: true }) })
	await thing("Sandbox").getByText("bubblewrap").waitFor()
	await thing("Container").getByText("Remedy").waitFor()
	await page.getByRole("button", { name: "Make default: Host" }).click()
	await thing("Host").getByText("default", { exact: true }).waitFor()
	await openStart(page)
	await soon(() => page.getByLabel("Host").isChecked()).toBe(true)
	await page.goto(machinePage("substrates"))
	await page.getByRole("button", { name: "Let the machine choose" }).click()
	await thing("Sandbox").getByText("default", { exact: true }).waitFor()
	await page.getByRole("button", { name: "Try again" }).click()
	await page.getByRole("button", { name: "Trying…" }).waitFor()
	await page.getByRole("button", { name: "Try again" }).waitFor()
	await page.goto(machinePage(""))
	await page
		.locator(".part", { hasText: "Use now" })
		.getByText(/GiB of/)
		.first()
		.waitFor()
})

test("a loadout's mistake is shown at its line; a right one says who says what, and is applied in a session", async () => {
	const page = await enter()
	await page.goto(machinePage("loadouts"))
	await page.getByText("No loadouts").waitFor()
	await page.getByRole("button", { name: "New loadout" }).click()
	const dialog = page.getByRole("dialog")
	await dialog.getByLabel("Name").fill("base")
	await dialog.getByLabel("YAML").fill("commands:\n  - name: first\n    sh: echo of-base\n")
	await dialog.getByRole("button", { name: "Save" }).click()
	await page.getByText("from base").waitFor()

	await page.goto(machinePage("loadouts"))
	await page.getByRole("button", { name: "New loadout" }).click()
	await dialog.getByLabel("Name").fill("agents")
	await dialog.getByLabel("YAML").fill("extends: [base]\ncommands:\n  - name: second\n    sh: echo of-agents\n")
	await dialog.getByRole("button", { name: "Save" }).click()
	await page.locator(".row", { hasText: "first" }).getByText("from base").waitFor()
	await page.locator(".row", { hasText: "second" }).getByText("from agents").waitFor()

	const file = page.getByLabel("File")
	const right = await file.inputValue()
	await file.fill(`${right}tolls: {}\n`)
	await page.getByRole("button", { name: "Save" }).click()
	await page.getByRole("button", { name: /^Line 5, column 1: / }).waitFor()
	expect(await page.locator(".line-numbers .wrong").textContent()).toBe("5")
	const line = () => file.evaluate((area: HTMLTextAreaElement) => area.value.slice(area.selectionStart).split("\n")[0])
	expect(await line()).toBe("tolls: {}")
	await file.fill(`${right}description: Ours\n`)
	await page.getByRole("button", { name: "Save" }).click()
	await page.getByText("agents is saved.").waitFor()

	await page.getByRole("button", { name: "Apply" }).click()
	await dialog.getByRole("button", { name: "Apply" }).click()
	await page.waitForURL(/\/s\//)
	await shows(page, "agents is applied.")
	await page.goto(machinePage("loadouts/base"))
	await page.getByRole("button", { name: "Remove" }).click()
	await dialog.getByRole("button", { name: "Remove" }).click()
	await dialog.getByRole("alert").filter({ hasText: "agents" }).waitFor()
})

test("a profile becomes a runtime that is offered, is changed, and is forgotten", async () => {
	const page = await enter()
	await page.goto(machinePage("runtimes"))
	await page.getByRole("button", { name: "New profile" }).click()
	const dialog = page.getByRole("dialog")
	await dialog.getByLabel("Id").fill("greeter")
	await dialog.getByLabel("Label").fill("Greeter")
	await dialog.getByLabel("Program").fill("printf")
	await dialog.getByLabel("Arguments", { exact: true }).fill("'%s\\n' 'hello you'")
	const rest = dialog.getByLabel("Everything else")
	const whole = await rest.inputValue()
	await rest.fill('{ "wait": [] }')
	await dialog.getByRole("button", { name: "Save" }).click()
	await dialog.getByRole("alert").filter({ hasText: "A profile has no wait." }).waitFor()
	await rest.fill(whole)
	await dialog.getByRole("button", { name: "Save" }).click()
	const row = page.locator(".thing", { hasText: "greeter" })
	await row.getByText("ready").waitFor()
	await row.getByRole("button", { name: "Edit" }).click()
	expect(await dialog.getByLabel("Arguments", { exact: true }).inputValue()).toBe("'%s\\n' 'hello you'")
	await dialog.getByLabel("Label").fill("Warm greeter")
	await dialog.getByRole("button", { name: "Save" }).click()
	await row.getByText("Warm greeter").waitFor()

	await openStart(page)
	await page.getByText("Warm greeter").click()
	await page.getByRole("button", { name: "Start", exact: true }).click()
	await shows(page, /^hello you/)
	await page.goto(machinePage("runtimes"))
	await row.getByRole("button", { name: "Remove" }).click()
	await dialog.getByRole("button", { name: "Remove" }).click()
	await row.waitFor({ state: "detached" })
})

test("a VM is made, boots, is forced to stop, has a snapshot, is cloned and destroyed; each is read back", async () => {
	const page = await enter()
	await page.goto(machinePage("vms"))
	await page.locator(".row", { hasText: "debian" }).waitFor()
	await page.getByRole("button", { name: "New VM" }).click()
	const dialog = page.getByRole("dialog")
	await dialog.getByLabel("Name").fill("dev")
	await dialog.getByLabel("Memory in MiB").fill("512")
	await dialog.getByLabel("Disk in GiB").fill("4")
	await dialog.getByLabel("Network").selectOption("none")
	await dialog.getByRole("button", { name: "Create" }).click()
	const dev = page.locator(".thing", { has: page.getByText("dev", { exact: true }) })
	const pick = async (verb: string) => {
		await dev.getByRole("button", { name: "Actions for dev" }).click()
		await dev.getByRole("button", { name: verb, exact: true }).last().click()
	}
	await dev.getByText("stopped").waitFor()
	expect(await dev.textContent()).toMatch(/512 MiB memory.*4 GiB disk.*no network/)

	await dev.getByRole("button", { name: "Start", exact: true }).first().click()
	await dev.getByText("being started").waitFor()
	await pick("Force stop")
	await dialog.getByText("As if the power were cut").waitFor()
	await dialog.getByRole("button", { name: "Force stop" }).click()
	await dev.getByText("stopped", { exact: true }).waitFor({ timeout: 30_000 })

	await pick("Snapshot")
	await dialog.getByLabel("Name of the snapshot").fill("before")
	await dialog.getByRole("button", { name: "Snapshot" }).click()
	await dev.getByText(/^before, /).waitFor({ timeout: 30_000 })
	await pick("Clone")
	await dialog.getByLabel("Name of the new VM").fill("dev-two")
	await dialog.getByRole("button", { name: "Clone" }).click()
	await page.getByText("dev-two", { exact: true }).waitFor({ timeout: 30_000 })

	await openStart(page)
	await choose(page, "VM")
	await page.getByRole("combobox", { name: "VM" }).selectOption("dev")
	await page.getByText("It has its own network and limits").waitFor()
	expect(await page.getByLabel("Network").count()).toBe(0)

	await page.goto(machinePage("vms"))
	await pick("Destroy")
	await dialog.getByText("This cannot be undone").waitFor()
	await dialog.getByRole("button", { name: "Destroy" }).click()
	await dev.waitFor({ state: "detached" })
	await page.getByText("dev-two", { exact: true }).waitFor()
}, 120_000)

test("who may only watch sees all of it, and is told whose each deed is", async () => {
	const { context, page } = await join(browser, home, "guest", "Gert")
	contexts.push(context)
	for (const [part, button] of [
		["substrates", "Let the machine choose"],
		["vms", "New VM"],
		["loadouts", "New loadout"],
		["runtimes", "New profile"],
	] as const) {
		await page.goto(machinePage(part))
		const deed = page.getByRole("button", { name: button })
		await deed.waitFor()
		expect(await deed.getAttribute("aria-disabled")).toBe("true")
		expect(await deed.getAttribute("title")).toContain("This needs the role")
		await deed.click({ force: true })
		expect(await page.getByRole("dialog").count()).toBe(0)
	}
})
