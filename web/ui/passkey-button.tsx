// A button that asks the browser for a passkey: pending while the browser asks, and a refusal in words.
import { words } from "../messages.ts"
import { useRun } from "../run.ts"
import { Icon } from "./icon.tsx"

interface Props {
	label: string
	ask: () => Promise<unknown>
	done: () => void
}

export function PasskeyButton({ label, ask, done }: Props) {
	const { isPending, problem, run } = useRun(ask)
	return (
		<div class="form">
			<button
				type="button"
				class="primary"
				disabled={isPending}
				aria-busy={isPending}
				onClick={async () => {
					if (await run()) done()
				}}
			>
				<Icon name="fingerprint" />
				{isPending ? words.passkey.waiting : label}
			</button>
			{problem !== "" && (
				<p class="problem" role="alert">
					{problem}
				</p>
			)}
		</div>
	)
}
