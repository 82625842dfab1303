// People and the console: invitations, devices, workspaces, and what each role may do.
import { randomBytes } from "node:crypto"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { client } from "../../protocol/client.ts"
import {
	join,
	live,
	newBrowser,
	PHONE,
	rows,
	run,
	shows,
	signIn,
	startBrowser,
	startShell,
	type,
} from "../support/console.ts"
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

/** Keeps the page's context until the end of the test. */
function kept({ context, page }: { context: BrowserContext; page: Page }): Page {
	contexts.push(context)
	return page
}

const owner = async () => kept(await signIn(browser, home))

test("an invitation says who invites to what; a new person joins with a way to come back, and the link is spent", async () => {
	const page = await owner()
	await page.goto("/settings/people")
	await page.getByRole("button", { name: "Invite" }).click()
	await page.getByRole("radio", { name: "Maintainer" }).check()
	await page.getByRole("button", { name: "Make a link" }).click()
	const link = (await page.locator(".copy-field code").textContent()) ?? ""
	await page.getByRole("button", { name: "I have copied it" }).click()
	const invitation = page.locator(".row", { hasText: "maintainer, by Owner" })
	await invitation.getByText("another 7d").waitFor()
	await invitation.getByText(/^made /).waitFor()

	const guest = kept(await newBrowser(browser, home, PHONE))
	await guest.goto(link)
	await guest.getByText("Owner invites you to this workspace as maintainer.").waitFor()
	expect(guest.url()).toBe(`${home.url}/join`)
	await guest.getByLabel("Name").fill("Grace")
	await guest.getByLabel("E-mail").fill("grace@example.com")
	await guest.getByRole("button", { name: "Join", exact: true }).tap()
	await guest.getByRole("heading", { name: "You are in" }).waitFor()
	await guest.getByLabel("New password").fill("another long password")
	await guest.getByRole("button", { name: "Set a password" }).tap()
	await guest.getByRole("heading", { name: "Fleet" }).waitFor()
	await page.reload()
	await page.locator(".thing", { hasText: "grace@example.com" }).waitFor()

	const late = kept(await newBrowser(browser, home))
	await late.goto(link)
	await late.getByText("This invitation is wrong, used, revoked").waitFor()
})

test("whoever is signed in joins as who they are", async () => {
	const { url } = await home.call("createInvitation", { body: { role: "developer" } })
	const page = kept(await join(browser, home, "guest", "Alan"))
	await page.getByRole("button", { name: "Workspace: Home" }).click()
	await page.getByRole("button", { name: "New workspace" }).click()
	await page.getByLabel("Name").fill("Alans own")
	await page.getByRole("button", { name: "Create" }).click()
	await page.getByRole("button", { name: "Workspace: Alans own" }).waitFor()
	await page.goto(url)
	await page.getByRole("button", { name: "Join as Alan" }).click()
	await page.getByRole("button", { name: "Workspace: Home" }).waitFor()
})

test("[TRU1] a guest finds what they may not do greyed, with who may; and may as soon as they are more", async () => {
	const page = await owner()
	await startShell(page)
	await run(page, "echo seen-$((1+1))")
	await shows(page, /^seen-2/)
	const guest = kept(await join(browser, home, "guest", "Gwen"))
	const add = guest.getByRole("button", { name: "Add a machine" })
	expect(await add.getAttribute("aria-disabled")).toBe("true")
	expect(await add.getAttribute("title")).toBe("This needs the role maintainer or a higher one; you are guest here.")
	await add.click({ force: true })
	expect(await guest.getByRole("dialog").count()).toBe(0)

	await guest.goto("/settings/secrets")
	await guest.getByText("This needs the role developer").waitFor()
	await guest.goto(new URL(page.url()).pathname)
	await live(guest)
	await shows(guest, /^seen-2/)
	await guest.getByText("watching", { exact: true }).waitFor()
	await guest.keyboard.type("never")

	await page.goto("/settings/people")
	await page.getByLabel("Role of Gwen").selectOption("Developer")
	await guest.getByText("watching", { exact: true }).waitFor({ state: "detached" })
	await live(guest)
	await type(guest, "echo typed-$((1+1))")
	await shows(guest, /^typed-2/)
	expect(await rows(guest).filter({ hasText: "never" }).count()).toBe(0)
})

test("[INP1][TRU1] keys that wait when a role stops allowing them are dropped, told, and never asked about again", async () => {
	const page = await owner()
	await startShell(page)
	const ada = kept(await join(browser, home, "developer", "Ada"))
	let isLinked = true
	const cuts: (() => Promise<void>)[] = []
	await ada.routeWebSocket(/\/view(\?|$)/, (socket) => {
		if (!isLinked) return void socket.close()
		socket.connectToServer()
		cuts.push(() => socket.close())
	})
	await ada.goto(new URL(page.url()).pathname)
	await live(ada)
	await run(ada, "echo ready-$((1+1))")
	await shows(ada, /^ready-2/)
	isLinked = false
	for (const cut of cuts) await cut()
	await ada.keyboard.type("never")
	await ada.getByText("5 keys unsent").waitFor()

	await page.goto("/settings/people")
	await page.getByLabel("Role of Ada").selectOption("Guest")
	await ada.getByText("watching", { exact: true }).waitFor()
	isLinked = true
	await ada.getByText("5 keys were not sent: you may only watch now.").waitFor()
	await live(ada)
	expect(await ada.evaluate(() => Object.keys(sessionStorage).filter((name) => name.startsWith("unsent")))).toEqual([])
	await ada.reload()
	await live(ada)
	await page.getByLabel("Role of Ada").selectOption("Developer")
	await ada.getByText("watching", { exact: true }).waitFor({ state: "detached" })
	await live(ada)
	await type(ada, "echo typed-$((1+1))")
	await shows(ada, /^typed-2/)
	expect(await ada.getByText("keys unsent").count()).toBe(0)
	expect(await rows(ada).filter({ hasText: "never" }).count()).toBe(0)
})

test("[TRU1] a guest on a phone sees no button that they may not press, and who opens a machine to them", async () => {
	const page = await owner()
	await startShell(page)
	const guest = kept(await join(browser, home, "guest", "Gail", PHONE))
	await guest.getByRole("heading", { name: home.machine.name }).waitFor()
	for (const name of ["Add a machine", "New session", `New session on ${home.machine.name}`])
		expect(await guest.getByRole("button", { name, exact: true }).count()).toBe(0)

	const { members } = await home.call("listMembers")
	const owners = members.filter(({ role }) => role === "owner").map(({ id }) => id)
	const params = { machine: home.machine.id }
	await home.call("changeMachine", { params, body: { members: owners } })
	try {
		await guest.getByRole("heading", { name: "No machine is open to you here" }).waitFor()
		await guest.getByText("Ask an owner.").waitFor()
		expect(await guest.getByRole("button", { name: "Add a machine" }).count()).toBe(0)
		await guest.goto(new URL(page.url()).pathname)
		await guest.getByText("or you may no longer see it").waitFor()
	} finally {
		await home.call("changeMachine", { params, body: { members: null } })
	}
})

test("a member who is removed is outside at once", async () => {
	const page = await owner()
	const guest = kept(await join(browser, home, "developer", "Eve"))
	await page.goto("/settings/people")
	const row = page.locator(".thing", { hasText: "eve@example.com" })
	await row.getByRole("button", { name: "Remove" }).click()
	await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click()
	await row.waitFor({ state: "detached" })
	await guest.getByRole("heading", { name: "You are in no workspace" }).waitFor()
	await guest.getByText("You are no longer in Home: you were removed, or it was deleted.").waitFor()
	await guest.getByRole("button", { name: "New workspace" }).click()
	await guest.getByLabel("Name").fill("Eves own")
	await guest.getByRole("button", { name: "Create" }).click()
	await guest.getByRole("heading", { name: "No machine has called home yet" }).waitFor()
})

test("whoever is in no workspace can sign out", async () => {
	const guest = kept(await join(browser, home, "guest", "Eva"))
	const { members } = await home.call("listMembers")
	await home.call("removeMember", { params: { member: members.find(({ name }) => name === "Eva")?.id ?? "" } })
	await guest.getByRole("heading", { name: "You are in no workspace" }).waitFor()
	await guest.getByRole("button", { name: "Sign out" }).click()
	await guest.getByRole("heading", { name: "Sign in to Homeport" }).waitFor()
})

test("the last owner stays: their role cannot change, and they cannot leave", async () => {
	const page = await owner()
	await page.goto("/settings/people")
	await page.locator(".thing", { hasText: "you" }).getByText("The last owner").waitFor()
	expect(await page.getByLabel("Role of Owner").count()).toBe(0)
	await page.goto("/settings/workspace")
	await page.getByRole("button", { name: "Leave the workspace" }).click()
	await page.getByRole("dialog").getByRole("button", { name: "Leave the workspace" }).click()
	await page.getByRole("alert").filter({ hasText: "make somebody else owner first" }).waitFor()
})

test("each tab is in a workspace of its own; a workspace is deleted by its name", async () => {
	const page = await owner()
	const { id } = home.machine
	await page.getByRole("button", { name: "Workspace: Home" }).click()
	await page.getByRole("button", { name: "New workspace" }).click()
	await page.getByLabel("Name").fill("Second")
	await page.getByRole("button", { name: "Create" }).click()
	await page.getByRole("heading", { name: "No machine has called home yet" }).waitFor()

	const tab = await page.context().newPage()
	await tab.goto("/")
	await tab.getByRole("button", { name: "Workspace: Second" }).click()
	await tab.getByRole("button", { name: /^Home/ }).click()
	await tab.locator(".machine .presence.linked").waitFor()
	await tab.goto(`/settings/machines/${id}`)
	await tab.getByText("did:key:").waitFor()
	await page.reload()
	await page.getByRole("button", { name: "Workspace: Second" }).waitFor()

	await page.goto("/settings/workspace")
	await page.getByRole("button", { name: "Delete the workspace" }).click()
	const dialog = page.getByRole("dialog")
	const submit = dialog.getByRole("button", { name: "Delete the workspace" })
	await dialog.getByLabel("Type Second to confirm").fill("second")
	expect(await submit.isDisabled()).toBe(true)
	await dialog.getByLabel("Type Second to confirm").fill("Second")
	await submit.click()
	await page.getByRole("button", { name: "Workspace: Home" }).waitFor()
})

test("a device's page shows what asks, and gives no more than the person narrows it to; what is refused gets nothing", async () => {
	const call = client((path, init) => fetch(home.url + path, init))
	const asked = await call("startDevice", { body: { request: { is: "login", name: "laptop" } } })
	const page = await owner()
	await page.goto(asked.url)
	expect(await page.getByLabel("Code").inputValue()).toBe(asked.userCode)
	await page.reload()
	expect(await page.getByLabel("Code").inputValue()).toBe(asked.userCode)
	await page.getByRole("button", { name: "Continue" }).click()
	await page.getByText("Approve only what you have started yourself").waitFor()
	await page.getByRole("definition").filter({ hasText: "laptop" }).waitFor()
	await page.getByText("What it may do").click()
	await page.getByLabel("only this:").check()
	expect(await page.getByRole("button", { name: "Approve" }).isDisabled()).toBe(true)
	await page.getByLabel("watch sessions").check()
	await page.getByRole("button", { name: "Approve" }).click()
	await page.getByRole("heading", { name: "Approved" }).waitFor()
	await page.goto("/device")
	expect(await page.getByLabel("Code").inputValue()).toBe("")
	const given = await call("pollDevice", { body: { deviceCode: asked.deviceCode } })
	expect(given).toMatchObject({ is: "login", token: { name: "laptop", actions: ["session:watch"] } })

	const second = await call("startDevice", { body: { request: { is: "login", name: "unknown" } } })
	await page.goto(`/device?code=${second.userCode}`)
	await page.getByRole("button", { name: "Continue" }).click()
	await page.getByRole("button", { name: "Refuse" }).click()
	await page.getByRole("heading", { name: "Refused" }).waitFor()
	await expect(call("pollDevice", { body: { deviceCode: second.deviceCode } })).rejects.toMatchObject({
		code: "device_denied",
	})
	await page.goto(`/device?code=${second.userCode}`)
	await page.getByRole("button", { name: "Continue" }).click()
	await page.getByRole("alert").filter({ hasText: "This device code is wrong" }).waitFor()
})

test("[LNK1] a machine that asks by a code is shown with its system, and joins the workspace that is chosen for it", async () => {
	const call = client((path, init) => fetch(home.url + path, init))
	const platform = { os: "linux", arch: "arm64", release: "Alpine 3.22", hostname: "forge.local", connector: "0.1.0" }
	const publicKey = randomBytes(32).toString("base64url")
	const request = { is: "machine" as const, name: "forge", publicKey, platform }
	const asked = await call("startDevice", { body: { request } })
	const page = await owner()
	await page.goto(asked.url)
	await page.getByRole("button", { name: "Continue" }).click()
	await page.getByRole("heading", { name: "A machine wants to join" }).waitFor()
	await page.getByText("Alpine 3.22 · arm64").waitFor()
	await page.getByText("forge.local").waitFor()
	await page.getByLabel("Workspace").selectOption("Home (owner)")
	await page.getByRole("button", { name: "Approve" }).click()
	await page.getByRole("heading", { name: "Approved" }).waitFor()
	const given = await call("pollDevice", { body: { deviceCode: asked.deviceCode } })
	expect(given).toMatchObject({ is: "machine", name: "forge" })
	await page.getByRole("link", { name: "Back to the fleet" }).click()
	await page.locator(".machine", { hasText: "forge" }).getByText("has not called yet").waitFor()
})
