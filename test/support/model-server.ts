// A model of our own behind the APIs that agent CLIs speak (Anthropic's Messages here, others in model-apis.ts): real agent CLIs talk to it, and it says what the prompt tells it to.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as z from "zod"
import { otherApi } from "./model-apis.ts"

const Block = z.discriminatedUnion("type", [
	z.object({ type: z.literal("text"), text: z.string() }),
	z.object({ type: z.literal("tool_result"), content: z.unknown(), is_error: z.boolean().optional() }),
])
const Message = z.object({ role: z.string(), content: z.union([z.string(), z.array(z.unknown())]) })
const Request = z.object({
	model: z.string(),
	stream: z.boolean().default(false),
	messages: z.array(Message),
	tools: z.array(z.object({ name: z.string() })).default([]),
})
type Request = z.infer<typeof Request>

/** What the model says: words, or the wish to run a command. */
export type Reply = { say: string } | { run: string }

export interface ModelServer {
	url: string
	/** Every request that the server has answered, as "POST /v1/messages". */
	readonly seen: string[]
	stop(): Promise<void>
}

/**
 * The prompt scripts the model: `RUN:<command>:END` makes it run that command and then tell what it printed; any other
 * prompt is answered with `The model heard: <prompt>`.
 */
export async function startModelServer(): Promise<ModelServer> {
	const seen: string[] = []
	const server = createServer((request, response) => {
		seen.push(`${request.method} ${request.url?.split("?")[0]}`)
		answer(request, response).catch((error: unknown) => {
			if (!response.headersSent) response.writeHead(500)
			response.end(String(error))
		})
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	const { port } = server.address() as AddressInfo
	return { url: `http://127.0.0.1:${port}`, seen, stop: () => stop(server) }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
	const path = request.url?.split("?")[0]
	if (request.method !== "POST") return json(response, {})
	let body = ""
	for await (const chunk of request.setEncoding("utf8")) body += chunk
	if (path === "/v1/messages/count_tokens") return json(response, { input_tokens: 100 })
	const other = otherApi(path ?? "")
	if (other !== undefined) return other(response, JSON.parse(body))
	if (path !== "/v1/messages") return json(response, { type: "error", error: { type: "not_found_error" } }, 404)
	const asked = Request.parse(JSON.parse(body))
	const reply = replyTo(asked)
	if (asked.stream) stream(response, asked.model, reply)
	else json(response, { ...envelope(asked.model), content: [block(reply)], stop_reason: stopReason(reply) })
}

function replyTo({ messages, tools }: Request): Reply {
	const last = messages.findLast(({ role }) => role === "user")
	const blocks = typeof last?.content === "string" ? [{ type: "text", text: last.content }] : (last?.content ?? [])
	const known = blocks.flatMap((block) => Block.safeParse(block).data ?? [])
	const result = known.findLast((block) => block.type === "tool_result")
	if (result !== undefined)
		return { say: `${result.is_error === true ? "It was refused" : "It printed"}: ${textOf(result.content)}` }
	const prompt = known.findLast((block) => block.type === "text")?.text ?? ""
	return replyToPrompt(
		prompt,
		tools.some(({ name }) => name === "Bash"),
	)
}

export function replyToPrompt(prompt: string, canRun: boolean): Reply {
	const command = /RUN:(.*):END/s.exec(prompt)?.[1]
	return command !== undefined && canRun ? { run: command } : { say: `The model heard: ${prompt.slice(-200)}` }
}

function textOf(content: unknown): string {
	if (typeof content === "string") return content
	const parts = z.array(z.object({ text: z.string() })).safeParse(content)
	return parts.success ? parts.data.map(({ text }) => text).join("") : ""
}

/** Server-sent events, the words one by one, as a model of any speed would send them. */
function stream(response: ServerResponse, model: string, reply: Reply): void {
	response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" })
	const send = (type: string, data: object) =>
		response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
	send("message_start", { message: { ...envelope(model), content: [], stop_reason: null } })
	const whole = block(reply)
	if ("text" in whole) {
		send("content_block_start", { index: 0, content_block: { type: "text", text: "" } })
		for (const text of whole.text.split(/(?<= )/))
			send("content_block_delta", { index: 0, delta: { type: "text_delta", text } })
	} else {
		send("content_block_start", { index: 0, content_block: { ...whole, input: {} } })
		const partial_json = JSON.stringify(whole.input)
		send("content_block_delta", { index: 0, delta: { type: "input_json_delta", partial_json } })
	}
	send("content_block_stop", { index: 0 })
	const delta = { stop_reason: stopReason(reply), stop_sequence: null }
	send("message_delta", { delta, usage: { output_tokens: 10 } })
	send("message_stop", {})
	response.end()
}

let numbered = 0

function envelope(model: string) {
	const usage = { input_tokens: 10, output_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
	return { id: `msg_${++numbered}`, type: "message", role: "assistant", model, stop_sequence: null, usage }
}

function block(reply: Reply) {
	if ("say" in reply) return { type: "text", text: reply.say } as const
	const input = { command: reply.run, description: "What the prompt asks for" }
	return { type: "tool_use", id: `toolu_${++numbered}`, name: "Bash", input } as const
}

function stopReason(reply: Reply): string {
	return "say" in reply ? "end_turn" : "tool_use"
}

function json(response: ServerResponse, body: object, status = 200): void {
	response.writeHead(status, { "content-type": "application/json" })
	response.end(JSON.stringify(body))
}

function stop(server: Server): Promise<void> {
	server.closeAllConnections()
	return new Promise((resolve) => server.close(() => resolve()))
}
