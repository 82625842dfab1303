// What a push says to a browser: a notification as Declarative Web Push writes it, and what our service worker needs.
// https://github.com/WebKit/explainers/tree/main/DeclarativeWebPush
import * as z from "zod"
import { ANSWER_CHARS } from "./attention.ts"
import { LANGUAGES } from "./channel.ts"
import { RequestId } from "./ids.ts"

export const PushedData = z.object({
	/** Null for a test. */
	request: RequestId.nullable(),
	workspace: z.string(),
	language: z.enum(LANGUAGES),
	/** Nothing waits any more: it is no reason to ring. */
	isOver: z.boolean(),
	/** The labels that its actions stand for, whole and in order. */
	options: z.array(z.string().max(ANSWER_CHARS)).max(2),
})
export type PushedData = z.infer<typeof PushedData>

export const PushedNotification = z.object({
	web_push: z.literal(8030),
	notification: z.object({
		title: z.string(),
		body: z.string(),
		lang: z.string(),
		/** What a click opens. */
		navigate: z.url(),
		/** A later one with the same tag takes its place. */
		tag: z.string(),
		silent: z.boolean(),
		actions: z.array(z.object({ action: z.string(), title: z.string(), navigate: z.url() })).max(2),
		data: PushedData,
	}),
})
export type PushedNotification = z.infer<typeof PushedNotification>
