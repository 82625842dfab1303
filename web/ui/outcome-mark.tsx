// What became of a delivery, or would become of it: a shape and a word.
import type { Outcome } from "../../protocol/trigger.ts"
import { words } from "../messages.ts"
import { Icon } from "./icon.tsx"

const MARKS = {
	task: { tone: "running", icon: "circle-check" },
	ignored: { tone: "", icon: "circle-slash" },
	failed: { tone: "failed", icon: "circle-x" },
} as const

interface Props {
	/** Null while it is being decided. */
	is: Outcome["is"] | null
	say: Record<Outcome["is"], string>
}

export function OutcomeMark({ is, say }: Props) {
	if (is === null)
		return (
			<span class="state">
				<Icon name="circle-dashed" />
				{words.triggers.deciding}
			</span>
		)
	const { tone, icon } = MARKS[is]
	return (
		<span class={`state ${tone}`}>
			<Icon name={icon} />
			{say[is]}
		</span>
	)
}
