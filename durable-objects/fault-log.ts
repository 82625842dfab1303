// What the edge writes to its log of what went wrong: a line of JSON each, without tokens.
import { maskTokens } from "../protocol/token-shapes.ts"

export function logFault(event: string, about: Record<string, unknown>): void {
	console.error(maskTokens(JSON.stringify({ event, ...about })))
}
