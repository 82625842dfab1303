// What every screen says.

import { left } from "../../times.ts"
import type { general as english } from "../en/general.ts"
import type { Spoken } from "../en.ts"
import { ALL, EITHER, spaced } from "./grammar.ts"

const ROLES = { guest: "访客", developer: "开发者", maintainer: "维护者", owner: "所有者" }

export const general: Spoken<typeof english> = {
	product: "Homeport",
	unreachable: "控制平面没有响应。",
	broken: "页面出了问题，请重新加载。",
	offline: "网络已断开。显示的是最后一次得知的内容。",
	noAnswer: "控制平面没有响应，正在重试。",
	copied: "已复制",
	copyFailed: "浏览器不允许此页面写入剪贴板。",
	pasteFailed: "浏览器不允许此页面读取剪贴板，请改用输入框。",
	dismiss: "关闭提示",
	cancel: "取消",
	close: "关闭",
	loading: "加载中",
	copy: "复制",
	retry: "重试",
	signOut: "退出登录",
	skip: "跳到正文",
	save: "保存",
	saved: "已保存",
	add: "添加",
	removeIt: "移除",
	copiedIt: "我已复制",
	list: (words) => ALL.format(words),
	any: (words) => EITHER.format(words),
	made: (when) => `创建于 ${when}`,
	tags: "标签",
	newTag: "新标签",
	tagFault: "标签只能包含小写字母、数字、点、短横线和下划线。",
	unknownAddress: "未知",
	inTime: (ms) => `${left(ms)}后`,
	tryAgainIn: (ms) => `请在${left(ms)}后重试。`,
	pageIsOld: "此页面比控制平面旧，请重新加载。",
	reload: "重新加载",
	browserOn: (browser, system) => `${system} 上的 ${browser}`,
	inPlace: (what, place) => `${what} · ${place}`,
	platform: ({ release, arch }) => `${release} · ${arch}`,
	needsRole: (least, mine) =>
		least === "owner"
			? `只有所有者可以这样做；您在这里是${ROLES[mine]}。`
			: `这需要${ROLES[least]}或更高的角色；您在这里是${ROLES[mine]}。`,
	language: "语言",
	languageHint: "只对此浏览器有效。",
	browserLanguage: "跟随浏览器",
	refusal: (sentence, detail) => (detail === undefined ? sentence : `${sentence}${detail}`),

	roles: {
		guest: { name: ROLES.guest, does: "观看会话。" },
		developer: { name: ROLES.developer, does: "输入、启动和结束会话，并拥有令牌。" },
		maintainer: { name: ROLES.maintainer, does: "还可以管理机器和机密，并查看审计记录。" },
		owner: { name: ROLES.owner, does: "还可以管理成员和工作区本身。" },
	},

	actions: {
		"workspace:read": "查看工作区及其成员",
		"workspace:leave": "离开工作区",
		"machine:read": "查看机器",
		"session:watch": "观看会话",
		"session:type": "在会话中输入",
		"session:start": "启动和重命名会话",
		"session:end": "结束和移除会话",
		"vm:manage": "创建和结束虚拟机",
		"token:manage": "创建和撤销令牌",
		"secret:read": "查看机密的名称",
		"machine:enroll": "添加机器",
		"machine:manage": "重命名、限制和移除机器",
		"channel:manage": "管理渠道",
		"policy:manage": "修改策略",
		"secret:manage": "保存和移除机密",
		"audit:read": "查看审计记录",
		"people:manage": "邀请和移除成员",
		"workspace:manage": "重命名和删除工作区",
	},

	nav: { label: "主导航", inbox: "收件箱", fleet: "机群", settings: "设置", search: "搜索", start: "新建会话" },

	link: {
		title: "打开此链接？",
		text: "程序为它显示了别的文字。它实际指向：",
		open: "打开",
	},

	palette: {
		title: "命令面板",
		hint: "会话、机器、操作…",
		none: "没有匹配项。",
		session: "会话",
		machine: "机器",
		action: "操作",
		goFleet: "前往机群",
		goTo: (place) => spaced(`前往${place}`),
		workspace: "工作区",
		start: "新建会话",
		enroll: "添加机器",
		shortcuts: "键盘快捷键",
		theme: { system: "颜色：跟随系统", light: "颜色：浅色", dark: "颜色：深色" },
		language: (name) => `语言：${name}`,
		screenReaderOn: "终端的屏幕阅读器支持：开",
		screenReaderOff: "终端的屏幕阅读器支持：关",
	},

	shortcuts: {
		title: "键盘快捷键",
		everywhere: "任何地方",
		inTerminal: "在终端中",
		terminalRule: "所有按键都发给程序，除了：",
		palette: "命令面板",
		start: "新建会话",
		filter: "筛选",
		move: "在列表中移动",
		fleet: "前往机群",
		tokens: "前往令牌",
		settings: "前往设置",
		help: "本页",
		copy: "复制（有选中内容时）",
	},

	notFound: { title: "这里什么都没有", text: "此地址在控制台中没有对应的页面。" },
	refused: "请求被拒绝",
}
