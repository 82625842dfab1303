// Commands about the chat itself: its sound, and what can be said in it.
import type { Language } from "../../../protocol/channel.ts"
import { blocks, say } from "../chat.ts"
import { Reply } from "../targets.ts"
import { timeText, WORDS } from "../words/words.ts"
import type { Command } from "./command.ts"

export const mute: Command = {
	name: "mute",
	aliases: ["静音"],
	async run({ registry, destination, ...chat }, words) {
		const said = words.trim().toLowerCase()
		const all = { registry, destination, ...chat }
		if (["off", "0", "关", "关闭", "取消"].includes(said)) {
			await registry.destinations.detail(destination.id, { mutedUntil: null })
			await say(all, chat.words.muteOff)
			return
		}
		const [, count = "8", unit = "h"] = /^(?:(\d{1,4})\s*(m|h|分钟|小时)?)?$/.exec(said) ?? []
		if (said !== "" && !/^\d/.test(said)) throw new Reply(chat.words.muteHow)
		const minutes = Number(count) * (unit === "h" || unit === "小时" ? 60 : 1)
		if (minutes < 1 || minutes > DAY_MINUTES) throw new Reply(chat.words.muteHow)
		const mutedUntil = Date.now() + minutes * 60_000
		await registry.destinations.detail(destination.id, { mutedUntil })
		await say(all, chat.words.mutedUntil(timeText(mutedUntil)))
	},
}

/** Whether the chat wants no sound now. */
export function isMuted(details: Record<string, unknown>, now: number): boolean {
	return typeof details.mutedUntil === "number" && details.mutedUntil > now
}

export function help(all: readonly Pick<Command, "name">[]): Command {
	return {
		name: "help",
		aliases: ["帮助", "?", "？"],
		async run(chat) {
			const { words } = chat
			const lines = helpLines(all, chat.language)
			await say(chat, blocks({ is: "heading", text: words.helpHead }, lines.join("\n"), words.helpTail))
		},
	}
}

function helpLines(all: readonly Pick<Command, "name">[], language: Language): string[] {
	const { commands } = WORDS[language]
	return all.map(({ name }) => {
		const { usage, does } = commands[name]
		return `/${name}${usage === "" ? "" : ` ${usage}`} – ${does}`
	})
}

const DAY_MINUTES = 24 * 60
