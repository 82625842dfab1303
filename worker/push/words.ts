// What notifications say, in each language.
import type { AttentionKind } from "../../protocol/attention.ts"
import type { Language } from "../../protocol/channel.ts"

interface Words {
	/** As a BCP 47 tag. */
	lang: string
	titles: Record<AttentionKind, (session: string) => string>
	inConsole: string
	answered: (by: string, answer: string | null) => string
	gone: string
	/** Where the content is not to be shown. */
	waits: { title: string; body: string }
	over: { title: string; body: string }
	test: { title: string; body: string }
}

export const WORDS: Record<Language, Words> = {
	en: {
		lang: "en",
		titles: {
			approval: (session) => `${session} asks for your approval`,
			question: (session) => `${session} has a question`,
			choice: (session) => `${session} asks you to choose`,
			secret: (session) => `${session} asks for a secret`,
			idle: (session) => `${session} waits for work`,
			stuck: (session) => `${session} seems stuck`,
		},
		inConsole: "Answer it in the console.",
		answered: (by, answer) => (answer === null ? `Answered by ${by}.` : `Answered by ${by}: ${answer}`),
		gone: "It is over; nothing is needed any more.",
		waits: { title: "An agent needs you", body: "Open Homeport to see what it asks." },
		over: { title: "Nothing is needed any more", body: "What an agent asked is over." },
		test: { title: "Notifications work", body: "This browser is told when an agent needs you." },
	},
	zh: {
		lang: "zh-CN",
		titles: {
			approval: (session) => `${session} 请求批准`,
			question: (session) => `${session} 有一个问题`,
			choice: (session) => `${session} 请您选择`,
			secret: (session) => `${session} 需要输入机密`,
			idle: (session) => `${session} 等待新的工作`,
			stuck: (session) => `${session} 似乎卡住了`,
		},
		inConsole: "请在控制台中回答。",
		answered: (by, answer) => (answer === null ? `${by} 已回答。` : `${by} 已回答：${answer}`),
		gone: "已结束，无需再处理。",
		waits: { title: "有智能体需要您", body: "打开 Homeport 查看它的请求。" },
		over: { title: "无需再处理", body: "智能体的请求已结束。" },
		test: { title: "通知已生效", body: "智能体需要您时，此浏览器会收到通知。" },
	},
}
