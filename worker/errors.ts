// How the edge says no: every error becomes a refusal of the table, as a body or as a closed socket.
import { DrizzleQueryError } from "drizzle-orm/errors"
import * as z from "zod"
import { logFault } from "../durable-objects/fault-log.ts"
import { REFUSALS, Refusal, type RefusalCode } from "../protocol/errors.ts"
import { explain } from "../protocol/explain.ts"
import type { RefusalBody } from "../protocol/routes.ts"
import { retryAfter } from "./rates.ts"

/** What anything that was thrown means to the caller. What nobody foresaw is logged and told without its words. */
export function refusalOf(error: unknown): Refusal {
	if (error instanceof Refusal) return error
	if (error instanceof z.ZodError) return new Refusal("invalid_request", explain(error))
	logFault("internal", { error: describe(error) })
	return new Refusal("internal")
}

export function refuse(refusal: Refusal): Response {
	const { code, message, status } = refusal
	const { mayRetry } = REFUSALS[code]
	const headers = code === "rate_limited" ? { "retry-after": String(retryAfter(Date.now())) } : {}
	return Response.json({ error: { code, message, mayRetry } } satisfies z.infer<typeof RefusalBody>, {
		status,
		headers,
	})
}

/**
 * Refuses an upgrade. A browser's page is told nothing of a refused handshake, so the socket is accepted and closed
 * at once, with the code that says why. The Date is for connectors whose clock is wrong.
 */
export function refuseUpgrade(refusal: Refusal): Response {
	const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
	server.accept()
	server.close(refusal.closeCode, refusal.code)
	return new Response(null, { status: 101, webSocket: client, headers: { date: new Date().toUTCString() } })
}

/** Objects answer refusals as values, since an error loses its class on the way. */
export function unwrap<T>(outcome: { ok: true; value: T } | { ok: false; code: RefusalCode; detail?: string }): T {
	if (outcome.ok) return outcome.value
	throw new Refusal(outcome.code, outcome.detail)
}

/** What broke and where. A failed query's own message would quote the values bound to it. */
function describe(error: unknown): string {
	if (!(error instanceof Error)) return typeof error
	const said = error instanceof DrizzleQueryError ? error.query : error.message
	const why = error.cause instanceof Error ? ` (${error.cause.message})` : ""
	const where = error.stack?.match(/^ {4}at .*$/gm)?.join("\n") ?? ""
	return `${error.name}: ${said}${why}\n${where}`
}
