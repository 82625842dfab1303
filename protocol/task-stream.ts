// What the server-sent events of a task hold. A stream whose task is over ends with `end`; one that was cut does not, and
// whoever reads it asks again with Last-Event-ID.
import * as z from "zod"
import { SessionId } from "./ids.ts"
import { Sequence } from "./session.ts"

/**
 * Events by name. Of followTask `change`: its data is a TaskEvent, its id the event's sequence. Of followTaskLog `output`: its
 * data is a ToldOutput, its id the attempt and the sequence after these bytes, as in `2:4096`. Of both `end`, without data.
 */
export const TOLD = { change: "change", output: "output", end: "end" } as const

/** Bytes of one attempt's session. Where `from` is beyond the end of the part before, what was between is not kept any more. */
export const ToldOutput = z.object({
	attempt: z.int().min(1),
	session: SessionId,
	/** Sequence of the first byte. */
	from: Sequence,
	base64: z.string(),
})
export type ToldOutput = z.infer<typeof ToldOutput>
