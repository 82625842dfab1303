// `homeport substrates`: what a machine can run sessions in, as it found by trying.
import { InvalidArgumentError, Option } from "commander"
import { SUBSTRATES, type Substrate, type SubstrateInfo } from "../../protocol/substrate.ts"
import { TaskSlots } from "../../protocol/task-report.ts"
import { findMachine } from "../lookup.ts"
import { style, table } from "../output.ts"
import { action, verb } from "../verb.ts"

interface Options {
	machine?: string
	again?: boolean
	default?: Substrate | "best"
	tasks?: number
}

export function substrates() {
	return verb("substrates", {
		summary: "what a machine can run sessions in, found by trying",
		description:
			"Each is tried for real: that nothing of the host is seen, that the network is off when it should be, that each limit holds. Without a default of yours, sessions run in a sandbox where that works, else on the host.",
		examples: [
			["homeport substrates", "this computer, or the only machine"],
			["homeport substrates --machine kvm1 --again", "try it all again now"],
			["homeport substrates --default container", "what sessions run in that do not say so"],
			["homeport substrates --tasks 2", "how many tasks this computer runs at once; 0 for none"],
		],
	})
		.option("--machine <name>", "which machine (default: this computer, or the only machine)")
		.option("--again", "try everything again first")
		.addOption(
			new Option("--default <kind>", "set the default; `best` is a sandbox where that works").choices([
				...SUBSTRATES,
				"best",
			]),
		)
		.option("--tasks <count>", "set how many tasks the machine runs at once", slots)
		.action(
			action<[], Options>(async ({ folder, out, signIn }, options) => {
				const { call } = await signIn()
				const { id } = await findMachine(call, options.machine, folder.identity)
				const params = { machine: id }
				if (options.default !== undefined) {
					const substrate = options.default === "best" ? null : options.default
					await call("configureMachine", { params, body: { substrate } })
				}
				if (options.tasks !== undefined) await call("configureTasks", { params, body: { slots: options.tasks } })
				const query = { again: options.again ? ("true" as const) : ("false" as const) }
				const answer = await call("listSubstrates", { params, query })
				out.result(answer, ({ default: chosen, substrates, isTrying, taskSlots }) =>
					[
						table(
							["SUBSTRATE", "", "NETWORK", "LIMITS", "BY"],
							substrates.map((info) => row(info, chosen)),
						),
						...substrates.flatMap(notes),
						...(taskSlots === undefined ? [] : [`Tasks at once: ${taskSlots}`]),
						...(isTrying ? ["The others are still being tried."] : []),
					].join("\n"),
				)
			}),
		)
}

function slots(text: string): number {
	const parsed = TaskSlots.safeParse(/^\d+$/.test(text) ? Number(text) : Number.NaN)
	if (!parsed.success) throw new InvalidArgumentError("It is a whole number from 0 to 100.")
	return parsed.data
}

function row(info: SubstrateInfo, chosen: Substrate): string[] {
	const name = info.substrate === chosen ? `${info.substrate} (default)` : info.substrate
	if (info.is === "absent") return [name, style("red", "absent"), "-", "-", "-"]
	return [
		style("bold", name),
		style("green", "ready"),
		info.networks.join(", "),
		info.limits.join(", ") || "-",
		info.by,
	]
}

function notes(info: SubstrateInfo): string[] {
	const said = info.is === "absent" ? [`${info.reason} ${info.remedy}`] : info.notes
	return said.map((line) => `${info.substrate}: ${line}`)
}
