// Deeds on many sessions at once: which ones, the question before, and what came of each.
import { createInterface } from "node:readline/promises"
import type { Command } from "commander"
import type { Client } from "../protocol/client.ts"
import type { Session } from "../protocol/routes/sessions.ts"
import { EXIT, explainFailure, Failure } from "./exit.ts"
import { pickSession } from "./lookup.ts"
import { type Output, style } from "./output.ts"

export interface Chosen {
	tag: string[]
	all?: boolean
	yes?: boolean
}

/** The options by which sessions are chosen. */
export function choosing(command: Command): Command {
	return command
		.option("--tag <tag>", "those that have it; repeated: that have all of them", gather, [])
		.option("--all", "all of them, on all machines")
		.option("--yes", "do not ask first")
}

export function gather(word: string, words: string[]): string[] {
	return [...words, word]
}

export function hasTags({ tags }: Pick<Session, "tags">, wanted: string[]): boolean {
	return wanted.every((tag) => tags.includes(tag))
}

/** The sessions of these names, or of these tags, or all. Throws Failure where nothing is said or a name is of none. */
export async function choose(call: Client, names: string[], { tag, all }: Chosen): Promise<Session[]> {
	const ways = [names.length > 0, tag.length > 0, all === true].filter((is) => is)
	if (ways.length !== 1) throw new Failure("usage", "Say which sessions: by their names, by --tag, or --all.")
	const { sessions } = await call("listSessions")
	if (names.length === 0) return sessions.filter((session) => hasTags(session, tag))
	const named = names.map((name) => pickSession(sessions, name))
	return [...new Set(named)]
}

interface Deed {
	/** What is done, as in "Kill 3 sessions". */
	does: string
	sessions: Session[]
	/** What to say where there is none. */
	none: string
	yes: boolean
	one: (session: Session) => Promise<void>
}

/** Asks, does it to each, and says what came of it; the exit code is 1 when any failed. */
export async function doToMany(out: Output, { does, sessions, none, yes, one }: Deed): Promise<void> {
	const count = sessions.length === 1 ? "this session" : `these ${sessions.length} sessions`
	if (sessions.length > 0 && !yes) await mustBeMeant(`${does} ${count}`, sessions)
	const done = await Promise.all(
		sessions.map(async (session) => {
			const { id, name, machineName } = session
			try {
				await one(session)
				return { session: id, name, machine: machineName, error: null }
			} catch (error) {
				const { code, message } = explainFailure(error)
				return { session: id, name, machine: machineName, error: { code, message } }
			}
		}),
	)
	out.result({ sessions: done }, () =>
		done.length === 0
			? none
			: done
					.map(({ name, machine, error }) => `${style("bold", name)} on ${machine}: ${error?.message ?? "done"}`)
					.join("\n"),
	)
	if (done.some(({ error }) => error !== null)) process.exitCode = EXIT.failed
}

async function mustBeMeant(does: string, sessions: Session[]): Promise<void> {
	const list = sessions.map(({ name, machineName }) => `  ${machineName}/${name}`).join("\n")
	if (!process.stdin.isTTY || !process.stderr.isTTY) throw new Failure("usage", `Say --yes to ${lower(does)}:\n${list}`)
	process.stderr.write(`${does}:\n${list}\n`)
	const asking = createInterface({ input: process.stdin, output: process.stderr })
	try {
		const said = await asking.question("Go on? [y/N] ")
		if (!/^y(es)?$/i.test(said.trim())) throw new Failure("usage", "Nothing was done.")
	} finally {
		asking.close()
	}
}

function lower(text: string): string {
	return `${text[0]?.toLowerCase() ?? ""}${text.slice(1)}`
}
