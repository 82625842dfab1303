// The matrix as a test, and that it finds what it is there to find.
import { expect, test } from "vitest"
import type { RouteName } from "../../protocol/routes.ts"
import { EVERY_WAY, Home } from "./home.ts"
import { walk } from "./matrix.ts"

test("[TRU1] every route and socket does by every caller what the table says, and tells nobody what they may not see", async () => {
	const home = await Home.start({ settings: EVERY_WAY })
	const { routes, cells, uncovered, wrong } = await walk(home)
	await home.stop()
	expect(uncovered).toEqual([])
	expect(wrong).toEqual([])
	expect(cells).toBeGreaterThan(routes * 30)
}, 180_000)

test.each<[string, RouteName, RegExp, string, string]>([
	[
		"a role that may too much",
		"changeMachine",
		/"machine:manage": "maintainer"/,
		'"machine:manage": "developer"',
		"developer by token",
	],
	[
		"a role that may too little",
		"listMachines",
		/"machine:read": "guest"/,
		'"machine:read": "developer"',
		"guest by cookie",
	],
	[
		"a route in the wrong row",
		"removeMachine",
		/(removeMachine: \{[^}]*may: )"machine:manage"/,
		'$1"machine:read"',
		"guest by token",
	],
	[
		"machines of other workspaces",
		"ping",
		/\w+\.workspaceId !== principal\.membership\.workspaceId \|\| /,
		"",
		"an owner elsewhere",
	],
	[
		"machines for others",
		"ping",
		/const isNamed = (?=\w+\.members === null \|\| \w+\.role)/,
		"const isNamed = true || ",
		"a member whom the machine is not for",
	],
	[
		"tasks on machines for others",
		"showTask",
		/return \w+ === null \|\| machines\d* === null \|\| /,
		"return true || ",
		"a member whom the machine is not for",
	],
	[
		"a list of everything",
		"listMachines",
		/\.filter\(\(\w+\) => sees\(principal, \w+\)\)/,
		"",
		"a token narrowed to a tag that the machine lacks",
	],
	[
		"tokens that nothing narrows",
		"me",
		/actions\?\.includes\(action\) \?\? true/,
		"true",
		"a token narrowed to another action",
	],
	["tokens that never end", "me", /gt\(token\d*\.expiresAt, now\d*\)/, "sql`1`", "an expired token"],
	[
		"machines that were removed",
		"rotateKey",
		/\|\| machine\d*\.revokedAt !== null\) throw new Refusal\("machine_revoked"\)/,
		') throw new Refusal("machine_revoked")',
		"a removed machine",
	],
	[
		"a refusal of its own for what is there",
		"revokeToken",
		/(async revokeToken\([^{]*\{[^{]*\{[^;]*;[^;]*)"not_found"/,
		'$1"name_taken"',
		"another owner, for what only one person has",
	],
])("[TRU1] the matrix finds %s", async (_, route, pattern, slip, caller) => {
	const home = await Home.start({
		settings: EVERY_WAY,
		change(source) {
			expect(source.match(new RegExp(pattern, "g"))).toHaveLength(1)
			return source.replace(pattern, slip)
		},
	})
	const { wrong } = await walk(home, [route])
	await home.stop()
	expect(wrong.map((cell) => cell.caller)).toContain(caller)
})
