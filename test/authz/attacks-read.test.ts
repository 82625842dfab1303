// That reading is only reading: no GET changes anything, whoever asks and from wherever.
import { afterAll, beforeAll, expect, test } from "vitest"
import { newChannelId } from "../../protocol/ids.ts"
import type { Shape } from "../../protocol/route.ts"
import { ROUTES, type RouteName, routePath } from "../../protocol/routes.ts"
import { EVERY_WAY, Home } from "./home.ts"
import { dump } from "./rows.ts"
import { settle } from "./town.ts"
import { introduce } from "./world.ts"

const READING = (Object.entries(ROUTES) as [RouteName, Shape][]).filter(([, { method }]) => method === "GET")
/** As a link on another site's page brings a browser here. */
const LED_HERE = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }

let home: Home
beforeAll(async () => {
	home = await Home.start({ settings: EVERY_WAY })
})
afterAll(() => home.stop())

/** Everything but what a read may leave: its own entry in the trail, and when a token was used. */
async function kept() {
	const { audit: _, ...rows } = await dump(home.db)
	for (const row of rows.token ?? []) row.last_used_at = null
	return rows
}

test.each(READING)("[TRU2] %s changes nothing, by a person, a program and nobody", async (name, { kind }) => {
	const { things, owner } = await settle(home)
	await introduce(home, things)
	const path = routePath(name, {
		...things,
		provider: "oidc",
		vm: "one",
		loadout: "one",
		profile: "one",
		channel: newChannelId(),
	} as unknown as Record<string, string>)
	const before = await kept()
	for (const headers of [owner.page, owner.program, {}]) {
		if (kind === "socket") (await home.dial(path, headers)).close()
		else
			for (const method of ["GET", "HEAD"])
				await (await home.ask(path, { method, headers: { ...headers, ...LED_HERE } })).arrayBuffer()
	}
	expect(await kept()).toEqual(before)
	expect(before.user?.map(({ id }) => id)).toContain(owner.id)
})
