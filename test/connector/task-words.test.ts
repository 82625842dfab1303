// A task as its runtime is begun with it: what people's own runtimes say about that, as the built-in ones do.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { saveProfile } from "../../connector/profiles.ts"
import { findRuntime } from "../../connector/runtimes.ts"
import { words } from "../../connector/tasks/words.ts"
import { Profile } from "../../protocol/profile.ts"
import { Manifest } from "../../protocol/task.ts"

async function begun(profile: object, manifest: object) {
	const dataDir = mkdtempSync(join(tmpdir(), "homeport-words-"))
	onTestFinished(() => rmSync(dataDir, { recursive: true }))
	await saveProfile(dataDir, Profile.parse({ id: "goose", label: "Goose", program: "goose", ...profile }))
	return words(
		await findRuntime(dataDir, "goose"),
		Manifest.parse({ runtime: "goose", ...manifest }),
		".homeport/prompt",
	)
}

const oneShot = { argument: ["run", "{more}", "-t", "{prompt}"], long: { by: "stdin", words: ["run", "{more}"] } }

test("a profile that says how it works one prompt off is begun so, with its model and the task's arguments", async () => {
	const profile = { oneShot: { ...oneShot, model: "--model" } }
	expect(await begun(profile, { prompt: "mend it", model: "small", argv: ["--quiet"] })).toEqual({
		argv: ["run", "--model", "small", "--quiet", "-t", "mend it"],
		stdin: null,
	})
	expect(await begun(profile, { prompt: "--help" })).toEqual({ argv: ["run"], stdin: ".homeport/prompt" })
})

test("what a profile does not say is refused, and nothing is left out in silence", async () => {
	const short = { oneShot: { argument: ["{prompt}"] } }
	await expect(begun(short, { prompt: "-x" })).rejects.toThrow("takes no prompt that is so long, or begins with a dash")
	await expect(begun(short, { prompt: "x", model: "small" })).rejects.toThrow("takes no model")
	await expect(begun({}, { prompt: "x" })).rejects.toThrow("finds its prompt where argv says {prompt} or {file}")
	expect(() => Profile.parse({ id: "g", label: "g", program: "g", oneShot: { argument: ["x"] } })).toThrow("{prompt}")
})

test("an interactive task is begun with its prompt where the agent says when it is done, and refused elsewhere", async () => {
	const of = async (manifest: object) => {
		const parsed = Manifest.parse({ interactive: true, prompt: "mend it", ...manifest })
		return words(await findRuntime("/nowhere", parsed.runtime), parsed, ".homeport/prompt")
	}
	expect(await of({ model: "m" })).toEqual({ argv: ["mend it", "--model", "m"], stdin: null })
	expect(await of({ runtime: "codex", prompt: "-x" })).toEqual({
		argv: ["Read .homeport/prompt and do what it says."],
		stdin: null,
	})
	await expect(of({ runtime: "shell" })).rejects.toThrow("does not say when it is done")
})
