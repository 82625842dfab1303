// Notifications in a real browser: installed, pushed to, pressed, turned on and off. No push service can be reached from
// here: the browser's own tools hand pushes to the service worker, and a subscription with real keys is made in the page.
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { newSessionId } from "../../protocol/ids.ts"
import type { PushedNotification } from "../../protocol/push.ts"
import { faults } from "../support/axe.ts"
import { DESKTOP, join, PHONE, signIn, startBrowser } from "../support/console.ts"
import { type Home, startHome } from "../support/home.ts"

let home: Home
let browser: Browser
const contexts: BrowserContext[] = []

beforeAll(async () => {
	home = await startHome()
	browser = await startBrowser({ notifies: true })
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

const REQUEST = `req_${"0".repeat(20)}`

function pushed(more: Partial<PushedNotification["notification"]> = {}): PushedNotification {
	const navigate = `${home.url}/inbox/${REQUEST}`
	return {
		web_push: 8030,
		notification: {
			title: "fix-login asks for your approval",
			body: "laptop: npm test",
			lang: "en",
			navigate,
			tag: REQUEST,
			silent: false,
			actions: [{ action: "option-0", title: "Yes", navigate }],
			data: { request: REQUEST as never, workspace: "", language: "en", isOver: false, options: ["Yes"] },
			...more,
		},
	}
}

/** The owner's console, with a service worker that runs, and the push service's end of it. */
async function listening(options = DESKTOP) {
	const page = kept(await signIn(browser, home, { ...options, permissions: ["notifications"] }))
	const push = await pushTo(page)
	return { page, push }
}

/** Hands pushes to the page's service worker, as a push service does. */
async function pushTo(page: Page): Promise<(data: unknown) => Promise<void>> {
	await page.context().grantPermissions(["notifications"])
	const tools: CDPSession = await page.context().newCDPSession(page)
	const registered = new Promise<string>((resolve) =>
		tools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: [one] }) => {
			if (one !== undefined) resolve(one.registrationId)
		}),
	)
	await tools.send("ServiceWorker.enable")
	await page.evaluate(async () => {
		await navigator.serviceWorker.register("/service-worker.js")
		const { active } = await navigator.serviceWorker.ready
		// One that is not whole yet may lose what is pushed.
		if (active?.state === "activating")
			await new Promise((resolve) => active.addEventListener("statechange", resolve, { once: true }))
	})
	const registrationId = await registered
	return async (data) => {
		await tools.send("ServiceWorker.deliverPushMessage", {
			origin: home.url,
			registrationId,
			data: typeof data === "string" ? data : JSON.stringify(data),
		})
	}
}

/** What the browser shows now. */
function shown(page: Page) {
	return page.evaluate(async () => {
		const registration = await navigator.serviceWorker.getRegistration()
		const all = (await registration?.getNotifications()) ?? []
		return all.map((notification) => {
			const { title, body, tag, silent, data } = notification
			// The compiler's library does not know of actions.
			const { actions } = notification as unknown as { actions: { title: string }[] }
			return { title, body, tag, silent, data, actions: actions.map((action) => action.title) }
		})
	})
}

/** Presses a notification, or one of its buttons: the browser has no tool for that, so its event is made. */
async function press(page: Page, tag: string, action = ""): Promise<void> {
	const [worker] = page.context().serviceWorkers()
	if (worker === undefined) throw new Error("there is no service worker")
	await worker.evaluate(
		async ([pressed, button]) => {
			// The compiler's library of this file knows pages only.
			const scope = globalThis as unknown as {
				registration: ServiceWorkerRegistration
				NotificationEvent: new (type: string, of: object) => Event
			}
			const [notification] = await scope.registration.getNotifications({ tag: pressed })
			dispatchEvent(new scope.NotificationEvent("notificationclick", { notification, action: button }))
		},
		[tag, action] as const,
	)
}

test("the console can be installed, and opens with the inbox", async () => {
	const page = kept(await signIn(browser, home))
	const tools = await page.context().newCDPSession(page)
	const { installabilityErrors } = await tools.send("Page.getInstallabilityErrors")
	// Each test has a window of its own that remembers nothing: that is all that stands against it.
	expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual([])
	const { data, errors, url } = await tools.send("Page.getAppManifest")
	expect(errors).toEqual([])
	const manifest = JSON.parse(data ?? "") as {
		start_url: string
		icons: { src: string; sizes: string; type: string }[]
	}
	expect(manifest.start_url).toBe("/inbox")
	for (const { src, sizes, type } of manifest.icons) {
		const response = await page.request.get(new URL(src, url).href)
		expect(response.headers()["content-type"]).toBe(type)
		if (type === "image/png")
			expect(`${(await response.body()).readUInt32BE(16)}x${(await response.body()).readUInt32BE(20)}`).toBe(sizes)
	}
})

test("a push is shown as it says, and the next of the same request takes its place quietly", async () => {
	const { page, push } = await listening()
	await push(pushed())
	await expect.poll(() => shown(page)).toHaveLength(1)
	expect(await shown(page)).toMatchObject([
		{
			title: "fix-login asks for your approval",
			body: "laptop: npm test",
			tag: REQUEST,
			silent: false,
			actions: ["Yes"],
		},
	])
	const over = pushed({ body: "Answered by Ada: Yes", silent: true, actions: [] })
	over.notification.data = { ...over.notification.data, isOver: true, options: [] }
	await push(over)
	await expect
		.poll(async () => (await shown(page)).map(({ body, silent }) => [body, silent]))
		.toEqual([["Answered by Ada: Yes", true]])
})

test("[TRU4] whatever is pushed, something is shown, and nothing of it leads elsewhere", async () => {
	const { page, push } = await listening()
	for (const data of ["", "not json", "null", "[]", "{}", '{"web_push":8030,"notification":{"title":1}}'])
		await push(data)
	await expect.poll(async () => (await shown(page)).map(({ title }) => title)).toEqual(["An agent needs you"])
	await push(pushed({ navigate: "https://elsewhere.example/inbox/x", tag: "elsewhere" }))
	await expect
		.poll(async () => (await shown(page)).find(({ tag }) => tag === "elsewhere")?.data.navigate)
		.toBe("/inbox")
})

test("pressing a notification opens its request in the console that is open", async () => {
	const { page, push } = await listening()
	await push(pushed())
	await expect.poll(() => shown(page)).toHaveLength(1)
	await press(page, REQUEST)
	await page.waitForURL(`**/inbox/${REQUEST}`)
	expect(await shown(page)).toEqual([])
})

test("an answer from a notification is refused where its request is over, and the notification says so", async () => {
	const { page, push } = await listening()
	await push(pushed())
	await expect.poll(() => shown(page)).toHaveLength(1)
	const asked = page.context().waitForEvent("request", (request) => request.url().endsWith(`/${REQUEST}/answer`))
	await press(page, REQUEST, "option-0")
	const request = await asked
	expect(request.headers()["homeport-via"]).toBe("push")
	expect(request.postDataJSON()).toEqual({ choice: { is: "option", label: "Yes" } })
	await expect
		.poll(async () => (await shown(page)).map(({ body, silent }) => [body, silent]))
		.toEqual([["It is over, or you may not see it any more.", true]])
})

test("an answer from a notification is typed where the policy lets notifications answer, and both say so", async () => {
	const { page, push } = await listening()
	const asks = "printf 'Do you want to continue? [y/N] '; read -r said; echo \"told <$said>\"; exec sleep 6000"
	const { id: session } = await home.call("startSession", {
		params: { machine: home.machine.id },
		body: { id: newSessionId(), name: "asks", argv: ["sh", "-c", asks] },
	})
	const inbox = async () => (await home.call("listInbox")).items.filter((item) => item.session === session)
	// What it is that it wants to go on with is not known, and so the risk is high.
	await expect.poll(inbox).toMatchObject([{ kind: "approval", risk: "high", state: { is: "open" } }])
	const [item] = await inbox()
	if (item === undefined) throw new Error("it was there")
	const label = item.options.find(({ means }) => means === "yes")?.label ?? ""
	const { workspace } = await home.call("me")
	const said = pushed({ tag: item.id })
	said.notification.data = { ...said.notification.data, request: item.id, options: [label], workspace: workspace.id }
	const answer = async (text: string, isDone: boolean) => {
		await push(said)
		await expect.poll(async () => (await shown(page)).map(({ actions }) => actions.length)).toEqual([1])
		await press(page, item.id, "option-0")
		await expect
			.poll(async () => (await shown(page)).map(({ body, silent }) => [body, silent]))
			.toEqual([[text, isDone]])
	}
	await answer("Not answered: that may not be answered from here. Open Homeport.", false)
	expect(await inbox()).toMatchObject([{ state: { is: "open" } }])

	const { policy } = await home.call("readPolicy")
	const mayAnswer = { ...policy.mayAnswer, push: "high" } as const
	await home.call("writePolicy", { body: { policy: { ...policy, mayAnswer } } })
	await answer(`You answered: ${label}`, true)
	const { item: over } = await home.call("showRequest", { params: { request: item.id } })
	expect(over.state).toMatchObject({ is: "answered", answer: label, by: { is: "person", via: "push" } })
	const screen = async () =>
		(await home.call("readScreen", { params: { machine: home.machine.id, session } })).lines.join("\n")
	await expect.poll(screen).toMatch(/told <y/i)
})

test("nothing of the API is kept by the service worker", async () => {
	const { page } = await listening()
	await page.reload()
	expect(await page.evaluate(() => caches.keys())).toEqual([])
	expect(await page.evaluate(async () => (await fetch("/api/me")).headers.get("cache-control"))).toBe("no-store")
})

/**
 * A browser with a push service of its own, that nobody reaches: its subscriptions have real keys, and are gone with the
 * page, as a browser's are when its push service loses them.
 */
async function withPushService(context: BrowserContext): Promise<void> {
	await context.grantPermissions(["notifications"])
	await context.addInitScript(() => {
		let current: PushSubscription | null = null
		PushManager.prototype.getSubscription = async () => current
		PushManager.prototype.subscribe = async (options) => {
			const key = options?.applicationServerKey
			if (!(key instanceof Uint8Array) || key.length !== 65) throw new Error("not a key of a home")
			const { publicKey } = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"])
			const text = (bytes: ArrayBuffer) =>
				btoa(String.fromCharCode(...new Uint8Array(bytes)))
					.replaceAll("+", "-")
					.replaceAll("/", "_")
					.replaceAll("=", "")
			const keys = {
				p256dh: text(await crypto.subtle.exportKey("raw", publicKey)),
				auth: text(crypto.getRandomValues(new Uint8Array(16)).buffer),
			}
			const endpoint = `https://push.invalid-service.example/${crypto.randomUUID()}`
			current = {
				endpoint,
				options: { applicationServerKey: key.buffer, userVisibleOnly: true },
				toJSON: () => ({ endpoint, keys }),
				unsubscribe: async () => {
					current = null
					return true
				},
			} as unknown as PushSubscription
			return current
		}
	})
}

async function settingsOf(page: Page): Promise<Page> {
	await page.goto("/settings/notifications")
	await page.getByRole("heading", { name: "Where else" }).waitFor()
	return page
}

test("notifications are turned on in a browser, tried, changed, kept over a new address, and turned off", async () => {
	const page = kept(await signIn(browser, home))
	await withPushService(page.context())
	await settingsOf(page)
	await page.getByRole("button", { name: "Turn on" }).click()
	const here = page.locator(".part", { hasText: "This browser" })
	await here.getByText("on", { exact: true }).waitFor()
	await here.getByText("says only that something waits").waitFor()
	expect(await faults(page)).toEqual([])
	const listed = async () => (await home.call("listDestinations")).destinations
	const [made] = await listed()
	expect(made).toMatchObject({
		kind: "push",
		name: "Chrome on Linux",
		settings: { showsContent: false, language: "en" },
	})

	await here.getByRole("button", { name: "Send a test to Chrome on Linux" }).click()
	await here.getByRole("status").getByText("push.invalid-service.example cannot be reached").waitFor()

	await here.getByRole("button", { name: "Change what Chrome on Linux is told" }).click()
	const dialog = page.getByRole("dialog")
	await dialog.getByLabel("Name").fill("Workshop")
	await dialog.getByLabel("Show what is asked").check()
	await dialog.getByLabel("is done and waits for work").check()
	await dialog.getByLabel("Language").selectOption("简体中文")
	await dialog.getByRole("button", { name: "Save" }).click()
	await here.getByText("Workshop").waitFor()
	await here.getByText("shows what is asked").waitFor()
	const changed = { name: "Workshop", settings: { showsContent: true, language: "zh" } }
	expect(await listed()).toMatchObject([{ id: made?.id, ...changed }])

	const moved = page.waitForResponse(
		(response) => response.url().endsWith("/api/push") && response.request().method() === "POST",
	)
	await page.reload()
	expect((await moved).status()).toBe(200)
	await here.getByText("Workshop").waitFor()
	expect(await listed()).toMatchObject([{ id: made?.id, ...changed, fault: null }])

	await here.getByRole("button", { name: "Turn off" }).click()
	await here.getByRole("button", { name: "Turn on" }).waitFor()
	expect(await listed()).toEqual([])
	expect(await page.evaluate(() => localStorage.getItem("push"))).toBeNull()
})

test("a push that arrives here is told on the page; who signs out is told nothing more", async () => {
	const page = kept(await join(browser, home, "developer", "Tess"))
	await withPushService(page.context())
	const push = await pushTo(page)
	await settingsOf(page)
	await page.getByRole("button", { name: "Turn on" }).click()
	await page.getByText("on", { exact: true }).waitFor()
	const test = pushed({ tag: "test" })
	test.notification.data = { ...test.notification.data, request: null }
	await push(test)
	await page.getByText("It has arrived in this browser.").waitFor()
	await page.getByRole("button", { name: "Tess" }).click()
	const removing = page.waitForResponse((response) => response.request().method() === "DELETE")
	const [removed] = await Promise.all([removing, page.getByRole("button", { name: "Sign out" }).click()])
	expect(removed.status()).toBe(200)
	await page.getByRole("heading", { name: "Sign in" }).waitFor()
	expect(await page.evaluate(() => localStorage.getItem("push"))).toBeNull()
	expect(await shown(page)).toEqual([])
})

test("a browser whose push service does not take part says so, and nothing is turned on", async () => {
	const page = kept(await signIn(browser, home))
	await page.context().grantPermissions(["notifications"])
	await settingsOf(page)
	await page.getByRole("button", { name: "Turn on" }).click()
	await page.getByText("The browser’s own push service does not take part").waitFor()
	expect((await home.call("listDestinations")).destinations).toEqual([])
})

test("a browser that blocks notifications says what to do", async () => {
	const page = kept(await signIn(browser, home))
	await settingsOf(page)
	await page.getByText("This browser blocks notifications from here").waitFor()
})

test("an iPhone's browser is told to install the console first", async () => {
	const userAgent =
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 Version/18.4 Mobile/15E148 Safari/604.1"
	const page = kept(await signIn(browser, home, { ...PHONE, userAgent }))
	await page.addInitScript(() => {
		Reflect.deleteProperty(window, "PushManager")
	})
	await settingsOf(page)
	await page.getByText("Add Homeport to the home screen first").waitFor()
	expect(await page.getByRole("button", { name: "Turn on" }).count()).toBe(0)
})
