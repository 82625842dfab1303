// A trigger while a person writes it: all of it is there, so that what is chosen is kept while another source is looked at.
import type * as z from "zod"
import { type Condition, type Trigger, TriggerSpec, type WHATS } from "../protocol/trigger.ts"
import { type ManifestDraft, shortened } from "./task-draft.ts"

export type SpecDraft = z.input<typeof TriggerSpec>

export const SOURCES = ["github", "gitlab", "standard", "hmac", "header"] as const
export type SourceName = (typeof SOURCES)[number]

export interface TriggerDraft {
	name: string
	source: SourceName
	/** Of a git hosting of one's own. */
	urls: { github: string; gitlab: string }
	header: string
	algorithm: "sha256" | "sha384" | "sha512" | "sha1"
	encoding: "hex" | "base64"
	prefix: string
	deliveryHeader: string
	secret: string
	previousSecret: string
	/** Of a git hosting. */
	on: readonly (typeof WHATS)[number][]
	command: string
	atLeast: "anyone" | "contributor" | "member"
	people: string[]
	filter: readonly ConditionDraft[]
	template: string
	manifest: ManifestDraft
	workOn: "event" | "manifest"
	oneByOne: boolean
	perHour: string
	reply: { as: "none" | "comment" | "status"; secret: string }
	isPaused: boolean
}

export interface ConditionDraft {
	path: string
	is: Condition["is"]
	/** Apart by commas; in quotes where it has one itself, or is a number's text. */
	to: string
	not: boolean
}

export const FIRST_TRIGGER: TriggerDraft = {
	name: "",
	source: "github",
	urls: { github: "https://github.com", gitlab: "https://gitlab.com" },
	header: "x-signature",
	algorithm: "sha256",
	encoding: "hex",
	prefix: "",
	deliveryHeader: "",
	secret: "",
	previousSecret: "",
	on: ["issue.labelled"],
	command: "/homeport",
	atLeast: "member",
	people: [],
	filter: [],
	template: "",
	manifest: {},
	workOn: "event",
	oneByOne: true,
	perHour: "60",
	reply: { as: "none", secret: "" },
	isPaused: false,
}

export function isHosting(source: SourceName): source is "github" | "gitlab" {
	return source === "github" || source === "gitlab"
}

export function draftOf(trigger: Trigger): TriggerDraft {
	const { source, reply, on } = trigger
	return {
		...FIRST_TRIGGER,
		name: trigger.name,
		source: source.is,
		urls: { ...FIRST_TRIGGER.urls, ...("url" in source && { [source.is]: source.url }) },
		...("header" in source && { header: source.header, deliveryHeader: source.deliveryHeader ?? "" }),
		...(source.is === "hmac" && { algorithm: source.algorithm, encoding: source.encoding, prefix: source.prefix }),
		secret: trigger.secret,
		previousSecret: trigger.previousSecret ?? "",
		on: isHosting(source.is) ? on : FIRST_TRIGGER.on,
		command: trigger.command,
		atLeast: trigger.from.atLeast,
		people: trigger.from.people,
		filter: trigger.filter.map(({ path, is, to, not }) => ({ path, is, not, to: to.map(wordOf).join(", ") })),
		template: trigger.template,
		manifest: shortened(trigger.manifest),
		workOn: trigger.workOn,
		oneByOne: trigger.oneByOne,
		perHour: String(trigger.tasksPerHour),
		reply: reply === null ? FIRST_TRIGGER.reply : reply,
		isPaused: trigger.isPaused,
	}
}

/** What the chosen source cannot have is left out. */
export function specOf(draft: TriggerDraft): SpecDraft {
	const hosting = isHosting(draft.source)
	const { prompt: _, workOn, ...rest } = draft.manifest
	// A clone for an event has the depth and credential that are said here, and nothing else of it.
	const isUnused = workOn === undefined || (hosting && draft.workOn === "event" && workOn.is !== "repository")
	const manifest = isUnused ? rest : { ...rest, workOn }
	return {
		name: draft.name.trim(),
		source: sourceOf(draft),
		secret: draft.secret,
		...(draft.previousSecret !== "" && { previousSecret: draft.previousSecret }),
		on: hosting ? [...draft.on] : ["delivery"],
		command: draft.command.trim(),
		from: { atLeast: draft.atLeast, people: draft.people },
		filter: draft.filter.map(conditionOf),
		template: draft.template,
		manifest,
		workOn: hosting ? draft.workOn : "manifest",
		oneByOne: draft.oneByOne,
		tasksPerHour: Number(draft.perHour),
		reply: hosting && draft.reply.as !== "none" ? { as: draft.reply.as, secret: draft.reply.secret } : null,
		isPaused: draft.isPaused,
	}
}

/** Each fault by where it is, for a person. */
export function faultsIn(spec: SpecDraft): { path: string; message: string }[] {
	const parsed = TriggerSpec.safeParse(spec)
	if (parsed.success) return []
	return parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }))
}

function sourceOf(draft: TriggerDraft): SpecDraft["source"] {
	const { source, header, algorithm, encoding, prefix } = draft
	const delivery = draft.deliveryHeader.trim() === "" ? {} : { deliveryHeader: headerName(draft.deliveryHeader) }
	switch (source) {
		case "github":
		case "gitlab":
			return { is: source, url: draft.urls[source].trim() }
		case "standard":
			return { is: source }
		case "hmac":
			return { is: source, header: headerName(header), algorithm, encoding, prefix, ...delivery }
		case "header":
			return { is: source, header: headerName(header), ...delivery }
	}
}

function headerName(typed: string): string {
	return typed.trim().toLowerCase()
}

function conditionOf({ path, is, to, not }: ConditionDraft) {
	const said = [...to.matchAll(/\s*("(?:[^"\\]|\\.)*"|[^,]+)/g)].map(([, word = ""]) => word.trim())
	return { path: path.trim(), is, not, to: is === "there" ? [] : said.filter((word) => word !== "").map(scalarOf) }
}

/** What is no plain text as a payload has it: numbers, true, false, null. */
const PLAIN = /^(true|false|null|-?\d+(\.\d+)?)$/

function scalarOf(word: string): Condition["to"][number] {
	if (!PLAIN.test(word) && !/^".*"$/s.test(word)) return word
	try {
		return JSON.parse(word) as Condition["to"][number]
	} catch {
		// Quotes that are no JSON are a part of the text.
		return word
	}
}

function wordOf(value: Condition["to"][number]): string {
	if (typeof value !== "string") return String(value)
	return PLAIN.test(value) || /[",]|^\s|\s$/.test(value) ? JSON.stringify(value) : value
}
