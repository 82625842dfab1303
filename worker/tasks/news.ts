// A task that is over, as people are told of it: in a line and a few words, by language.
import { isEnd } from "../../durable-objects/ledger/course.ts"
import type { Language } from "../../protocol/channel.ts"
import type { ENDS, TaskView } from "../../protocol/task.ts"

interface News {
	title: string
	body: string
}

/** Without `showsContent` it says that a task is over, and nothing else. */
export function taskNews({ name, state, result }: TaskView, language: Language, showsContent: boolean): News {
	const words = WORDS[language]
	if (!showsContent || !isEnd(state.is)) return words.hidden
	const said = [state.reason, result?.url ?? ""].filter((line) => line !== "")
	return { title: words.titles[state.is](name), body: said.join("\n") || words.nothingMore }
}

interface Words {
	titles: Record<(typeof ENDS)[number], (task: string) => string>
	nothingMore: string
	hidden: News
}

const WORDS: Record<Language, Words> = {
	en: {
		titles: {
			succeeded: (task) => `${task} succeeded`,
			failed: (task) => `${task} failed`,
			cancelled: (task) => `${task} was cancelled`,
			"timed-out": (task) => `${task} took too long`,
			lost: (task) => `${task} was lost`,
		},
		nothingMore: "Open it in Homeport.",
		hidden: { title: "A task is over", body: "Open Homeport to see what came of it." },
	},
	zh: {
		titles: {
			succeeded: (task) => `${task} 已成功`,
			failed: (task) => `${task} 失败了`,
			cancelled: (task) => `${task} 已取消`,
			"timed-out": (task) => `${task} 超时了`,
			lost: (task) => `${task} 已丢失`,
		},
		nothingMore: "请在 Homeport 中查看。",
		hidden: { title: "有任务已结束", body: "打开 Homeport 查看结果。" },
	},
}
