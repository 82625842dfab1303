// The APIs that other agent CLIs speak to a model of our own: OpenAI's Responses (Codex) and Chat Completions (OpenCode),
// and Google's Gemini.
import type { ServerResponse } from "node:http"
import * as z from "zod"
import { type Reply, replyToPrompt } from "./model-server.ts"

/** What answers at this path; undefined where nothing does. */
export function otherApi(path: string): ((response: ServerResponse, body: unknown) => void) | undefined {
	if (path.endsWith("/responses")) return responses
	if (path.endsWith("/chat/completions")) return completions
	if (path.includes(":streamGenerateContent")) return (response, body) => gemini(response, body, true)
	if (path.includes(":generateContent")) return (response, body) => gemini(response, body, false)
	return undefined
}

let numbered = 0

const Responses = z.object({
	input: z.array(
		z.object({ type: z.string().optional(), content: z.unknown().optional(), output: z.unknown().optional() }),
	),
	tools: z.array(z.object({ name: z.string().optional() })).default([]),
})
const Texts = z.array(z.object({ text: z.string().default("") }))

/** Source: https://platform.openai.com/docs/api-reference/responses-streaming. */
function responses(response: ServerResponse, body: unknown): void {
	const { input, tools } = Responses.parse(body)
	const last = input.at(-1)
	const prompt =
		Texts.safeParse(last?.content)
			.data?.map(({ text }) => text)
			.join("") ?? ""
	const isResult = last?.type === "function_call_output"
	const canRun = tools.some(({ name }) => name === "exec_command")
	const reply = isResult ? { say: `It printed: ${lastLine(last?.output)}` } : replyToPrompt(prompt, canRun)
	const id = `resp_${++numbered}`
	const item =
		"say" in reply
			? {
					type: "message",
					role: "assistant",
					id: `msg_${numbered}`,
					content: [{ type: "output_text", text: reply.say }],
				}
			: {
					type: "function_call",
					id: `fc_${numbered}`,
					call_id: `call_${numbered}`,
					name: "exec_command",
					arguments: callOf(reply),
				}
	response.writeHead(200, { "content-type": "text/event-stream" })
	const send = (type: string, data: object) =>
		response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
	send("response.created", { response: { id } })
	send("response.output_item.done", { output_index: 0, item })
	const usage = {
		input_tokens: 10,
		input_tokens_details: null,
		output_tokens: 10,
		output_tokens_details: null,
		total_tokens: 20,
	}
	send("response.completed", { response: { id, usage } })
	response.end()
}

function callOf({ run }: Extract<Reply, { run: string }>): string {
	return JSON.stringify({ cmd: run, sandbox_permissions: "require_escalated", justification: "The prompt asks for it" })
}

const Completions = z.object({
	messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
	tools: z.array(z.object({ function: z.object({ name: z.string() }) })).default([]),
})

const COLOURS = ["Red", "Blue"].map((label) => ({ label, description: `It shall be ${label}.` }))

/** `ASK:<question>:END` makes it ask the person. Source: https://platform.openai.com/docs/api-reference/chat-streaming. */
function completions(response: ServerResponse, body: unknown): void {
	const { messages, tools } = Completions.parse(body)
	const last = messages.at(-1)
	const text =
		typeof last?.content === "string"
			? last.content
			: (Texts.safeParse(last?.content).data ?? []).map(({ text }) => text).join("")
	const has = (tool: string) => tools.some(({ function: { name } }) => name === tool)
	const asks = has("question") && last?.role === "user" ? /ASK:(.*):END/s.exec(text)?.[1] : undefined
	const reply = last?.role === "tool" ? { say: `It printed: ${lastLine(text)}` } : replyToPrompt(text, has("bash"))
	const id = `chatcmpl-${++numbered}`
	response.writeHead(200, { "content-type": "text/event-stream" })
	const send = (delta: object, finish_reason: string | null, usage?: object) => {
		const chunk = { id, object: "chat.completion.chunk", created: 0, model: "fake-model", usage }
		response.write(`data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta, finish_reason }] })}\n\n`)
	}
	const call = (name: string, given: object) => {
		const called = { name, arguments: JSON.stringify(given) }
		send(
			{ role: "assistant", tool_calls: [{ index: 0, id: `call_${numbered}`, type: "function", function: called }] },
			null,
		)
	}
	const isSaid = asks === undefined && "say" in reply
	if (asks !== undefined) call("question", { questions: [{ question: asks, header: "Asked", options: COLOURS }] })
	else if ("say" in reply) send({ role: "assistant", content: reply.say }, null)
	else call("bash", { command: reply.run, description: "What the prompt asks for" })
	const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 }
	send({}, isSaid ? "stop" : "tool_calls", usage)
	response.end("data: [DONE]\n\n")
}

const Gemini = z.object({
	contents: z.array(z.object({ role: z.string().optional(), parts: z.array(z.record(z.string(), z.unknown())) })),
	tools: z.array(z.object({ functionDeclarations: z.array(z.object({ name: z.string() })).default([]) })).default([]),
})

/** Source: https://ai.google.dev/api/generate-content. */
function gemini(response: ServerResponse, body: unknown, isStream: boolean): void {
	const { contents, tools } = Gemini.parse(body)
	const parts = contents.at(-1)?.parts ?? []
	const prompt = parts.map(({ text }) => (typeof text === "string" ? text : "")).join("")
	const result = parts.find((part) => "functionResponse" in part)
	const canRun = tools.some(({ functionDeclarations }) =>
		functionDeclarations.some(({ name }) => name === "run_shell_command"),
	)
	const reply = result === undefined ? replyToPrompt(prompt, canRun) : { say: `It printed: ${JSON.stringify(result)}` }
	const part =
		"say" in reply
			? { text: reply.say }
			: {
					functionCall: {
						name: "run_shell_command",
						args: { command: reply.run, description: "What the prompt asks for" },
					},
				}
	const answer = {
		candidates: [{ index: 0, content: { role: "model", parts: [part] }, finishReason: "STOP" }],
		usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 10, totalTokenCount: 20 },
	}
	response.writeHead(200, { "content-type": isStream ? "text/event-stream" : "application/json" })
	response.end(isStream ? `data: ${JSON.stringify(answer)}\n\n` : JSON.stringify(answer))
}

function lastLine(output: unknown): string {
	return (typeof output === "string" ? output : JSON.stringify(output)).trimEnd().split("\n").at(-1) ?? ""
}
