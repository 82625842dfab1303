// The commands that bots know, by their names in both languages.
import type { Language } from "../../../protocol/channel.ts"
import { WORDS } from "../words/words.ts"
import type { Command } from "./command.ts"
import { machines, sessions, workspace } from "./fleet.ts"
import { log, screen } from "./look.ts"
import { approve, deny, inbox } from "./requests.ts"
import { help, mute } from "./settings.ts"
import { create, run } from "./start.ts"
import { send, stop } from "./steer.ts"

const ALL: readonly Command[] = [
	inbox,
	approve,
	deny,
	sessions,
	machines,
	run,
	create,
	send,
	screen,
	log,
	stop,
	mute,
	workspace,
]
const HELP = help([...ALL, { name: "help" }])
const COMMANDS: readonly Command[] = [...ALL, HELP]

/** `pair` is done before it is known who asks, so that it is no command of the others' kind. */
export const PAIR_NAMES: readonly string[] = ["pair", "start", "配对", "绑定"]

export interface Said {
	/** As it was typed, without its slash and whom it is for. */
	name: string
	words: string
	/** Null for one that we do not know. */
	command: Command | null
	hasSlash: boolean
}

/**
 * Text as a command: with a slash, or by a Chinese name alone. Null for text that is none, or that is for another bot of
 * the same group; `own` is what ours is called there.
 */
export function readCommand(text: string | null, own: string): Said | null {
	const match = /^\s*([/／]?)([^\s@]{1,32})(?:@(\w+))?(?:\s+(.*))?$/s.exec(text ?? "")
	if (match === null) return null
	const [, slash = "", said = "", whose, words = ""] = match
	if (whose !== undefined && `@${whose}`.toLowerCase() !== own.toLowerCase()) return null
	const name = said.toLowerCase()
	const command = COMMANDS.find((one) => one.aliases.includes(name) || (slash !== "" && one.name === name)) ?? null
	const hasSlash = slash !== ""
	const isPair = PAIR_NAMES.includes(name) && (hasSlash || !/^[a-z]/.test(name))
	if (!hasSlash && command === null && !isPair) return null
	return { name: isPair ? "pair" : name, words: words.trim(), command, hasSlash }
}

/** Whether text is addressed to another bot of the same group. */
export function isForAnother(text: string | null, own: string): boolean {
	const whose = /^\s*\/[^\s@]{1,32}@(\w+)/.exec(text ?? "")?.[1]
	return whose !== undefined && `@${whose}`.toLowerCase() !== own.toLowerCase()
}

/** What a service shows while somebody types. */
export function commandList(language: Language): { command: string; description: string }[] {
	const { commands } = WORDS[language]
	return COMMANDS.map(({ name }) => {
		const { usage, does } = commands[name]
		return { command: name, description: usage === "" ? does : `${usage}: ${does}` }
	})
}
