// Routes about sessions: listed together, each started, steered and read on the machine that holds it.
import * as z from "zod"
import { ASKS, Change, Diff, Input, SIGNALS } from "../ask.ts"
import { MachineId, SessionId } from "../ids.ts"
import { LOG_CHUNK_BYTES } from "../limits.ts"
import type { Shape } from "../route.ts"
import { Name, Path, Presence, Sequence, SessionInfo, StartSpec } from "../session.ts"

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
		shown: ["id", "name", "runtime", "cwd", "substrate", "network", "image", "vm"],
	},
	changeSession: {
		method: "PATCH",
		path: "/api/machines/:machine/sessions/:session",
		may: "session:start",
		summary: "Rename a session, tag it, or let it come back after a restart of its machine",
		params: ofSession,
		body: Change,
		answer: SessionInfo,
		shown: ["name", "tags", "comesBack"],
	},
	restartSession: {
		method: "POST",
		path: "/api/machines/:machine/sessions/:session/restart",
		may: "session:start",
		summary: "Begin a session again in the same directory, with its old output above; what still runs is killed first",
		params: ofSession,
		body: z.object({ resume: z.boolean().default(false) }),
		answer: SessionInfo,
		shown: ["resume"],
	},
	returnSession: {
		method: "POST",
		path: "/api/machine/sessions/:session/return",
		may: "machine",
		summary: "Begin a session of this machine again after a restart of it, with the secrets that it was given before",
		params: z.object({ session: SessionId }),
		answer: done,
	},
	cloneSession: {
		method: "POST",
		path: "/api/machines/:machine/sessions/:session/clone",
		may: "session:start",
		summary: "Start a new session from what another one was started from",
		params: ofSession,
		body: z.object({ id: SessionId, name: Name.optional() }),
		answer: SessionInfo,
		shown: ["id", "name"],
	},
	removeSession: {
		method: "DELETE",
		path: "/api/machines/:machine/sessions/:session",
		may: "session:end",
		summary: "Forget an ended session, its log, and the working directory that was made for it",
		params: ofSession,
		query: z.object({ force: z.stringbool().default(false) }),
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
	readDiff: {
		method: "GET",
		path: "/api/machines/:machine/sessions/:session/diff",
		may: "session:watch",
		summary: "What has changed in a session's working directory since it was started",
		params: ofSession,
		answer: Diff,
	},
	listDenied: {
		method: "GET",
		path: "/api/machines/:machine/sessions/:session/denied",
		may: "session:watch",
		summary: "Connections that a session's allow-list has refused",
		params: ofSession,
		answer: ASKS.denied.answered,
	},
	readFile: {
		method: "GET",
		path: "/api/machines/:machine/sessions/:session/file",
		may: "session:type",
		summary: "A part of a file, where the session runs",
		params: ofSession,
		query: z.object({ path: Path, from: z.coerce.number().pipe(z.int().min(0)).default(0) }),
		answer: ASKS.readFile.answered,
		audited: true,
	},
	writeFile: {
		method: "PUT",
		path: "/api/machines/:machine/sessions/:session/file",
		may: "session:type",
		summary: "Write a part of a file there; the last part puts it in place",
		params: ofSession,
		body: ASKS.writeFile.asked.omit({ session: true }),
		answer: done,
		shown: ["path"],
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
