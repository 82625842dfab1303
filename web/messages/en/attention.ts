// What waits for a person, and what is done about it: the inbox, the policy, the channels.
import type { AttentionKind, GoneBecause, Risk, Via } from "../../../protocol/attention.ts"
import type { ChannelKind } from "../../../protocol/channel.ts"
import type { Rule } from "../../../protocol/policy.ts"
import { left } from "../../times.ts"
import { ALL, s } from "./grammar.ts"

/** Where a rule holds, in names: what is not said is anywhere. */
export interface RuleWhere {
	machine?: string | undefined
	tag?: string | undefined
	runtime?: string | undefined
	session?: string | undefined
	kind?: AttentionKind | undefined
}

const KINDS: Record<AttentionKind, string> = {
	approval: "Approval",
	question: "Question",
	choice: "Choice",
	secret: "Secret",
	idle: "Done",
	stuck: "Stuck",
}

const ASKS: Record<AttentionKind, string> = {
	approval: "asks for approval",
	question: "has a question",
	choice: "wants a choice",
	secret: "asks for a secret",
	idle: "is done and waits for work",
	stuck: "is stuck",
}

const FROM: Record<Via, string> = {
	console: "in the console",
	api: "by the API",
	command: "by the command",
	push: "from a notification",
	telegram: "from Telegram",
	wechat: "from WeChat",
	policy: "by a rule",
}

const minutes = (count: number) =>
	count % 1440 === 0
		? `${count / 1440} ${s(count / 1440, "day", "days")}`
		: count % 60 === 0
			? `${count / 60} ${s(count / 60, "hour", "hours")}`
			: `${count} ${s(count, "minute", "minutes")}`

const where = ({ runtime, session, machine, tag, kind }: RuleWhere) =>
	[
		...(kind === undefined ? [] : [`of the kind “${KINDS[kind].toLowerCase()}”`]),
		...(runtime === undefined ? [] : [`in ${runtime}`]),
		...(session === undefined ? [] : [`in the session ${session}`]),
		...(machine === undefined ? [] : [`on ${machine}`]),
		...(tag === undefined ? [] : [`on machines tagged ${tag}`]),
	].join(" ")

const said = (answer: string | null) =>
	answer === null ? "Answered" : answer === "" ? "Answered with Enter alone" : `Answered “${answer}”`

export const attention = {
	inbox: {
		title: "Inbox",
		waiting: "Waiting",
		history: "History",
		views: "What the inbox shows",
		/** For the badge of the navigation, and read out when it changes. */
		needs: (count: number) => (count === 0 ? "Nothing needs you" : `${count} ${s(count, "needs", "need")} you`),
		titleCount: (count: number, title: string) => `(${count}) ${title}`,
		emptyTitle: "Nothing needs you",
		empty: (running: number) =>
			running === 0
				? "No session is running."
				: `${running} ${s(running, "session is", "sessions are")} running. What they ask for appears here by itself.`,
		running: "Running now",
		done: "Done, and waiting for work",
		kinds: KINDS,
		sessionAsks: (session: string, kind: AttentionKind) => `${session} ${ASKS[kind]}`,
		risks: { low: "low risk", high: "high risk" } satisfies Record<Risk, string>,
		riskHint: "It can do lasting harm, or it is not understood what it does.",
		noText: {
			approval: "It asks for leave to go on.",
			question: "It has a question.",
			choice: "It wants a choice.",
			secret: "It asks for a secret.",
			idle: "It is done.",
			stuck: "It has not moved on for a long time.",
		} satisfies Record<AttentionKind, string>,
		subject: { command: "Command", file: "Change", other: "What it asks about" },
		notWhole: "This may not be all of it: the screen cuts or wraps it. Look at the terminal before you say yes.",
		excerpt: "Its screen then",
		open: "Open",
		openTerminal: "Terminal",
		openOf: (session: string) => `Open the request of ${session}`,
		openTerminalOf: (session: string) => `Open the terminal of ${session}`,
		dismiss: "Dismiss",
		dismissHint: "Takes it off the inbox and leaves the program as it is.",
		options: "Answers",
		again: (label: string) => `Press again to answer “${label}”`,
		reply: "Your answer",
		replyOr: "Or say it in words",
		replyEmpty: "Enter alone",
		replyEmptyHint: "Takes what the question offers by itself.",
		replyIdle: "What it does next",
		send: "Send",
		secret: "The secret",
		secretHint: "It goes straight to the program, and is kept nowhere.",
		reveal: "Show what I type",
		typeBelow: "Type it into the terminal.",
		onlyThere: "It can be answered in its terminal only.",
		raised: (when: string) => `asked ${when}`,
		deadline: {
			no: (ms: number) => `answered with no in ${left(ms)}`,
			gone: (ms: number) => `forgotten in ${left(ms)}`,
		},
		away: (machine: string) => `${machine} is away: it can be answered when it is linked again.`,
		sending: (answer: string | null) => (!answer ? "Sending…" : `Sending “${answer}”…`),
		answering: (who: string, answer: string | null, via: Via) =>
			!answer ? `${who} is answering ${FROM[via]}…` : `${who} is answering “${answer}” ${FROM[via]}…`,
		typed: (who: string, answer: string | null, via: Via) =>
			!answer
				? `Typed for ${who} ${FROM[via]}: waiting for the screen to move on`
				: `“${answer}” typed for ${who} ${FROM[via]}: waiting for the screen to move on`,
		answered: (who: string, answer: string | null, via: Via) => `${said(answer)} by ${who} ${FROM[via]}`,
		/** By a rule, or because its time was over. */
		answeredByRule: (rule: string, answer: string | null) => `${said(answer)} by itself: ${rule}`,
		/** The last try to answer, after which it waits again. */
		refused: (who: string, why: string) => `The answer of ${who} was not typed. ${why}`,
		byDeadline: "nobody answered in time",
		byRule: (number: string) => `rule ${number} of the policy`,
		you: "you",
		gone: {
			input: "Answered in its terminal",
			moved: "Its screen has moved on",
			exited: "Its program has ended",
			expired: "Its time was over",
			dismissed: "Dismissed",
			removed: "Its session was removed",
		} satisfies Record<GoneBecause, string>,
		over: "This is over.",
		missingTitle: "There is no such request",
		missing: "It is long over, or you may not see it.",
		toInbox: "Inbox",
		more: (count: number) => `${count} more ${s(count, "waits", "wait")}`,
		noHistoryTitle: "Nothing has been asked yet",
		noHistory: "What sessions ask for, and who answered it from where, is kept here.",
		noHistoryHere: "This session has asked for nothing yet.",
		older: "Older",
		how: "How it is known",
		sources: {
			hook: "the agent’s own word",
			signal: "a signal of the terminal",
			screen: "the screen",
		},
		sure: (rule: string, percent: string) => `${rule}, ${percent} sure`,
		facts: { machine: "Machine", session: "Session", runtime: "Runtime", directory: "Directory", asked: "Asked" },
		hide: "Hide until it asks something else",
		keys: "Keys",
		shortcuts: {
			go: "Go to inbox",
			answer: "Answer with that option",
			open: "Open the request",
			terminal: "Open its terminal",
			reply: "Write an answer",
			dismiss: "Dismiss it",
			onRequest: "On a request",
		},
		request: "request",
	},

	policy: {
		title: "Policy",
		explain: "What is answered without a person, who is told, and what each channel may answer.",
		changed: (by: string) => (when: string) => `changed ${when} by ${by}`,
		meanwhile: "Somebody has changed the policy meanwhile. Here it is as it is now: make your change again.",
		rules: "Rules",
		rulesAbout:
			"The first rule that fits decides. A command is taken apart as a shell does: “git status” does not allow “git status && rm -rf ~”.",
		noRules: "There are none: every request waits for a person.",
		add: "New rule",
		edit: "Edit",
		remove: "Remove",
		up: "Earlier",
		down: "Later",
		upOf: (rule: string) => `Move earlier: ${rule}`,
		downOf: (rule: string) => `Move later: ${rule}`,
		editOf: (rule: string) => `Edit: ${rule}`,
		removeOf: (rule: string) => `Remove: ${rule}`,
		addTitle: "New rule",
		editTitle: "Rule",
		verdicts: {
			allow: { name: "Allow", does: "It is answered with yes, once." },
			deny: { name: "Deny", does: "It is answered with no." },
			ask: { name: "Ask", does: "It waits for a person, whatever stands below." },
		} satisfies Record<Rule["verdict"], { name: string; does: string }>,
		verdict: "Then",
		about: "What it is about",
		abouts: { command: "A command", file: "A change of files", anything: "Anything" },
		command: "Command",
		commandHint: "git status · npm test * (any further words) · npm run build:* (a word that begins so)",
		file: "Path",
		fileHint: "src/** · *.md",
		needsWhat: "A rule that allows says which command or file.",
		where: "Only for",
		kind: "Kind",
		machine: "Machine",
		tag: "Machines tagged",
		runtime: "Runtime",
		session: "Session",
		any: "any",
		/** A rule as a sentence. */
		rule: ({ verdict, command, file }: Pick<Rule, "verdict" | "command" | "file">, place: RuleWhere) => {
			const what = command !== undefined ? `“${command}”` : file !== undefined ? `changes of ${file}` : "everything"
			const verb = { allow: "Allow", deny: "Deny", ask: "Ask about" }[verdict]
			return `${verb} ${what} ${where(place)}`.trim()
		},
		unknownMachine: "a machine that is gone",
		unknownSession: "a session that is gone",
		tryTitle: "Try a command",
		tryLabel: "What would the rules do with",
		tryHint: "git status && rm -rf ~",
		tryVerdicts: { allow: "It is allowed", deny: "It is denied", ask: "A person is asked" } satisfies Record<
			Rule["verdict"],
			string
		>,
		tryRule: (number: number) => `by rule ${number}`,
		trying: "Trying…",
		times: "Who is told, and when",
		deadline: "Answer approvals with no after",
		deadlineHint: "An agent that nobody answers does nothing. Never: it waits.",
		remind: "Remind once after",
		never: "never",
		minutes,
		escalation: "Tell first",
		escalationAll: "everybody at once",
		escalationChain: "one person, then the next",
		escalationPeople: "In this order",
		escalationMinutes: "The next one after",
		escalationEmpty: "Choose at least one person.",
		addPerson: "Add a person",
		upPerson: (name: string) => `${name}: earlier`,
		downPerson: (name: string) => `${name}: later`,
		removePerson: (name: string) => `Remove ${name}`,
		quiet: "Quiet hours",
		quietAbout: "No push and no chat meanwhile. What still waits at the end is told then.",
		quietFrom: "From",
		quietTo: "To",
		timeZone: "Time zone",
		mayAnswer: "What may be answered where",
		mayAnswerAbout: "The console answers everything, and alone answers secrets.",
		mayAnswerOf: (channel: string) => `By ${channel}`,
		mayAnswers: { nothing: "Nothing", low: "What has low risk", high: "Everything but secrets" },
		places: { push: "notification", telegram: "Telegram", wechat: "WeChat" },
	},

	channels: {
		title: "Channels",
		explain: "Bots of this workspace, by which its people are told and can answer.",
		connect: "Connect",
		emptyTitle: "No channel yet",
		empty: "Connect a bot, and approve from your phone what an agent asks for.",
		notYours: "A maintainer or owner can connect one.",
		kinds: {
			telegram: { name: "Telegram", about: "A bot of your own, by its token" },
			weixin: { name: "WeChat", about: "Your own account, by a QR code; a machine polls for it" },
			wecom: { name: "WeCom AI bot", about: "For teams: WeCom calls this home" },
			official: { name: "WeChat Official Account", about: "WeChat calls this home" },
		} satisfies Record<ChannelKind, { name: string; about: string }>,
		connectTitle: (kind: string) => `Connect ${kind}`,
		token: "Token",
		telegramHow: "In Telegram, write /newbot to @BotFather, and paste the token that it gives you.",
		telegramToken: "Bot token",
		weixinHow: "Choose the machine that polls WeChat for you. It must be linked for messages to arrive.",
		weixinMachine: "Machine",
		wecomHow: "In WeCom: create an AI bot that is called by URL. Make up a token and key there, and paste them here.",
		officialHow: "In the Official Account platform: Settings, Basic configuration. Paste what stands there.",
		appId: "AppID",
		appSecret: "AppSecret",
		aesKey: "EncodingAESKey",
		aesKeyHint: "43 letters and digits.",
		tokenHint: "What you choose there.",
		sealed: "Stored sealed, and never shown again.",
		needsTls: "Telegram calls this home by HTTPS: open the console at an https address that the internet reaches.",
		urlTitle: "One more step",
		urlAbout: "The address that it calls",
		url: "Paste this address there, as the one to call:",
		working: "working",
		broken: "broken",
		signedOut: "signed out",
		since: (when: string) => `since ${when}`,
		polledBy: (machine: string) => `polled by ${machine}`,
		added: (when: string) => `connected ${when}`,
		test: "Test",
		testing: "Testing…",
		tested: (name: string) => `${name} answers.`,
		remove: "Remove",
		removeText: "Its credentials and chats are forgotten. Nobody is told by it any more.",
		pair: "Connect my chat",
		pairTitle: (name: string) => `Connect your chat with ${name}`,
		pairText:
			"Write this to the bot. In a group, everybody in it reads along; only members who are connected may answer.",
		pairCommand: (code: string) => `/pair ${code}`,
		pairOpen: (name: string) => `Open ${name}`,
		pairScan: "Or scan it with your phone.",
		pairExpires: (ms: number) => `The code works once, for another ${left(ms)}.`,
		pairExpired: "The code has expired.",
		newCode: "New code",
		pairWaiting: "Waiting for your message…",
		paired: (name: string) => `Connected: ${name}`,
		qrOf: (what: string) => `QR code: ${what}`,
		mine: (names: string[]) => `Yours: ${ALL.format(names)}`,
		noneMine: "You have no chat with it yet.",
		signIn: "Sign in",
		signInTitle: "Sign in to WeChat",
		signInScan: "Scan this with WeChat on your phone.",
		signInScanned: "Scanned. Confirm it on your phone.",
		signInVerify: "Type the number that your phone shows.",
		signInCode: "Number",
		signInWrong: "That is not the number.",
		signInDone: (name: string) => `Signed in as ${name}`,
		signInExpired: "The code has expired: a new one is on its way.",
	},
}
