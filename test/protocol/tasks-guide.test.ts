// What docs/tasks.md teaches: its examples are taken as they stand, and it names every key and state that there is.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { parse } from "yaml"
import type { z } from "zod"
import { newTriggerId } from "../../protocol/ids.ts"
import { ScheduleDraft } from "../../protocol/schedule.ts"
import { Manifest, TASK_STATES } from "../../protocol/task.ts"
import { TriggerSource, TriggerSpec, WHATS } from "../../protocol/trigger.ts"
import { decide } from "../../worker/hooks/decide.ts"

const file = (path: string) => readFileSync(join(import.meta.dirname, "../..", path), "utf8")
const GUIDE = file("docs/tasks.md")

function example<S extends z.ZodType>(name: string, schema: S): z.infer<S> {
	const [, yaml = ""] = new RegExp(`\`\`\`yaml\\n# ${name}\\n([^]*?)\`\`\``).exec(GUIDE) ?? []
	return schema.parse(parse(yaml))
}

test("its manifest and its schedule are taken", () => {
	expect(example("task.yaml", Manifest)).toMatchObject({ changes: { do: "pull-request" } })
	expect(example("schedule.yaml", ScheduleDraft)).toMatchObject({ when: { is: "cron" } })
})

test("its trigger makes a task of a real delivery, with the repository of the event", () => {
	const trigger = { id: newTriggerId(), ...example("trigger.yaml", TriggerSpec) }
	const body = file("test/fixtures/webhooks/github/issues.labeled.json")
	const outcome = decide(trigger, { id: "one", keys: ["one"], event: "issues", body, at: 0 }, "mark")
	expect(outcome).toMatchObject({
		is: "task",
		manifest: {
			workOn: { url: "https://github.com/Codertocat/Hello-World.git", credential: { secret: "GITHUB_TOKEN" } },
		},
	})
})

test("a key that is not known is refused, wherever it stands", () => {
	const manifest = {
		...example("task.yaml", Manifest),
		...{ network: { is: "allow-list", hosts: ["a.example"] }, limits: { cpus: 1 } },
		inputs: [{ path: "a", from: { is: "content", base64: "" } }],
		onFailure: [{ is: "task", manifest: { prompt: "Why?", limits: { cpus: 1 } } }],
	}
	const hmac = { is: "hmac", header: "x-signature" }
	const trigger = { ...example("trigger.yaml", TriggerSpec), from: { people: ["ada"] } }
	const taken = [
		...misspelt(manifest).filter((each) => Manifest.safeParse(each).success),
		...misspelt(trigger).filter((each) => TriggerSpec.safeParse(each).success),
		...misspelt(hmac).filter((source) => TriggerSource.safeParse(source).success),
		...misspelt(example("schedule.yaml", ScheduleDraft)).filter((each) => ScheduleDraft.safeParse(each).success),
	]
	expect(taken).toEqual([])
})

test("it names every key, state and event", () => {
	const keys = [Manifest, ScheduleDraft].flatMap((schema) => Object.keys(schema.shape))
	const whats = WHATS.map((what) => what.replace(/^pull-request(?=\.(updated|ready|labelled|comment)$)/, ""))
	expect([...keys, ...TASK_STATES, ...whats].filter((word) => !GUIDE.includes(word))).toEqual([])
})

/** The value once for each object in it, that one with a key too many. Where keys are names of variables, each is known. */
function misspelt(value: unknown): unknown[] {
	if (typeof value !== "object" || value === null) return []
	const within = Object.entries(value)
		.filter(([key]) => key !== "secrets" && key !== "environment")
		.flatMap(([key, field]) =>
			misspelt(field).map((wrong) =>
				Array.isArray(value) ? value.with(Number(key), wrong) : { ...value, [key]: wrong },
			),
		)
	return Array.isArray(value) ? within : [{ ...value, misspelt: 1 }, ...within]
}
