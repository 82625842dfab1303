// A form that stands on a screen: its fields, one button that shows pending, and a refusal in words.
import type { ComponentChildren } from "preact"
import type { Action } from "../../protocol/roles.ts"
import { useRun } from "../run.ts"
import { may } from "../state.ts"
import { Act } from "./act.tsx"

interface Props {
	submit: string
	/** Beside the button. */
	beside?: ComponentChildren
	disabled?: boolean
	primary?: boolean
	danger?: boolean
	/** For what not every role allows. */
	may?: Action
	children: ComponentChildren
	run: () => Promise<unknown>
}

export function Form({ submit, beside, disabled, primary, danger, may: action, children, run: act }: Props) {
	const { isPending, problem, run } = useRun(act)
	const button = {
		type: "submit" as const,
		class: `${primary ? "primary" : ""} ${danger ? "danger" : ""}`,
		disabled: disabled || isPending,
		"aria-busy": isPending,
	}
	return (
		<form
			class="form"
			onSubmit={(event) => {
				event.preventDefault()
				if (!disabled && (action === undefined || may(action))) void run()
			}}
		>
			{children}
			{problem !== "" && (
				<p class="problem" role="alert">
					{problem}
				</p>
			)}
			<div class="form-foot">
				{action === undefined ? (
					<button {...button}>{submit}</button>
				) : (
					<Act may={action} {...button}>
						{submit}
					</Act>
				)}
				{beside}
			</div>
		</form>
	)
}
