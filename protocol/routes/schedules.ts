// Routes about schedules: work that is submitted by the clock.
import * as z from "zod"
import { ScheduleId } from "../ids.ts"
import type { Shape } from "../route.ts"
import { Occurrence, Schedule, ScheduleDraft, When } from "../schedule.ts"
import { Time } from "../session.ts"

const ofSchedule = z.object({ schedule: ScheduleId })
const done = z.object({})

export const scheduleRoutes = {
	listSchedules: {
		method: "GET",
		path: "/api/schedules",
		may: "session:watch",
		summary: "Schedules by name",
		query: z.object({
			after: z.string().max(64).default(""),
			limit: z.coerce.number().pipe(z.int().min(1).max(500)).default(100),
		}),
		answer: z.object({ schedules: z.array(Schedule) }),
	},
	showSchedule: {
		method: "GET",
		path: "/api/schedules/:schedule",
		may: "session:watch",
		summary: "One schedule",
		params: ofSchedule,
		answer: Schedule,
	},
	createSchedule: {
		method: "POST",
		path: "/api/schedules",
		may: "schedule:manage",
		summary: "Make a schedule",
		body: ScheduleDraft,
		answer: Schedule,
		shown: ["name", "when"],
	},
	editSchedule: {
		method: "PUT",
		path: "/api/schedules/:schedule",
		may: "schedule:manage",
		summary: "Replace what a schedule says",
		params: ofSchedule,
		body: ScheduleDraft,
		answer: Schedule,
		shown: ["name", "when", "isPaused"],
	},
	pauseSchedule: {
		method: "POST",
		path: "/api/schedules/:schedule/pause",
		may: "schedule:manage",
		summary: "Pause a schedule, or let it go on",
		params: ofSchedule,
		body: z.object({ isPaused: z.boolean() }),
		answer: Schedule,
		shown: ["isPaused"],
	},
	removeSchedule: {
		method: "DELETE",
		path: "/api/schedules/:schedule",
		may: "schedule:manage",
		summary: "Remove a schedule; tasks that it has submitted go on",
		params: ofSchedule,
		answer: done,
	},
	runSchedule: {
		method: "POST",
		path: "/api/schedules/:schedule/run",
		may: "schedule:manage",
		summary: "Submit a schedule's task now; the same nonce again is the same run",
		params: ofSchedule,
		body: z.object({ nonce: z.string().min(1).max(64) }),
		answer: Occurrence,
	},
	listOccurrences: {
		method: "GET",
		path: "/api/schedules/:schedule/occurrences",
		may: "session:watch",
		summary: "What came of a schedule's times, the newest first",
		params: ofSchedule,
		query: z.object({
			before: z.string().max(200).optional(),
			limit: z.coerce.number().pipe(z.int().min(1).max(200)).default(50),
		}),
		answer: z.object({ occurrences: z.array(Occurrence) }),
	},
	previewSchedule: {
		method: "POST",
		path: "/api/schedules/preview",
		may: "workspace:read",
		summary: "The next times of a schedule that is being written",
		body: z.object({ when: When, most: z.int().min(1).max(50).default(5) }),
		answer: z.object({ times: z.array(Time) }),
		audited: false,
	},
} as const satisfies Record<string, Shape>
