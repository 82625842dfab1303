// Signing a browser in by a one-time link, and out.
import { auth } from "../auth.ts"
import type { Handlers } from "../call.ts"

export const signIn: Handlers<"signIn" | "signOut"> = {
	async signIn({ env, origin, request, body, cookies }) {
		const { headers } = await (await auth(env, origin)).signIn(request.headers, body.token)
		cookies.push(...headers.getSetCookie())
		return {}
	},

	async signOut({ env, origin, request, cookies }) {
		const { headers } = await (await auth(env, origin)).signOut(request.headers)
		cookies.push(...headers.getSetCookie())
		return {}
	},
}
