// What is asked of a VM's keeper over its socket: one question a connection, each a line of JSON; answers likewise.
import * as z from "zod"
import { Vm, VmDeed } from "../../../../protocol/vm.ts"

export const Question = z.discriminatedUnion("ask", [
	/** What it is. */
	z.object({ ask: z.literal("vm") }),
	z.object({ ask: z.literal("do"), deed: VmDeed }),
	z.object({ ask: z.literal("touch") }),
	/** The way into one that runs. */
	z.object({ ask: z.literal("reach") }),
	/** Told of what it waits for until it answers. */
	z.object({ ask: z.literal("ready") }),
])
export type Question = z.infer<typeof Question>

export const Answer = z.discriminatedUnion("is", [
	/** Something to tell a person on the way. */
	z.object({ is: z.literal("line"), line: z.string() }),
	z.object({ is: z.literal("vm"), vm: Vm.nullable() }),
	z.object({
		is: z.literal("reach"),
		reach: z.object({ port: z.int(), hostKey: z.string(), privateKey: z.string(), user: z.string() }),
	}),
	z.object({ is: z.literal("refused"), code: z.string(), detail: z.string().optional() }),
])
export type Answer = z.infer<typeof Answer>
