// Routes about tasks: submitted, changed while they wait, steered while they run, and what came of them.
import * as z from "zod"
import { DeliveredSecret } from "../ask.ts"
import { SessionId, TaskId, UploadId } from "../ids.ts"
import type { Shape } from "../route.ts"
import {
	Artifact,
	Fence,
	Manifest,
	Matrix,
	MOST_AT_ONCE,
	STEER_CHARS,
	TASK_STATES,
	TaskLimits,
	TaskView,
} from "../task.ts"

const ofTask = z.object({ task: TaskId })
const told = z.object({ task: TaskView })

export const taskRoutes = {
	listTasks: {
		method: "GET",
		path: "/api/tasks",
		may: "session:watch",
		summary: "Tasks that are not over, the queue in its order, then the last of those that are",
		query: z.object({
			/** How many of those that are over. */
			ended: z.coerce.number().pipe(z.int().min(0).max(500)).default(50),
			/** Those that ended before this task; for further pages. */
			before: TaskId.optional(),
			state: z.enum(TASK_STATES).optional(),
			group: z.string().max(64).optional(),
		}),
		answer: z.object({ tasks: z.array(TaskView), limits: TaskLimits }),
	},
	showTask: {
		method: "GET",
		path: "/api/tasks/:task",
		may: "session:watch",
		summary: "One task, with its manifest and its events",
		params: ofTask,
		answer: z.object({ task: TaskView, manifest: Manifest }),
	},
	submitTasks: {
		method: "POST",
		path: "/api/tasks",
		may: "task:submit",
		summary:
			"Submit a task, or many of one manifest by a count or a matrix; the same key again answers with the same tasks",
		body: z.object({
			manifest: Manifest,
			/** Chosen by the caller, so that a repeated call submits nothing twice. */
			key: z
				.string()
				.regex(/^[\x21-\x7e]{1,128}$/, "must be printable, without spaces")
				.optional(),
			/** So many, which {{index}}, from 1, and {{count}} tell apart in any text of the manifest. A name has the index behind it. */
			count: z.int().min(1).max(MOST_AT_ONCE).optional(),
			/** One for each combination of values, which {{matrix.NAME}} tells apart. */
			matrix: Matrix.optional(),
		}),
		answer: z.object({ tasks: z.array(TaskView) }),
		shown: ["key", "count"],
	},
	editTask: {
		method: "PUT",
		path: "/api/tasks/:task",
		may: "task:submit",
		summary: "Change a task that no machine has yet",
		params: ofTask,
		body: z.object({ manifest: Manifest }),
		answer: told,
	},
	moveTask: {
		method: "POST",
		path: "/api/tasks/:task/move",
		may: "task:submit",
		summary: "Put a queued task right before another one, or last",
		params: ofTask,
		body: z.object({ before: TaskId.nullable() }),
		answer: told,
		shown: ["before"],
	},
	cancelTask: {
		method: "POST",
		path: "/api/tasks/:task/cancel",
		may: "task:submit",
		summary: "End a task wherever it is",
		params: ofTask,
		body: z.object({ reason: z.string().trim().max(500).default("") }),
		answer: told,
		shown: ["reason"],
	},
	retryTask: {
		method: "POST",
		path: "/api/tasks/:task/retry",
		may: "task:submit",
		summary: "Submit a task that is over once more, as a new one",
		params: ofTask,
		body: z.object({ key: z.string().max(128).optional() }),
		answer: told,
	},
	steerTask: {
		method: "POST",
		path: "/api/tasks/:task/steer",
		may: "session:type",
		summary: "Say something to the program of a task that runs; the same id again says nothing twice",
		params: ofTask,
		body: z.object({ id: z.string().min(1).max(64), text: z.string().trim().min(1).max(STEER_CHARS) }),
		answer: told,
	},
	followTask: {
		method: "GET",
		path: "/api/tasks/:task/events",
		may: "session:watch",
		summary: "A task's changes of state as server-sent events until its end; Last-Event-ID goes on after that one",
		params: ofTask,
		kind: "file",
		media: "text/event-stream",
	},
	followTaskLog: {
		method: "GET",
		path: "/api/tasks/:task/log",
		may: "session:watch",
		summary:
			"A task's output as server-sent events until its end; ids are positions, and Last-Event-ID goes on from there",
		params: ofTask,
		kind: "file",
		media: "text/event-stream",
	},
	readArtifact: {
		method: "GET",
		path: "/api/tasks/:task/artifact",
		may: "session:watch",
		summary: "An artifact's bytes, from the store or from the machine that has it",
		params: ofTask,
		query: z.object({ path: Artifact.shape.path }),
		kind: "file",
		media: "application/octet-stream",
		audited: true,
	},
	upload: {
		method: "POST",
		path: "/api/uploads",
		may: "task:submit",
		summary: "Upload a file as an input for tasks: its bytes are the body",
		takes: "file",
		answer: z.object({ id: UploadId, size: z.int(), hash: Artifact.shape.hash, expiresAt: z.number() }),
		rate: "make",
	},
	readTaskLimits: {
		method: "GET",
		path: "/api/task-limits",
		may: "workspace:read",
		summary: "How many tasks run at once in the workspace, and how many may wait",
		answer: TaskLimits,
	},
	writeTaskLimits: {
		method: "PUT",
		path: "/api/task-limits",
		may: "task:limit",
		summary: "Change how many tasks run at once, and how many may wait",
		body: TaskLimits,
		answer: TaskLimits,
		shown: ["atOnce", "queued"],
	},
	taskSchema: {
		method: "GET",
		path: "/api/task.schema.json",
		may: "anybody",
		summary: "The JSON Schema of a task's manifest",
		kind: "file",
		media: "application/schema+json",
	},
	taskSecrets: {
		method: "POST",
		path: "/api/machine/tasks/:task/secrets",
		may: "machine",
		summary: "The values of a task's secrets, for the machine that has its attempt of this fence",
		params: ofTask,
		body: z.object({ fence: Fence, session: SessionId }),
		answer: z.object({
			/** Those that the manifest names, by their names. */
			secrets: z.record(z.string(), z.string()),
			/** Those that every session of its runtime gets. */
			bound: z.array(DeliveredSecret),
		}),
		shown: ["fence", "session"],
	},
	taskInput: {
		method: "GET",
		path: "/api/machine/tasks/:task/uploads/:upload",
		may: "machine",
		summary: "An input that was uploaded for a task, for the machine that has its attempt of this fence",
		params: z.object({ task: TaskId, upload: UploadId }),
		query: z.object({ fence: z.coerce.number().pipe(Fence) }),
		kind: "file",
		media: "application/octet-stream",
	},
	keepArtifact: {
		method: "PUT",
		path: "/api/machine/tasks/:task/artifacts/:hash",
		may: "machine",
		summary: "Keep an artifact's bytes, where this home keeps artifacts",
		takes: "file",
		params: z.object({ task: TaskId, hash: Artifact.shape.hash }),
		query: z.object({ fence: z.coerce.number().pipe(Fence) }),
		/** Whether it is kept: a home without a store reads it from the machine. */
		answer: z.object({ isKept: z.boolean() }),
		audited: false,
	},
} as const satisfies Record<string, Shape>
