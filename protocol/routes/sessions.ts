// Routes about sessions: listed together, each started, steered and read on the machine that holds it.
import * as z from "zod"
import { ASKS, Input, SIGNALS } from "../ask.ts"
import { MachineId, SessionId } from "../ids.ts"
import { LOG_CHUNK_BYTES } from "../limits.ts"
import type { Shape } from "../route.ts"
import { Name, Presence, Sequence, SessionInfo, StartSpec } from "../session.ts"

export const Session = SessionInfo.extend({ machine: MachineId, machineName: Name, machinePresence: Presence }).meta({
	id: "Session",
})
export type Session = z.infer<typeof Session>

const ofMachine = z.object({ machine: MachineId })
const ofSession = z.object({ machine: MachineId, session: SessionId })
const done = z.object({})

export const sessionRoutes = {
	listSessions: {
		method: "GET",
		path: "/api/sessions",
		may: "session:watch",
		summary: "Sessions on all machines",
		answer: z.object({ sessions: z.array(Session) }),
	},
	startSession: {
		method: "POST",
		path: "/api/machines/:machine/sessions",
		may: "session:start",
		summary: "Start a session; the same id again answers with the same session",
		params: ofMachine,
		body: StartSpec,
		answer: SessionInfo,
		shown: ["id", "name", "runtime", "cwd"],
	},
	renameSession: {
		method: "PATCH",
		path: "/api/machines/:machine/sessions/:session",
		may: "session:start",
		summary: "Rename a session",
		params: ofSession,
		body: z.object({ name: Name }),
		answer: SessionInfo,
		shown: ["name"],
	},
	removeSession: {
		method: "DELETE",
		path: "/api/machines/:machine/sessions/:session",
		may: "session:end",
		summary: "Forget an ended session and its log",
		params: ofSession,
		answer: done,
	},
	signalSession: {
		method: "POST",
		path: "/api/machines/:machine/sessions/:session/signal",
		may: "session:end",
		summary: "Signal a session's processes",
		params: ofSession,
		body: z.object({ signal: z.enum(SIGNALS).default("SIGHUP") }),
		answer: done,
		shown: ["signal"],
	},
	sendInput: {
		method: "POST",
		path: "/api/machines/:machine/sessions/:session/input",
		may: "session:type",
		summary: "Write text to a session; answered when the PTY has it",
		params: ofSession,
		body: Input,
		answer: ASKS.write.answered,
	},
	readScreen: {
		method: "GET",
		path: "/api/machines/:machine/sessions/:session/screen",
		may: "session:watch",
		summary: "The rendered screen as text",
		params: ofSession,
		answer: ASKS.screen.answered,
	},
	readLog: {
		method: "GET",
		path: "/api/machines/:machine/sessions/:session/log",
		may: "session:watch",
		summary: "Raw output from a sequence",
		params: ofSession,
		query: z.object({
			from: z.coerce.number().pipe(Sequence).default(0),
			limit: z.coerce.number().pipe(z.int().min(1).max(LOG_CHUNK_BYTES)).default(LOG_CHUNK_BYTES),
		}),
		answer: ASKS.log.answered,
	},
} as const satisfies Record<string, Shape>
