// A passkey without a finger: Chromium's own virtual authenticator, which says yes to everything.
import type { Page } from "playwright-core"

export async function withAuthenticator(page: Page): Promise<void> {
	const cdp = await page.context().newCDPSession(page)
	await cdp.send("WebAuthn.enable")
	await cdp.send("WebAuthn.addVirtualAuthenticator", {
		options: {
			protocol: "ctap2",
			transport: "internal",
			hasResidentKey: true,
			hasUserVerification: true,
			isUserVerified: true,
			automaticPresenceSimulation: true,
		},
	})
}
