// `homeport inbox`: what waits for a person on all machines, and what waited before.
import { InvalidArgumentError } from "commander"
import type { InboxItem } from "../../protocol/attention.ts"
import type { Client } from "../../protocol/client.ts"
import { followFeed } from "../feed.ts"
import { typed } from "../invocation.ts"
import { findSession, pickMachine } from "../lookup.ts"
import { ago, type Output, style, table } from "../output.ts"
import { describeOutcome, describeRequest, plainLine, titleOf, WANTS } from "../requests.ts"
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
			"By machine, the most urgent first. Agents that are done and wait for work are counted; --all lists them, too.",
		examples: [
			["homeport inbox", "who asks for what, and the answers that there are"],
			["homeport inbox --watch", "again whenever it changes, until Ctrl-C"],
			["homeport inbox --history", "what was asked before, and who answered it from where"],
			["homeport inbox --json", "for programs: { items: [...] }, with ids and all that is known"],
		],
	})
		.option("--all", "also agents that are done and wait for work")
		.option("--machine <name>", "only this machine's")
		.option("-w, --watch", "again whenever it changes; with --json, one line each time")
		.option("--history", "what waited before, the newest first")
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
				const isScreen = !out.json && process.stdout.isTTY
				/** One look at a time: what changes during one is seen by the next. */
				let looking = Promise.resolve()
				let waiting = 0
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
							.catch(reject)
							.finally(() => waiting--)
					}
					if (isScreen) setInterval(again, AGES_MS)
					followFeed(credentials, "attention", again).catch(reject)
				})
			}),
		)
}

/** So that ages and deadlines count. */
const AGES_MS = 30_000

function describe(items: InboxItem[], all: boolean): string {
	const now = Date.now()
	const idle = items.filter(({ kind }) => kind === "idle")
	const shown = all ? items : items.filter(({ kind }) => kind !== "idle")
	const machines = Map.groupBy(shown, ({ machine }) => machine)
	const groups = [...machines.values()].map((ofOne) =>
		[
			style("underline", plainLine(ofOne[0]?.machineName ?? "")),
			...ofOne.map((item) => describeRequest(item, now)),
		].join("\n\n"),
	)
	const rest =
		all || idle.length === 0 ? [] : [`${are(idle.length)} done and ${waits(idle.length)} for work: --all lists.`]
	const none = shown.length === 0 ? ["Nothing needs you."] : []
	const how = shown.length === 0 ? [] : [style("dim", `${typed("answer", "ID", "LABEL")} answers.`)]
	return [...none, ...groups, ...rest, ...how].join("\n\n")
}

function are(count: number): string {
	return count === 1 ? "One more is" : `${count} more are`
}

function waits(count: number): string {
	return count === 1 ? "waits" : "wait"
}

async function showHistory(call: Client, out: Output, { session, limit }: Options): Promise<void> {
	const of = session === undefined ? {} : { session: (await findSession(call, session)).id }
	const listed = await call("listAttention", { query: { ...of, limit } })
	out.result(listed, ({ items }) => {
		const now = Date.now()
		return items.length === 0
			? "Nothing has been asked yet."
			: table(
					["ASKED", "SESSION", "WHAT", "ABOUT", "OUTCOME"],
					items.map((item) => [
						ago(now - item.raisedAt),
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
