// The console for everybody: axe finds nothing serious on any screen, and the keyboard alone leads in and through.
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join as path } from "node:path"
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { client } from "../../protocol/client.ts"
import { newSessionId, type SessionId } from "../../protocol/ids.ts"
import { faults } from "../support/axe.ts"
import { DESKTOP, join, live, newBrowser, PHONE, signIn, startBrowser } from "../support/console.ts"
import { type Home, startHome } from "../support/home.ts"
import { withVmImage } from "../support/vm-image.ts"

let home: Home
let browser: Browser
/** A repository, in which a session has changed and wanted what it was not allowed. */
let project: string
let busy: SessionId
const contexts: BrowserContext[] = []

beforeAll(async () => {
	project = mkdtempSync(path(tmpdir(), "homeport-test-"))
	execFileSync("git", ["init", "--quiet"], { cwd: project })
	home = await startHome()
	browser = await startBrowser()
	await home.call("saveSecret", {
		params: { secret: "ANTHROPIC_API_KEY" },
		body: { value: "not a key", runtimes: ["claude-code"] },
	})
	await home.call("createInvitation", { body: { role: "guest", email: "someone@example.com" } })
	await home.call("createToken", {
		body: { name: "ci", actions: ["session:watch"], expiresAt: Date.now() + 3_600_000 },
	})
	const { id } = home.machine
	await home.call("changeMachine", { params: { machine: id }, body: { tags: ["gpu", "eu"] } })
	const { context } = await join(browser, home, "developer", "Grace")
	await context.close()
	await withVmImage(home.dataDir)
	const params = { machine: id }
	await home.call("changeVm", { params: { ...params, vm: "dev" }, body: { deed: { verb: "create", spec: {} } } })
	const text = "description: Ours\ncommands:\n  - name: first\n    sh: echo first\n"
	await home.call("saveLoadout", { params: { ...params, loadout: "agents" }, body: { text } })
	writeFileSync(path(home.dataDir, "loadouts/wrong.yaml"), "tolls: {}\n")
	await home.call("saveProfile", { params: { ...params, profile: "mine" }, body: { label: "Mine", program: "sh" } })
	const says = "echo new > new.txt; curl -s https://blocked.example.com; exec sleep 6000"
	const { id: session } = await home.call("startSession", {
		params,
		body: {
			...{ id: newSessionId(), name: "busy", argv: ["sh", "-c", says], cwd: project, tags: ["night"] },
			...{ substrate: "sandbox", network: { is: "allow-list", hosts: ["example.com"] } },
		},
	})
	busy = session
	// An image is built where there is none yet.
}, 15 * 60_000)

afterEach(async () => {
	for (const context of contexts.splice(0)) await context.close()
})

afterAll(async () => {
	await browser?.close()
	await home?.stop()
	if (project !== undefined) rmSync(project, { recursive: true, force: true })
})

function kept({ context, page }: { context: BrowserContext; page: Page }): Page {
	contexts.push(context)
	return page
}

const SIZES: [name: string, options: BrowserContextOptions][] = [
	["desktop", DESKTOP],
	["phone", PHONE],
]

test.each(SIZES)(
	"axe finds nothing serious on any screen: %s",
	async (_, options) => {
		const page = kept(await signIn(browser, home, options))
		const found: string[] = []
		const look = async (what: string) => found.push(...(await faults(page)).map((fault) => `${what}: ${fault}`))

		await page.locator(".presence.linked").waitFor()
		await look("fleet")
		for (const [place, shown] of screens()) {
			await visit(page, place)
			await page.getByText(shown).first().waitFor()
			await look(place)
		}
		await visit(page, "/settings/audit")
		await page.locator(".entry summary").first().click()
		await look("an entry of the trail")
		for (const [place, button, title] of dialogs()) {
			await visit(page, place)
			await page.getByRole("button", { name: button }).first().click()
			await page.getByRole("dialog", { name: title }).waitFor()
			await look(`dialog ${title}`)
			await page.keyboard.press("Escape")
			await page.getByRole("dialog").waitFor({ state: "detached" })
		}
		await visit(page, "/")
		if (options.isMobile) await page.getByRole("button", { name: "New session" }).last().click()
		else await page.getByRole("button", { name: "New session" }).first().click()
		await page.getByText("Claude Code").waitFor()
		const sandbox = page.locator(".substrate-tiles label", { hasText: "Sandbox" })
		await expect.poll(() => sandbox.getByRole("radio").isEnabled(), { timeout: 30_000 }).toBe(true)
		await look("dialog New session")
		await sandbox.click()
		await page.getByLabel("Network").selectOption("allow-list")
		await page.getByText("Limits", { exact: true }).click()
		await page.getByText("Start from, tags").click()
		await page.getByLabel("Starts from").selectOption("git")
		await page.getByLabel("Address of the repository").waitFor()
		await look("dialog New session, all of it")
		await page.getByLabel("Starts from").selectOption("folder")
		await page.getByLabel("Network").selectOption("none")
		await page.getByRole("button", { name: "Start", exact: true }).click()
		await live(page)
		await look("session")
		await visit(page, `/m/${home.machine.id}/s/${busy}`)
		await live(page)
		await page.getByRole("button", { name: "Changes and details" }).click()
		await page.locator(".changed-file summary").click()
		await page.locator(".patch").waitFor()
		await look("session's changes")
		await page.getByText("Blocked", { exact: true }).click()
		await page.getByRole("cell", { name: "blocked.example.com:443" }).waitFor()
		await look("session's blocked connections")
		await page.getByText("Details", { exact: true }).click()
		await page.locator(".session-panel").getByText("Processes").waitFor()
		await look("session's details")
		await page.getByRole("button", { name: "Session actions" }).click()
		await look("session's menu")
		expect(found).toEqual([])
		// Some forty looks at whole screens, by day and by night.
	},
	180_000,
)

test.each(SIZES)(
	"axe finds nothing serious where one signs in, joins, and decides about a device: %s",
	async (_, options) => {
		const found: string[] = []
		const call = client((path, init) => fetch(home.url + path, init))
		const { url } = await home.call("createInvitation", { body: { role: "developer" } })
		const device = await call("startDevice", { body: { request: { is: "login", name: "laptop" } } })

		const stranger = kept(await newBrowser(browser, home, options, home.url.replace("127.0.0.1", "localhost")))
		await stranger.goto("/")
		await stranger.getByRole("button", { name: "Sign in with a passkey" }).waitFor()
		await stranger.getByText("With a one-time link").click()
		await stranger.getByText("With a recovery code").click()
		found.push(...(await faults(stranger)))
		await stranger.goto(url.replace("127.0.0.1", "localhost"))
		await stranger.getByLabel("Name").waitFor()
		found.push(...(await faults(stranger)))

		const page = kept(await signIn(browser, home, options))
		await page.goto(device.url)
		found.push(...(await faults(page)))
		await page.getByRole("button", { name: "Continue" }).click()
		await page.getByText("What it may do").click()
		await page.getByLabel("only this:").check()
		found.push(...(await faults(page)))
		await page.getByRole("button", { name: "Refuse" }).click()
		await page.getByRole("heading", { name: "Refused" }).waitFor()
		found.push(...(await faults(page)))
		expect(found).toEqual([])
	},
)

test("by keys alone one signs in, invites somebody, and comes out of the dialog where one was", async () => {
	const owner = kept(await signIn(browser, home))
	await owner.goto("/settings/account")
	await owner.getByLabel("E-mail").fill("ada@example.com")
	await owner.getByRole("button", { name: "Save" }).click()
	await owner.getByRole("button", { name: "Set a password" }).click()
	await owner.getByLabel("New password").fill("correct horse battery")
	await owner.getByRole("dialog").getByRole("button", { name: "Save" }).click()
	await owner.getByRole("button", { name: "Change password" }).waitFor()

	const page = kept(await newBrowser(browser, home))
	await page.goto("/settings/people")
	await page.getByRole("button", { name: "Sign in", exact: true }).waitFor()
	await tabTo(page, "E-mail")
	await page.keyboard.type("ada@example.com")
	await tabTo(page, "Password")
	await page.keyboard.type("correct horse battery")
	await page.keyboard.press("Enter")
	await page.getByRole("heading", { name: "People" }).waitFor()

	await tabTo(page, "Invite")
	await page.keyboard.press("Enter")
	await page.getByRole("dialog", { name: "Invite" }).waitFor()
	await tabTo(page, /^Developer/)
	await page.keyboard.press("ArrowDown")
	await tabTo(page, "E-mail, if it is for one person")
	await page.keyboard.type("lin@example.com")
	await page.keyboard.press("Enter")
	await page.getByText("Send it yourself").waitFor()
	// What is shown once is not lost by a key that closes other dialogs.
	await page.keyboard.press("Escape")
	await page.getByText("Send it yourself").waitFor()
	await tabTo(page, "I have copied it")
	await page.keyboard.press("Enter")
	await page.locator(".row", { hasText: "lin@example.com" }).getByText("maintainer").waitFor()

	await page.keyboard.press("g")
	await page.keyboard.press("s")
	await page.getByRole("heading", { name: "Settings" }).waitFor()
	await page.keyboard.press("j")
	await page.keyboard.press("j")
	await page.keyboard.press("j")
	await page.keyboard.press("j")
	await page.keyboard.press("Enter")
	await page.getByRole("heading", { name: "Tokens" }).waitFor()
})

test("a button that a role does not allow is reached by keys, and says why", async () => {
	const page = kept(await join(browser, home, "guest", "Gwen"))
	await tabTo(page, "Add a machine")
	const button = page.getByRole("button", { name: "Add a machine" })
	expect(await button.evaluate((element) => document.activeElement === element)).toBe(true)
	await page.keyboard.press("Enter")
	expect(await page.getByRole("dialog").count()).toBe(0)
	expect(await button.getAttribute("title")).toContain("This needs the role maintainer")
})

function screens(): [path: string, shown: string | RegExp][] {
	return [
		["/settings", "Your name and how you sign in"],
		["/settings/account", /^this browser$/],
		["/settings/notifications", "Where else"],
		["/settings/people", "someone@example.com"],
		["/settings/tokens", "expires in"],
		["/settings/machines", "gpu"],
		[`/settings/machines/${home.machine.id}`, /^did:key:/],
		[`/settings/machines/${home.machine.id}/substrates`, "bubblewrap"],
		[`/settings/machines/${home.machine.id}/vms`, "stopped"],
		[`/settings/machines/${home.machine.id}/loadouts`, "1 mistake"],
		[`/settings/machines/${home.machine.id}/loadouts/agents`, "from agents"],
		[`/settings/machines/${home.machine.id}/loadouts/wrong`, /^Line 1, column 1/],
		[`/settings/machines/${home.machine.id}/runtimes`, "Mine"],
		["/settings/secrets", "ANTHROPIC_API_KEY"],
		["/inbox", "Waiting"],
		["/inbox/history", "History"],
		["/settings/policy", "every request waits for a person"],
		["/settings/channels", "No channel yet"],
		["/settings/audit", /^Make a token/],
		["/settings/workspace", "Delete the workspace"],
		["/nowhere", "Nothing is here"],
	]
}

function dialogs(): [path: string, button: string, title: string][] {
	const machine = `/settings/machines/${home.machine.id}`
	return [
		[`${machine}/vms`, "New VM", "New VM"],
		[`${machine}/vms`, "Build image", "Build a VM image"],
		[`${machine}/loadouts`, "New loadout", "New loadout"],
		[`${machine}/loadouts/agents`, "Apply", "Apply agents"],
		[`${machine}/runtimes`, "Edit", "Profile Mine"],
		["/", "Add a machine", "Add a machine"],
		["/settings/people", "Invite", "Invite"],
		["/settings/tokens", "New token", "New token"],
		["/settings/secrets", "New secret", "New secret"],
		["/settings/secrets", "Bind", "Where ANTHROPIC_API_KEY goes"],
		["/settings/policy", "New rule", "New rule"],
		["/settings/channels", "Connect Telegram", "Connect Telegram"],
		["/settings/channels", "Connect WeChat Official Account", "Connect WeChat Official Account"],
		["/settings/workspace", "Delete the workspace", "Delete Home?"],
	]
}

/** Goes there as the console itself does, without loading it again. */
async function visit(page: Page, place: string): Promise<void> {
	await page.evaluate((place) => {
		history.pushState(null, "", place)
		dispatchEvent(new PopStateEvent("popstate"))
	}, place)
}

/** Presses Tab until the focus is on what has this name, as someone would who cannot point. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
	const wanted = page
		.getByLabel(name, { exact: true })
		.or(page.getByRole("button", { name, exact: true }))
		.first()
	await wanted.waitFor()
	for (let presses = 0; presses < 60; presses++) {
		await page.keyboard.press("Tab")
		if (await wanted.evaluate((element) => element === document.activeElement)) return
	}
	throw new Error(`Tab does not lead to ${name}.`)
}
