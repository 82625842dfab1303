// People without a browser: signed in by the API, for its calls with a cookie, or for a browser that is theirs from the start.
import { type Client, client } from "../../protocol/client.ts"
import type { Role } from "../../protocol/roles.ts"
import { type RouteName, routePath } from "../../protocol/routes.ts"
import type { Home } from "./home.ts"

interface Cookie {
	name: string
	value: string
}

/** The owner of a home, as one browser of theirs. */
export async function ownerOf(home: Home): Promise<Client> {
	const { url } = home
	const cookie = (await ownersCookies(home)).map(({ name, value }) => `${name}=${value}`).join("; ")
	return client((path, init) => fetch(url + path, { ...init, headers: { ...init.headers, cookie, origin: url } }))
}

/** What a browser of the home's owner sends: always the same one, by the link that the home has started with. */
export function ownersCookies(home: Home): Promise<Cookie[]> {
	const known = owners.get(home)
	if (known !== undefined) return known
	const made = cookiesBy(home, "signIn", { token: secretOf(home.signInUrl) })
	owners.set(home, made)
	return made
}

const owners = new WeakMap<Home, Promise<Cookie[]>>()

/** Somebody new becomes a member; what their browser sends. */
export async function newMember(home: Home, role: Role, name: string): Promise<Cookie[]> {
	const { url } = await home.call("createInvitation", { body: { role } })
	const email = `${name.toLowerCase().replaceAll(" ", ".")}@example.com`
	return cookiesBy(home, "acceptInvitation", { token: secretOf(url), name, email })
}

/** Links keep what opens them from servers. */
function secretOf(link: string): string {
	return new URL(link).hash.slice(1)
}

async function cookiesBy({ url }: Home, route: RouteName, body: object): Promise<Cookie[]> {
	const response = await fetch(url + routePath(route), {
		method: "POST",
		headers: { "content-type": "application/json", origin: url },
		body: JSON.stringify(body),
	})
	if (!response.ok) throw new Error(`not signed in: ${response.status}`)
	return response.headers.getSetCookie().map((line) => {
		const [pair = ""] = line.split(";", 1)
		const at = pair.indexOf("=")
		return { name: pair.slice(0, at), value: pair.slice(at + 1) }
	})
}
