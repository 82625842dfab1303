// What the service worker says itself, in each language. What a push says comes with it.
import type { Language } from "../../protocol/channel.ts"

interface Words {
	unknown: { title: string; body: string }
	answered: (label: string) => string
	onItsWay: (label: string) => string
	unreachable: string
	/** By their codes; others in the words of the control plane. */
	refusals: Record<string, string>
}

export const WORDS: Record<Language, Words> = {
	en: {
		unknown: { title: "An agent needs you", body: "Open Homeport to see what it asks." },
		answered: (label) => `You answered: ${label}`,
		onItsWay: (label) => `On its way: ${label}`,
		unreachable: "Not answered: Homeport cannot be reached. Open it to try again.",
		refusals: {
			not_signed_in: "Not answered: sign in to Homeport first.",
			not_allowed: "Not answered: that may not be answered from here. Open Homeport.",
			answer_elsewhere: "Not answered: that may not be answered from here. Open Homeport.",
			not_found: "It is over, or you may not see it any more.",
			request_gone: "It is over, so nothing was typed.",
			request_answered: "Somebody has answered this already.",
			request_busy: "Somebody’s answer is on its way.",
			machine_offline: "Not answered: the machine is away.",
		},
	},
	zh: {
		unknown: { title: "有智能体需要您", body: "打开 Homeport 查看它的请求。" },
		answered: (label) => `您已回答：${label}`,
		onItsWay: (label) => `正在送达：${label}`,
		unreachable: "未回答：无法连接 Homeport。请打开后重试。",
		refusals: {
			not_signed_in: "未回答：请先登录 Homeport。",
			not_allowed: "未回答：不能从这里回答。请打开 Homeport。",
			answer_elsewhere: "未回答：不能从这里回答。请打开 Homeport。",
			not_found: "已结束，或您已无权查看。",
			request_gone: "已结束，未输入任何内容。",
			request_answered: "已有人回答。",
			request_busy: "已有人的回答正在送达。",
			machine_offline: "未回答：机器不在线。",
		},
	},
}
