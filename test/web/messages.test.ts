// The console's words: each language has all of them, and says them in its own.
import { describe, expect, it, vi } from "vitest"
import { REFUSALS } from "../../protocol/errors.ts"
import { en } from "../../web/messages/en.ts"
import { LANGUAGES, wanted } from "../../web/messages/language.ts"
import { zh } from "../../web/messages/zh.ts"

// Times are said in the language of the page.
vi.hoisted(() => vi.stubGlobal("navigator", { languages: ["zh-CN"] }))

type Leaf = string | ((...args: never[]) => unknown)

/** Every text and function of a table, by its path. */
function leaves(table: object, path = ""): [path: string, leaf: Leaf][] {
	return Object.entries(table).flatMap(([key, value]): [string, Leaf][] => {
		const here = path === "" ? key : `${path}.${key}`
		return typeof value === "object" && value !== null ? leaves(value, here) : [[here, value as Leaf]]
	})
}

const english = leaves(en)
const chinese = new Map(leaves(zh))

/** What is written the same in every language: commands, code, names, units, keys. */
const SAME = [
	// Only what they are given.
	/^(list|any|platform|refusal|usage\.used|vms\.imageSize|session\.matches)$/,
	/^(product|signIn\.command|start\.(shell|commandHint|urlHint)|policy\.(tryHint|fileHint)|account\.email)$/,
	/^keys\.(escape|tab|control|alt)$/,
	/(^|\.)cpus$/,
	/^loadouts\.(text|starter)$/,
	/^vms\.(by\.(kvm|hvf)|firmwares\.(bios|uefi))$/,
	/^channels\.(appId|appSecret|aesKey|token|pairCommand|kinds\.telegram\.name)$/,
	/^(policy|notifications)\.places\.telegram$/,
]

/**
 * Arguments that fit any of them: they are taken as text, as a number, as a list or as a thing with such fields,
 * whichever the function asks for.
 */
function say(leaf: Leaf, samples: readonly unknown[]): string[] {
	if (typeof leaf === "string") return [leaf]
	const said = (leaf as (...args: unknown[]) => unknown)(...samples.slice(0, Math.max(leaf.length, 1)))
	if (typeof said === "function") return say(said as Leaf, samples)
	return [String(said)]
}

/** By the path, where what a function takes is not a text or a number. */
const TAKEN: Record<string, unknown[][]> = {
	list: [[["one"]], [["one", "two", "three"]]],
	any: [[["one"]], [["one", "two", "three"]]],
	"join.invited": [["Ann", "开发者"]],
	"people.stepDownText": [["访客"]],
	platform: [[{ release: "Debian 13", arch: "x64" }]],
	needsRole: [
		["owner", "guest"],
		["developer", "guest"],
	],
	refusal: [
		["That is refused.", undefined],
		["That is refused.", "It is a guest."],
	],
	"presence.word": [[{ is: "linked" }], [{ is: "away", since: 1 }]],
	"presence.detail": [
		[{ is: "linked", age: 5_000 }, 1],
		[{ is: "unproven", age: 5_000 }, 1],
		[{ is: "away", since: 1 }, 1],
		[{ is: "away", since: null }, 1],
		[{ is: "never" }, 1],
	],
	"session.runsIn": [
		["sandbox", { is: "full" }],
		["vm", { is: "none" }],
		["vm", { is: "allow-list", hosts: ["example.com"] }],
	],
	"session.bannerExited": [
		[0, null, "12:00"],
		[3, null, "12:00"],
		[null, "KILL", "12:00"],
	],
	"network.of": [[{ is: "full" }], [{ is: "none" }], [{ is: "allow-list", hosts: ["example.com"] }]],
	"vms.state": [[{ is: "paused", because: "idle" }], [{ is: "paused", because: "person" }], [{ is: "crash-loop" }]],
	"profiles.unknown": [[["one", "two"]]],
	"start.absent": [[["虚拟机"]], [["沙箱", "虚拟机"]]],
	"inbox.sessionAsks": [
		["fix-login", "approval"],
		["fix-login", "stuck"],
	],
	"inbox.answering": [
		["Ann", "Yes", "console"],
		["Ann", null, "telegram"],
	],
	"inbox.typed": [
		["Ann", "Yes", "console"],
		["Ann", null, "telegram"],
	],
	"inbox.answered": [
		["Ann", "Yes", "wechat"],
		["Ann", null, "api"],
	],
	"inbox.answeredByRule": [
		["git status", "Yes"],
		["git status", null],
	],
	"policy.rule": [
		[
			{ verdict: "allow", command: "git status" },
			{ runtime: "codex", tag: "web" },
		],
		[
			{ verdict: "deny", file: "src/**" },
			{ machine: "laptop", kind: "approval", session: "fix" },
		],
		[{ verdict: "ask" }, {}],
	],
	"notifications.tells": [[[]], [["approval"]], [["approval", "idle", "stuck"]]],
	"channels.mine": [[["one", "two"]]],
}

/** Counts that have forms of their own, and a text. */
const ORDINARY: unknown[][] = [
	[0, 0, 0, 0],
	[1, 1, 1, 1],
	[12_345, 12_345, 12_345, 12_345],
	["Name", "Name", "Name", "Name"],
]

/** All that a function says for what it may be given. What a text makes where a number is wanted is left out. */
function saidBy(path: string, leaf: Leaf): string[] {
	const taken = TAKEN[path]
	if (taken !== undefined) return taken.flatMap((samples) => say(leaf, samples))
	return ORDINARY.flatMap((samples) => {
		try {
			return say(leaf, samples).filter((text) => !text.includes("NaN"))
		} catch (error) {
			if (error instanceof TypeError || error instanceof RangeError) return []
			throw error
		}
	})
}

describe("Simplified Chinese", () => {
	it("has every word that English has, and no other", () => {
		expect([...chinese.keys()].sort()).toEqual(english.map(([path]) => path).sort())
	})

	it("takes what the English word takes", () => {
		for (const [path, leaf] of english) expect(typeof chinese.get(path), path).toBe(typeof leaf)
	})

	it("leaves no sentence in English", () => {
		const left = [...chinese].filter(
			([path, leaf]) =>
				!SAME.some((same) => same.test(path)) &&
				saidBy(path, leaf).some(
					(text) => /[A-Za-z]{3,}/.test(text.replace(/\bName\b/g, "")) && !/\p{Script=Han}/u.test(text),
				),
		)
		expect(left.map(([path]) => path)).toEqual([])
	})

	it("is written with Chinese punctuation", () => {
		const half = [...chinese].flatMap(([path, leaf]) =>
			saidBy(path, leaf)
				.filter((text) => /\p{Script=Han}[,;:!?]|\p{Script=Han}\.(?:\s|$)/u.test(text))
				.map((text) => `${path}: ${text}`),
		)
		expect(half).toEqual([])
	})

	it("has a space between Chinese and what is written in Latin letters", () => {
		const tight = [...chinese].flatMap(([path, leaf]) =>
			saidBy(path, leaf)
				.filter((text) => /\p{Script=Han}[A-Za-z]|[A-Za-z]\p{Script=Han}/u.test(text))
				.map((text) => `${path}: ${text}`),
		)
		expect(tight).toEqual([])
	})

	it("says why something was refused by every code that there is", () => {
		expect(Object.keys(zh.refusals).sort()).toEqual(Object.keys(REFUSALS).sort())
	})
})

describe.each([
	["en", english],
	["zh", [...chinese]],
] as const)("%s", (_, all) => {
	it("says something wherever a screen asks", () => {
		for (const [path, leaf] of all) {
			const said = saidBy(path, leaf)
			expect(said.length, path).toBeGreaterThan(0)
			for (const text of said) {
				expect(text.trim(), path).not.toBe("")
				expect(text, path).not.toMatch(/undefined|\[object/)
			}
		}
	})
})

it("the language is the first of the browser's that there is a table for", () => {
	expect(wanted(["zh-CN", "en"])).toBe("zh")
	expect(wanted(["fr-FR", "zh-Hant-TW", "en-GB"])).toBe("zh")
	expect(wanted(["en-US", "zh"])).toBe("en")
	expect(wanted(["fr", "de"])).toBe("en")
	expect(wanted([])).toBe("en")
	expect(LANGUAGES.map((language) => wanted([language]))).toEqual(LANGUAGES)
})
