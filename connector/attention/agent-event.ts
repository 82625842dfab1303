// What agents say of themselves by their own hooks, as one small language. What is not understood says nothing.
import * as z from "zod"
import { SUBJECT_CHARS, type Subject } from "../../protocol/attention.ts"
import { Notice } from "./event.ts"

export type AgentEvent =
	/** It asks for leave. `beside`: what it shows below what it asks for. */
	| { is: "asks"; text: string; subject: Subject | null; beside: string }
	/** It says that something is to be answered on its screen. */
	| { is: "waits"; text: string; kind: "approval" | "question" }
	/** It was given work. */
	| { is: "works" }
	/** It is done. `isNews`: with something, just now. */
	| { is: "rests"; text: string; isNews: boolean }
	/** It gave up. */
	| { is: "fails"; text: string }
	/** Anything in the session wants a person to know. */
	| { is: "notice"; text: string }

/**
 * `word`: the session's, without which nobody speaks for its agent: what a program merely prints must not pass for an
 * agent's own event. Null for what says nothing.
 */
export function readEvent(from: string, event: unknown, word: string | null): AgentEvent | null {
	if (from === "homeport") {
		const notice = Notice.safeParse(event).data
		return notice === undefined ? null : { is: "notice", text: notice.text }
	}
	const at = from.indexOf(".")
	if (word === null || at === -1 || from.slice(at + 1) !== word) return null
	switch (from.slice(0, at)) {
		case "claude-code":
			return claudeCode(event)
		case "gemini":
			return gemini(event)
		case "opencode":
			return openCode(event)
		default:
			return null
	}
}

/** Source: https://code.claude.com/docs/en/hooks, and what 2.1.197 gives its hooks. */
const ClaudeCode = z.discriminatedUnion("hook_event_name", [
	z.object({
		hook_event_name: z.literal("PermissionRequest"),
		tool_name: z.string(),
		tool_input: z.record(z.string(), z.unknown()).default({}),
	}),
	z.object({
		hook_event_name: z.literal("Notification"),
		message: z.string().default(""),
		notification_type: z.string().default(""),
	}),
	z.object({ hook_event_name: z.literal("UserPromptSubmit") }),
	z.object({ hook_event_name: z.literal("Stop"), last_assistant_message: z.string().nullish() }),
	z.object({
		hook_event_name: z.literal("StopFailure"),
		error: z.unknown().optional(),
		error_details: z.unknown().optional(),
	}),
])

function claudeCode(said: unknown): AgentEvent | null {
	const event = ClaudeCode.safeParse(said).data
	switch (event?.hook_event_name) {
		case "PermissionRequest":
			return {
				is: "asks",
				text: `${event.tool_name} wants leave.`,
				subject: subjectOf(event.tool_name, event.tool_input),
				beside: typeof event.tool_input.description === "string" ? event.tool_input.description : "",
			}
		case "Notification":
			if (event.notification_type === "idle_prompt") return { is: "rests", text: event.message, isNews: false }
			if (event.notification_type === "elicitation_dialog")
				return { is: "waits", text: event.message, kind: "question" }
			return event.notification_type === "permission_prompt"
				? { is: "waits", text: event.message, kind: "approval" }
				: null
		case "UserPromptSubmit":
			return { is: "works" }
		case "Stop":
			return { is: "rests", text: event.last_assistant_message ?? "", isNews: true }
		case "StopFailure": {
			const words = [event.error, event.error_details].filter((word) => typeof word === "string" && word !== "")
			return { is: "fails", text: words.join(": ") }
		}
		case undefined:
			return null
	}
}

const GeminiDetails = z.object({
	type: z.string().default(""),
	command: z.string().optional(),
	filePath: z.string().optional(),
})
type GeminiDetails = z.infer<typeof GeminiDetails>

/** Source: https://geminicli.com/docs/hooks/reference, and what 0.61.0 gives its hooks. */
const Gemini = z.discriminatedUnion("hook_event_name", [
	z.object({
		hook_event_name: z.literal("Notification"),
		notification_type: z.string(),
		message: z.string().default(""),
		details: GeminiDetails.default({ type: "" }),
	}),
	z.object({ hook_event_name: z.literal("BeforeAgent") }),
	z.object({ hook_event_name: z.literal("AfterAgent"), prompt_response: z.string().default("") }),
])

function gemini(said: unknown): AgentEvent | null {
	const event = Gemini.safeParse(said).data
	switch (event?.hook_event_name) {
		case "Notification": {
			const { message, notification_type: type, details } = event
			if (type !== "ToolPermission") return null
			return { is: "asks", text: message, subject: geminiSubject(details), beside: "" }
		}
		case "BeforeAgent":
			return { is: "works" }
		case "AfterAgent":
			return { is: "rests", text: event.prompt_response, isNews: true }
		case undefined:
			return null
	}
}

/** Null where it says less than its screen. */
function geminiSubject({ type, command, filePath }: GeminiDetails): Subject | null {
	if (type === "exec" && command !== undefined) return subject("command", command)
	return type === "edit" && filePath !== undefined ? subject("file", filePath) : null
}

/** Of its events, what our plugin hands on. Source: the types of @opencode-ai/sdk 1.18.33. */
const OpenCode = z.discriminatedUnion("type", [
	z.object({
		type: z.literal("permission.asked"),
		permission: z.string(),
		patterns: z.array(z.string()).default([]),
		command: z.string().optional(),
		filepath: z.string().optional(),
	}),
	z.object({ type: z.literal("question.asked"), questions: z.array(z.string()).default([]) }),
	z.object({ type: z.literal("session.status") }),
	z.object({ type: z.literal("session.idle"), text: z.string().default("") }),
	z.object({ type: z.literal("session.error"), message: z.string().default("") }),
])

function openCode(said: unknown): AgentEvent | null {
	const event = OpenCode.safeParse(said).data
	switch (event?.type) {
		case "permission.asked":
			return { is: "asks", text: `${event.permission} wants leave.`, subject: openCodeSubject(event), beside: "" }
		case "question.asked":
			return { is: "waits", text: event.questions.join("\n"), kind: "question" }
		case "session.status":
			return { is: "works" }
		case "session.idle":
			return { is: "rests", text: event.text, isNews: true }
		case "session.error":
			return { is: "fails", text: event.message }
		case undefined:
			return null
	}
}

type OpenCodeAsks = Extract<z.infer<typeof OpenCode>, { type: "permission.asked" }>

/** Leave to look elsewhere has the command for which it is wanted, and is not leave to run that. */
function openCodeSubject({ permission, patterns, command, filepath }: OpenCodeAsks): Subject {
	if (permission === "bash" && command !== undefined) return subject("command", command)
	if (permission === "edit" && filepath !== undefined && patterns.length === 1) return subject("file", filepath)
	const about = patterns.filter((pattern) => pattern !== "*")
	return { ...subject("other", [permission, ...about].join(" ")), isWhole: false }
}

/** What a tool of Claude Code is about: the command, the file, or all that it was given. */
function subjectOf(tool: string, input: Record<string, unknown>): Subject {
	const { command, file_path: file, notebook_path: notebook } = input
	if (tool === "Bash" && typeof command === "string") return subject("command", command)
	const path = file ?? notebook
	if (CHANGES_FILES.has(tool) && typeof path === "string") return subject("file", path)
	return { ...subject("other", `${tool} ${JSON.stringify(input)}`), isWhole: false }
}

const CHANGES_FILES = new Set(["Write", "Edit", "MultiEdit", "NotebookEdit"])

function subject(is: Subject["is"], text: string): Subject {
	return { is, text: text.slice(0, SUBJECT_CHARS), isWhole: text.length <= SUBJECT_CHARS && !text.includes("***") }
}

/** What a runtime's own notification says; null where it is not known what they mean there. */
export function readNotification(runtime: string | null, text: string): AgentEvent | null {
	if (runtime !== "codex") return null
	if (CODEX_WAITS.test(text)) return { is: "waits", text, kind: /^Question/.test(text) ? "question" : "approval" }
	return { is: "rests", text: text === "Agent turn complete" ? "" : text, isNews: true }
}

/** All others are the last words of a turn. Source: codex-rs/tui/src/chatwidget.rs of https://github.com/openai/codex. */
const CODEX_WAITS = /^(?:Approval requested|Codex wants to edit|Plan mode prompt|Questions? requested)\b/
