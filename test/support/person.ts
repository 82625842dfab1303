// A person in a browser without the browser: the API called with the cookie of a one-time sign-in link.
import { type Client, client } from "../../protocol/client.ts"
import { homeport } from "./command.ts"
import type { Home } from "./home.ts"

/** The owner of a home, freshly signed in. */
export async function ownerOf({ url, dataDir }: Pick<Home, "url" | "dataDir">): Promise<Client> {
	const { signInUrl } = (await homeport(dataDir, ["up", "--sign-in-link", "--json"])).json() as { signInUrl: string }
	const response = await fetch(`${url}/api/sign-in`, {
		method: "POST",
		headers: { "content-type": "application/json", origin: url },
		body: JSON.stringify({ token: new URL(signInUrl).hash.slice(1) }),
	})
	if (!response.ok) throw new Error(`not signed in: ${response.status}`)
	const cookie = response.headers
		.getSetCookie()
		.map((line) => line.split(";", 1)[0])
		.join("; ")
	return client((path, init) => fetch(url + path, { ...init, headers: { ...init.headers, cookie, origin: url } }))
}
