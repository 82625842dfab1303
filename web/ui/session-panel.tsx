// What there is to know about a session beside its terminal: what changed, what was blocked, where it runs and what it uses.
import { useSignal } from "@preact/signals"
import type { MachineId } from "../../protocol/ids.ts"
import type { SessionInfo } from "../../protocol/session.ts"
import { words } from "../messages.ts"
import { History } from "./attention-history.tsx"
import { Icon } from "./icon.tsx"
import { Changes } from "./session-changes.tsx"
import { Blocked } from "./session-denied.tsx"
import { Details } from "./session-details.tsx"

const VIEWS = ["changes", "attention", "denied", "about"] as const

interface Props {
	machine: MachineId
	info: SessionInfo
	close: () => void
}

export function SessionPanel({ machine, info, close }: Props) {
	const view = useSignal<(typeof VIEWS)[number]>("changes")
	const shown = VIEWS.filter((name) => name !== "denied" || info.network.is === "allow-list")
	return (
		<aside class="session-panel" aria-label={words.session.panel}>
			<header class="panel-head">
				<fieldset class="segments">
					<legend class="unseen">{words.session.panel}</legend>
					{shown.map((name) => (
						<label key={name}>
							<input
								type="radio"
								class="unseen"
								name="panel"
								checked={view.value === name}
								onChange={() => {
									view.value = name
								}}
							/>
							{words.session.views[name]}
						</label>
					))}
				</fieldset>
				<span class="spring" />
				<button
					type="button"
					class="quiet square"
					aria-label={words.session.closePanel}
					title={words.session.closePanel}
					onClick={close}
				>
					<Icon name="x" />
				</button>
			</header>
			<div class="panel-body">
				{view.value === "changes" && <Changes machine={machine} session={info.id} />}
				{view.value === "attention" && <History session={info.id} />}
				{view.value === "denied" && <Blocked machine={machine} info={info} />}
				{view.value === "about" && <Details machine={machine} info={info} />}
			</div>
		</aside>
	)
}
