// A trigger in a file of a person: without what the home says of it.
import type { z } from "zod"
import { TriggerSpec } from "../protocol/trigger.ts"
import { readWritten } from "./written-file.ts"

/** `-`: standard input. Throws Failure with every mistake. */
export function readTrigger(path: string): Promise<TriggerSpec> {
	return readWritten(path, TriggerSpec)
}

/** What a person may say of it. */
export function specOf(trigger: TriggerSpec): TriggerSpec {
	const known = Object.keys(TriggerSpec.shape)
	return Object.fromEntries(Object.entries(trigger).filter(([key]) => known.includes(key))) as z.infer<
		typeof TriggerSpec
	>
}
