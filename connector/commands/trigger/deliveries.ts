// `homeport trigger deliveries` and `homeport trigger repeat`: what a trigger's service has sent.
import { InvalidArgumentError } from "commander"
import { deliveryTable } from "../../describe-trigger.ts"
import { Failure } from "../../exit.ts"
import { findTrigger } from "../../lookup.ts"
import { action, verb } from "../../verb.ts"

export function deliveries() {
	return verb("deliveries", {
		summary: "list a trigger's last deliveries, and what became of each",
		examples: [
			["homeport trigger deliveries issues", "the newest first"],
			["homeport trigger deliveries issues --body 12", "what one of them said"],
		],
	})
		.argument("<trigger>", "its name or id")
		.option("--body <number>", "print this one's body as it came", delivery)
		.action(
			action<[string], { body?: number }>(async ({ out, signIn }, { body }, wanted) => {
				const { call } = await signIn()
				const { id } = await findTrigger(call, wanted)
				const found = await call("listDeliveries", { params: { trigger: id } })
				if (body === undefined)
					return out.result(found, ({ deliveries }) =>
						deliveries.length === 0 ? "No deliveries yet." : deliveryTable(deliveries),
					)
				const one = found.deliveries.find(({ number }) => number === body)
				if (one === undefined) throw new Failure("not_found", `There is no delivery ${body} any more.`)
				if (one.isCut) out.note("It is longer than what is shown here.")
				out.result(one, ({ delivery }) => readable(delivery.body))
			}),
		)
}

export function repeat() {
	return verb("repeat", {
		summary: "do a delivery once more as it came",
		examples: [["homeport trigger repeat issues 12", "as the trigger is now"]],
	})
		.argument("<trigger>", "its name or id")
		.argument("<number>", "the delivery's number", delivery)
		.action(
			action<[string, number], object>(async ({ out, signIn }, _options, wanted, number) => {
				const { call } = await signIn()
				const { id, name } = await findTrigger(call, wanted)
				await call("repeatDelivery", { params: { trigger: id, number } })
				out.result(
					{ trigger: id, number },
					() => `Delivery ${number} is taken up again: \`homeport trigger deliveries ${name}\``,
				)
			}),
		)
}

/** JSON in lines, whose texts cannot steer a terminal: JSON spells control characters out. */
function readable(body: string): string {
	try {
		return JSON.stringify(JSON.parse(body), null, 2).replace(/[\x7f-\x9f]/g, "")
	} catch {
		// One that was cut, or is no JSON.
		return JSON.stringify(body)
	}
}

function delivery(text: string): number {
	const number = Number(text)
	if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("It must be a delivery's number.")
	return number
}
