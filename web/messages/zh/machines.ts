// The fleet, and machines.
import { age, clock, left } from "../../times.ts"
import type { machines as english } from "../en/machines.ts"
import type { Spoken } from "../en.ts"

export const machines: Spoken<typeof english> = {
	fleet: {
		title: "机群",
		filter: "筛选机器和会话",
		emptyTitle: "还没有机器连接过来",
		empty: "添加这台电脑或其他任何电脑：粘贴一行命令，它会自己连接出来，无需开放端口。",
		closedTitle: "这里没有对您开放的机器",
		closed: "请联系所有者。",
		enroll: "添加机器",
		noMatch: (filter) => `没有与“${filter}”匹配的内容。`,
		noSessions: "没有会话。",
		running: (count) => `${count} 个运行中`,
		renameMachine: "重命名",
		removeMachine: "移除",
		machineSettings: "设置",
		machineActions: (name) => `${name} 的操作`,
		startOn: (name) => `在 ${name} 上新建会话`,
		quiet: "尚无输出",
		machineRefused: (why) => `无法查看此机器：${why}`,
	},

	presence: {
		word: (standing) =>
			({
				unknown: "检查中",
				never: "从未连接",
				linked: "已连接",
				unproven: "待确认",
				away: "离线",
			})[standing.is],
		detail: (standing, now) => {
			switch (standing.is) {
				case "linked":
					return `${age(standing.age)}前确认`
				case "unproven":
					return `${age(standing.age)}没有消息`
				case "away":
					return standing.since === null ? "离线" : `${clock(standing.since, now)} 起离线`
				case "never":
					return "尚未连接过"
				case "unknown":
					return ""
			}
		},
	},

	enroll: {
		title: "添加机器",
		explain: "把这一行粘贴到那台机器的终端中。无需 root，也不开放端口。",
		waiting: "等待它连接…",
		enrolled: (name) => `${name} 已拿到密钥，等待其连接…`,
		connected: (name) => `${name} 已连接`,
		expires: (ms) => `代码只能用一次，还有${left(ms)}有效。`,
		expired: "代码已过期。",
		newCode: "新代码",
		done: "完成",
		manual: "或从代码仓库运行：",
		onlyHere: (origin) =>
			`这只适用于本机：其他电脑无法访问 ${origin}。要添加别的机器，请为服务配置带 HTTPS 的域名并用该域名打开控制台，或在您信任的网络上用 --host 启动；做法见 docs/operations.md。`,
	},

	machine: {
		renameTitle: "重命名机器",
		removeTitle: (name) => `移除 ${name}？`,
		removeText: (running) =>
			running === 0
				? "其密钥会立即撤销。要再次使用，需要重新登记。"
				: `其密钥会立即撤销。${running} 个运行中的会话会在那里继续，但从这里无法触及：在那台机器上，homeport ls --local 列出它们，homeport kill NAME --local 结束其中一个。`,
		remove: "移除机器",
	},

	machines: {
		title: "机器",
		explain: "此工作区的电脑。打开一台，可查看它用什么运行会话，也可重命名、加标签或限制使用者。",
		noPlatform: "尚未连接过",
		everybody: "所有成员都可使用",
		some: (count) => `${count} 位成员和所有者可使用`,
		named: "仅限所有者和此处列出的成员：",
		member: (name, role) => `${name}（${role}）`,
		missing: "没有这台机器",
		missingText: "它已被移除，或不对您开放。",
		platform: "系统",
		host: "主机名",
		connector: "连接器",
		enrolled: "添加时间",
		by: (name) => (when) => `${when}，由 ${name} 添加`,
		key: "密钥",
		keyText: "无论名称或地址如何变化，这台机器就是这个密钥。私钥从未离开过它。",
		manage: "名称和使用权限",
		name: "名称",
		tags: "标签",
		tagsHint: "令牌可以限定于带某个标签的机器。",
		access: "谁可以使用",
		parts: {
			general: "概况",
			substrates: "运行环境",
			vms: "虚拟机",
			loadouts: "装机清单",
			runtimes: "运行时",
		},
		partsOf: (name) => `关于 ${name}`,
		attached: "谁来过",
		attachedText: "曾打开过此机器上会话的所有人，最近的在前。",
		nobody: "还没有人。",
	},
}
