// `homeport trigger preview`: what a trigger that is being written makes of deliveries.
import { describeDecision } from "../../describe-trigger.ts"
import { EXIT, Failure } from "../../exit.ts"
import { findTrigger } from "../../lookup.ts"
import { style } from "../../output.ts"
import { plainLine } from "../../requests.ts"
import { readTrigger } from "../../trigger-file.ts"
import { action, verb } from "../../verb.ts"
import { readText } from "../../written-file.ts"

interface Options {
	file: string
	of?: string
	payload?: string
	event?: string
}

export function preview() {
	return verb("preview", {
		summary: "what a trigger's file makes of the last real deliveries, or of a payload; nothing is started",
		description: `Exit code ${EXIT.failed} where no task can be made of one of them.`,
		examples: [
			["homeport trigger preview -f issues.yaml --of issues", "of the last ones of the trigger that is there"],
			["homeport trigger preview -f issues.yaml --payload issue.json --event issues", "of this one"],
		],
	})
		.requiredOption("-f, --file <file>", "the trigger, in YAML or JSON; - for standard input")
		.option("--of <trigger>", "of the last deliveries of this one: its name or id")
		.option("--payload <file>", "of what stands in this file, as JSON")
		.option("--event <event>", "with --payload: what the service calls it")
		.action(
			action<[], Options>(async ({ out, signIn }, { file, of, payload, event }) => {
				if ((of === undefined) === (payload === undefined)) throw new Failure("usage", "Say --of or --payload.")
				if (event !== undefined && payload === undefined) throw new Failure("usage", "--event goes with --payload.")
				const spec = await readTrigger(file)
				const { call } = await signIn()
				const body = {
					trigger: spec,
					...(of !== undefined && { of: (await findTrigger(call, of)).id }),
					...(payload !== undefined && { payload: { event: event ?? "", body: await readText(payload) } }),
				}
				const { outcomes } = await call("previewTrigger", { body })
				out.result({ outcomes }, () =>
					outcomes.length === 0
						? "It has no deliveries yet."
						: outcomes
								.map(
									({ delivery, outcome }) =>
										`${style("bold", delivery === "" ? "this payload" : plainLine(delivery))}: ${describeDecision(outcome)}`,
								)
								.join("\n"),
				)
				if (outcomes.some(({ outcome }) => outcome.is === "failed")) process.exitCode = EXIT.failed
			}),
		)
}
