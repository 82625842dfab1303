// `homeport answer`: answers an attention request by the label of an option, or in words.
import { type Choice, type InboxItem, type Option, optionMeaning } from "../../protocol/attention.ts"
import { Refusal } from "../../protocol/errors.ts"
import { Failure } from "../exit.ts"
import { typed } from "../invocation.ts"
import { describeOutcome, findRequest, plainLine } from "../requests.ts"
import { action, verb } from "../verb.ts"

interface Options {
	text?: string
	yes?: boolean
	no?: boolean
	dismiss?: boolean
}

export function answer() {
	return verb("answer", {
		summary: "answer what a session asks for",
		description:
			"The machine looks whether that is still on the session's screen, and types the answer at most once; the first valid answer wins. Secrets are answered in the console, or typed in the session's own terminal.",
		examples: [
			["homeport answer req_0123456789abcdef0123 Yes", "by the label of one of its answers"],
			["homeport answer fix-login --yes", "the only request of this session: leave, this once"],
			["homeport answer fix-login --no", "no leave"],
			['homeport answer fix-login --text "use the staging database"', "in words, where it takes words"],
			["homeport answer fix-login --dismiss", "off the inbox; the program is left as it is"],
		],
	})
		.argument("<id>", "the request's id, or the session when it has one request: NAME, MACHINE/NAME or its id")
		.argument("[label...]", "the answer's label, or as much of its beginning as no other has")
		.option("--text <words>", 'an answer in words; "" is Enter alone, for what a question offers')
		.option("--yes", "the answer that gives leave this once")
		.option("--no", "the answer that gives no leave")
		.option("--dismiss", "take it off the inbox and answer nothing")
		.action(
			action<[string, string[]], Options>(async ({ out, signIn }, options, wanted, words) => {
				const label = words.join(" ")
				const ways = [label !== "", options.text !== undefined, options.yes, options.no, options.dismiss]
				if (ways.filter((is) => is === true).length !== 1)
					throw new Failure("usage", "Say one answer: a label, --text, --yes, --no or --dismiss.")
				const { call } = await signIn()
				const item = await findRequest(call, wanted)
				const params = { request: item.id }
				const code = OVER_AS[item.state.is]
				if (code !== null) throw new Refusal(code, outcomeOf(item))
				const over = async (error: unknown) => {
					if (!(error instanceof Refusal) || !OVER.has(error.code)) throw error
					const now = await call("showRequest", { params }).catch(() => null)
					throw now === null ? error : new Refusal(error.code, outcomeOf(now.item))
				}
				const done = options.dismiss
					? await call("dismissRequest", { params }).catch(over)
					: await call("answerRequest", { params, body: { choice: choose(item, label, options) } }).catch(over)
				out.result(done, ({ item: { sessionName, state } }) => `${plainLine(sessionName)}: ${describeOutcome(state)}`)
			}),
		)
}

/** What is over is refused before anybody is told how else it could be answered. */
const OVER_AS = { open: null, answering: null, answered: "request_answered", gone: "request_gone" } as const

/** Refusals after which it is worth saying who was first. */
const OVER = new Set(["request_answered", "request_busy", "request_gone"])

function outcomeOf({ state }: InboxItem): string | undefined {
	return state.is === "open" ? undefined : describeOutcome(state)
}

function choose(item: InboxItem, label: string, { text, yes, no }: Options): Choice {
	const { options } = item
	if (item.kind === "secret") {
		const attach = typed("attach", `${item.machineName}/${item.sessionName}`)
		throw new Failure("unsupported", `A secret is answered in the console, or typed in its terminal: \`${attach}\`.`)
	}
	if (text !== undefined) {
		if (!item.takesText) throw new Failure("usage", `That takes no words. ${list(options)}`)
		if (text === "" && item.kind !== "question") throw new Failure("usage", "Say some words.")
		return { is: "text", text }
	}
	if (label !== "") return { is: "option", label: pickOption(options, label).label }
	const option = optionMeaning(options, yes ? "yes" : no ? "no" : "other")
	if (option === undefined)
		throw new Failure("usage", `It has no answer that means ${yes ? "yes" : "no"}. ${list(options)}`)
	return { is: "option", label: option.label }
}

/** The option of this label; in whatever case, or by its beginning, where only one is meant. */
function pickOption(options: Option[], wanted: string): Option {
	const exact = options.find(({ label }) => label === wanted)
	if (exact !== undefined) return exact
	const lower = wanted.toLowerCase()
	const same = options.filter(({ label }) => label.toLowerCase() === lower)
	const begun = same.length > 0 ? same : options.filter(({ label }) => label.toLowerCase().startsWith(lower))
	const [option, other] = begun
	if (option === undefined) throw new Failure("usage", `It has no answer "${wanted}". ${list(options)}`)
	if (other !== undefined) throw new Failure("ambiguous", `More than one answer begins so. ${list(begun)}`)
	return option
}

function list(options: Option[]): string {
	if (options.length === 0) return "It has no answers to choose from."
	return `Its answers are:\n${options.map(({ label }) => `  ${plainLine(label)}`).join("\n")}`
}
