// `homeport open`: a session's page of the console, in the browser.
import { hasDesktop, openBrowser } from "../home/browser.ts"
import { findSession } from "../lookup.ts"
import { action, verb } from "../verb.ts"

export function open() {
	return verb("open", {
		summary: "show a session in the browser",
		description: "It prints the page's address, too; without a desktop, nothing else.",
		examples: [["homeport open agent", "its page in the console"]],
	})
		.argument("<name>", "the session: NAME, MACHINE/NAME or its id")
		.action(
			action<[string], object>(async ({ out, signIn }, _options, name) => {
				const { call, credentials } = await signIn()
				const { machine, id } = await findSession(call, name)
				const url = new URL(`/m/${machine}/s/${id}`, credentials.url).href
				if (hasDesktop() && !out.json) openBrowser(url)
				out.result({ session: id, url }, () => url)
			}),
		)
}
