// What one row of the route table says about its route.
import type * as z from "zod"
import type { Action } from "./roles.ts"

/**
 * Who may use a route: anybody; a machine by its dial token; a person by their cookie, wherever they are a member; or a
 * principal, person or token, whose role in the workspace has the action.
 */
export type Permission = "anybody" | "machine" | "person" | Action

/** How often one caller may come; the numbers are in limits.ts. */
export type Rate = "api" | "sign-in" | "enroll" | "make"

/** One row of the table. */
export interface Shape {
	method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
	/** hono's notation: `:name` for a parameter. */
	path: string
	may: Permission
	summary: string
	params?: z.ZodObject
	query?: z.ZodObject
	body?: z.ZodObject
	/** The JSON answer; absent for a socket or a file. */
	answer?: z.ZodType
	/** What comes in place of JSON. */
	kind?: "socket" | "file"
	/** The media type of a file that comes; text/plain where it is not said. */
	media?: string
	/** The body is a file's bytes, and not JSON. */
	takes?: "file"
	/** Counted as "api" where it is not said. */
	rate?: Rate
	/** Whether the audit trail keeps that it was used. Where it is not said: unless it only reads. */
	audited?: boolean
	/** Fields of the body that the trail may show; everything else stays out of it. */
	shown?: readonly string[]
}
