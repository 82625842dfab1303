// What people write about runtimes and loadouts, and what is told them of their mistakes.
import { describe, expect, it } from "vitest"
import { Profile } from "../../protocol/profile.ts"
import { problemIn } from "../../web/loadout-problem.ts"
import { draftOf, profileOf } from "../../web/profile-draft.ts"

const PROFILE = Profile.parse({
	id: "my-agent",
	label: "My agent",
	program: "agent",
	arguments: ["--model", "a b", "it's"],
	resume: ["--continue"],
	install: "npm install --global agent",
	environment: { MODE: "fast" },
	secrets: { AGENT_KEY: "AGENT" },
	mounts: [{ path: "/srv/data", writable: true }],
	waits: ["^Proceed\\?"],
})

describe("a profile that is edited", () => {
	it("is the same where nothing was changed", () => {
		expect(profileOf(draftOf(PROFILE))).toEqual(PROFILE)
	})

	it("begins with every key that it may have", () => {
		const made = profileOf({ ...draftOf(undefined), id: "x", label: "X", program: "x" })
		expect(made).toEqual(Profile.parse({ id: "x", label: "X", program: "x" }))
		expect(Object.keys(JSON.parse(draftOf(undefined).rest))).toEqual(
			expect.arrayContaining([
				"environment",
				"secrets",
				"keys",
				"configuration",
				"mounts",
				"image",
				"waits",
				"signsIn",
			]),
		)
	})

	it.each([
		["an open quote", { arguments: "'a" }, "A quote is not closed."],
		["what is no JSON", { rest: "{" }, "That is no JSON."],
		["a list in place of an object", { rest: "[]" }, "That is no JSON."],
		["an unknown key", { rest: '{"enviroment":{}}' }, "A profile has no enviroment."],
		["a name that begins with a dash", { id: "-x" }, /begin with no dash/],
		["a path out of the home", { rest: '{"configuration":["../x"]}' }, /must be a path under the home directory/],
	])("is refused for %s", (_, change, why) => {
		expect(profileOf({ ...draftOf(PROFILE), ...change })).toMatch(why)
	})
})

it("a refused loadout's mistake is found by its line", () => {
	const refused =
		"The request is not right, so nothing was done. base.yaml:3:5: There is no key `tolls`: is it `tools`?"
	expect(problemIn(refused)).toEqual({
		loadout: "base",
		line: 3,
		column: 5,
		message: "There is no key `tolls`: is it `tools`?",
	})
	expect(problemIn("Your role does not allow this.")).toBeNull()
})
