// The plugin by which OpenCode says what it waits for: it runs in OpenCode's own terminal interface, which hears all of
// its events, and needs no port. One of its server instead would hold every start up until npm has answered.
import { EVENT_OSC } from "../holder/signals.ts"
import { AGENT, EVENT_BYTES } from "./event.ts"

/*
 * What it says is OpenCode's own event, of which only what is read here: of subagents it says what they ask for, and of
 * conversations that are not looked at, too. What OpenCode answers by itself does not stand among what waits. A conversation
 * that has failed or was interrupted says that it rests only after it has worked again.
 * Sources: packages/opencode/specs/tui-plugins.md of https://github.com/anomalyco/opencode, and the types of
 * @opencode-ai/plugin/tui and @opencode-ai/sdk 1.18.33.
 */
export const OPENCODE_PLUGIN = `// Made by Homeport for the sessions of this machine: says, by an escape sequence that no terminal shows, what OpenCode waits for.
import { open } from "node:fs/promises"

const from = process.env.${AGENT}
let written = Promise.resolve()

function say(event) {
	const json = Buffer.from(JSON.stringify(event))
	if (json.length > ${EVENT_BYTES}) return
	const sequence = "\\x1b]${EVENT_OSC};" + from + ";" + json.toString("base64") + "\\x07"
	written = written.then(() => write(sequence)).catch(() => {})
}

async function write(sequence) {
	const terminal = await open("/dev/tty", "w")
	try {
		await terminal.write(sequence)
	} finally {
		await terminal.close()
	}
}

async function tui({ event, route, state }) {
	if (from === undefined) return
	const working = new Set()
	const on = (type, tell) =>
		event.on(type, ({ properties }) => {
			try {
				tell(properties)
			} catch {}
		})
	const rootOf = (session) => state.session.get(session)?.parentID ?? session
	const isAside = (session) =>
		session !== rootOf(session) || session !== rootOf(route.current.params?.sessionID ?? session)
	const lastWords = (session) => {
		const message = state.session.messages(session).findLast(({ role }) => role === "assistant")
		const parts = message === undefined ? [] : state.part(message.id)
		return parts.flatMap(({ type, text }) => (type === "text" ? text : [])).join("\\n")
	}
	on("permission.asked", ({ id, sessionID, permission, patterns, metadata: { command, filepath } }) => {
		const waits = state.session.permission(sessionID).some((request) => request.id === id)
		if (waits) say({ type: "permission.asked", permission, patterns, command, filepath })
	})
	on("question.asked", ({ questions }) => {
		say({ type: "question.asked", questions: questions.map(({ question }) => question) })
	})
	on("session.status", ({ sessionID, status: { type } }) => {
		const isBusy = type !== "idle"
		if (isBusy === working.has(sessionID)) return
		if (isBusy) working.add(sessionID)
		else working.delete(sessionID)
		if (isAside(sessionID)) return
		say(isBusy ? { type: "session.status" } : { type: "session.idle", text: lastWords(sessionID) })
	})
	on("session.error", ({ sessionID, error }) => {
		if (!working.delete(sessionID) || error?.name === "MessageAbortedError" || isAside(sessionID)) return
		say({ type: "session.error", message: error?.data?.message ?? error?.name })
	})
}

export default { id: "homeport", tui }
`
