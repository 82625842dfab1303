// `homeport inbox`: what waits for a person on all machines, and what waited before.
import { InvalidArgumentError } from "commander"
import type { InboxItem } from "../../protocol/attention.ts"
import type { Client } from "../../protocol/client.ts"
import type { Credentials } from "../credentials.ts"
import { Failure } from "../exit.ts"
import { followFeed } from "../feed.ts"
import { typed } from "../invocation.ts"
import { findSession, pickMachine } from "../lookup.ts"
import { ago, type Output, style, table } from "../output.ts"
import { describeOutcome, describeRequest, mentionRequest, plainLine, titleOf, WANTS } from "../requests.ts"
import { action, verb } from "../verb.ts"

interface Options {
	all?: boolean
	machine?: string
	watch?: boolean
	history?: boolean
	session?: string
	limit: number
}

export function inbox() {
	return verb("inbox", {
		summary: "list what waits for a person, on all machines",
		description:
			"By machine, the most urgent first. Who is done, or only wants somebody to look, has one line; --all shows all of it.",
		examples: [
			["homeport inbox", "who asks for what, and the answers that there are"],
			["homeport inbox --watch", "again whenever it changes, until Ctrl-C"],
			["homeport inbox --history", "what was asked before, and who answered it from where"],
			["homeport inbox --json", "for programs: { items: [...] }, with ids and all that is known"],
		],
	})
		.option("--all", "all of it, also of what needs no decision")
		.option("--machine <name>", "only this machine's")
		.option("-w, --watch", "again whenever it changes; with --json, one line each time")
		.option("--history", "what waited before, the last that was over first")
		.option("--session <name>", "with --history: only this session's")
		.option("--limit <count>", "with --history: so many", count, 20)
		.action(
			action<[], Options>(async ({ out, signIn }, options) => {
				const { call, credentials } = await signIn()
				if (options.history) return showHistory(call, out, options)
				const machine =
					options.machine === undefined
						? undefined
						: pickMachine((await call("listMachines")).machines, options.machine)
				const look = async () => {
					const { items } = await call("listInbox")
					return items.filter((item) => machine === undefined || item.machine === machine.id)
				}
				const show = (items: InboxItem[]) => out.result({ items }, () => describe(items, options.all === true))
				if (!options.watch) return show(await look())
				await follow(credentials, out, look, show)
			}),
		)
}

/** So that ages and deadlines count. */
const AGES_MS = 30_000

/** Shows it whenever it has changed. Ends only by a refusal, which it throws. */
async function follow(
	credentials: Credentials,
	out: Output,
	look: () => Promise<InboxItem[]>,
	show: (items: InboxItem[]) => void,
): Promise<void> {
	const isScreen = !out.json && process.stdout.isTTY
	/** One look at a time: what changes during one is seen by the next. */
	let looking = Promise.resolve()
	let waiting = 0
	let ages: NodeJS.Timeout | undefined
	const ended = new AbortController()
	try {
		await new Promise((_, reject) => {
			const again = () => {
				if (waiting > 1) return
				waiting++
				looking = looking
					.then(look)
					.then((items) => {
						if (isScreen) process.stdout.write("\x1b[H\x1b[2J")
						show(items)
					})
					.catch((error: unknown) => {
						// The feed dials on by itself, and says when the home is back.
						if (!(error instanceof Failure && error.code === "no_answer")) reject(error)
					})
					.finally(() => waiting--)
			}
			if (isScreen) ages = setInterval(again, AGES_MS)
			followFeed(credentials, "attention", again, ended.signal).catch(reject)
		})
	} finally {
		clearInterval(ages)
		ended.abort()
	}
}

function describe(items: InboxItem[], all: boolean): string {
	const now = Date.now()
	const machines = new Map<string, InboxItem[]>()
	for (const item of items) machines.set(item.machine, [...(machines.get(item.machine) ?? []), item])
	const draw = (item: InboxItem) =>
		item.kind === "idle" && !all ? mentionRequest(item, now) : describeRequest(item, now)
	const groups = [...machines.values()].map((ofOne) =>
		[style("underline", plainLine(ofOne[0]?.machineName ?? "")), ...ofOne.map(draw)].join("\n\n"),
	)
	const none = items.length === 0 ? ["Nothing needs you."] : []
	const how = items.length === 0 ? [] : [style("dim", `${typed("answer", "ID", "LABEL")} answers.`)]
	return [...none, ...groups, ...how].join("\n\n")
}

async function showHistory(call: Client, out: Output, { session, limit }: Options): Promise<void> {
	const of = session === undefined ? {} : { session: (await findSession(call, session)).id }
	const listed = await call("listAttention", { query: { ...of, limit } })
	out.result(listed, ({ items }) => {
		const now = Date.now()
		return items.length === 0
			? "Nothing has been asked yet."
			: table(
					["OVER", "SESSION", "WHAT", "ABOUT", "OUTCOME"],
					items.map((item) => [
						ago(now - (item.state.is === "open" ? item.raisedAt : item.state.at)),
						style("bold", `${plainLine(item.machineName)}/${plainLine(item.sessionName)}`),
						WANTS[item.kind],
						titleOf(item),
						describeOutcome(item.state),
					]),
				)
	})
}

function count(text: string): number {
	const number = Number(text)
	if (!Number.isInteger(number) || number < 1 || number > 200)
		throw new InvalidArgumentError("It must be a whole number from 1 to 200.")
	return number
}
