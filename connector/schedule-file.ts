// A schedule in a file of a person: times as people write them, and its manifest with files beside it.
import { dirname } from "node:path"
import * as z from "zod"
import { ScheduleDraft, When } from "../protocol/schedule.ts"
import { Time } from "../protocol/session.ts"
import type { Credentials } from "./credentials.ts"
import { ManifestFile, withFiles } from "./manifest-file.ts"
import { asYaml, readWritten } from "./written-file.ts"

/** Such as 2026-12-01T09:00, by the clock of this computer, or with its own offset. */
export const TimeText = z
	.string()
	.refine((text) => !Number.isNaN(Date.parse(text)), "must be a time, such as 2026-12-01T09:00")
	.transform((text) => Date.parse(text))

const [Cron, , Every] = When.options

const ScheduleFile = ScheduleDraft.extend({
	when: z.discriminatedUnion("is", [
		Cron,
		z.strictObject({ is: z.literal("at"), at: z.union([TimeText, Time]) }),
		Every.extend({ from: z.union([TimeText, Time]).optional() }),
	]),
	manifest: ManifestFile,
})

/** As such a file, to be edited and read again. */
export function scheduleText({
	name,
	when,
	overlap,
	missed,
	jitterSeconds,
	isPaused,
	manifest,
}: ScheduleDraft): string {
	const said = (time: number) => new Date(time).toISOString()
	const times =
		when.is === "at"
			? { at: said(when.at) }
			: when.is === "every" && when.from !== undefined
				? { from: said(when.from) }
				: {}
	return asYaml({ name, when: { ...when, ...times }, overlap, missed, jitterSeconds, isPaused, manifest })
}

/** `-`: standard input, whose files are meant from here. Throws Failure with every mistake. */
export async function readSchedule(path: string, credentials: Credentials): Promise<ScheduleDraft> {
	const { manifest, ...rest } = await readWritten(path, ScheduleFile)
	return { ...rest, manifest: await withFiles(manifest, path === "-" ? "." : dirname(path), credentials) }
}
