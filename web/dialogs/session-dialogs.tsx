// Renaming, killing and removing a session.
import { useSignal } from "@preact/signals"
import type { Request } from "../../protocol/routes.ts"
import { api } from "../api.ts"
import { words } from "../messages.ts"
import { FLEET, go, sessionPath } from "../navigation.ts"
import type { Dialog } from "../state.ts"
import { Confirm, NameField } from "../ui/confirm.tsx"

export function RenameSession({ machine, session, name }: Extract<Dialog, { is: "rename-session" }>) {
	const wanted = useSignal(name)
	const run = () => api("changeSession", { params: { machine, session }, body: { name: wanted.value.trim() } })
	return (
		<Confirm title={words.rename.title} submit={words.rename.submit} disabled={wanted.value.trim() === ""} run={run}>
			<NameField label={words.rename.name} value={wanted.value} change={(value) => (wanted.value = value)} />
		</Confirm>
	)
}

export function RemoveSession({ machine, session, name }: Extract<Dialog, { is: "remove-session" }>) {
	const run = async () => {
		await api("removeSession", { params: { machine, session } })
		if (location.pathname === sessionPath(machine, session)) go(FLEET)
	}
	return (
		<Confirm title={words.remove.title(name)} submit={words.remove.submit} danger run={run}>
			<p>{words.remove.text}</p>
		</Confirm>
	)
}

type Signal = NonNullable<Request<"signalSession">["body"]["signal"]>

export function KillSession({ machine, session, name }: Extract<Dialog, { is: "kill-session" }>) {
	const signal = useSignal<Signal>("SIGHUP")
	const run = () => api("signalSession", { params: { machine, session }, body: { signal: signal.value } })
	const choices: [Signal, string][] = [
		["SIGHUP", words.kill.gentle],
		["SIGTERM", words.kill.terminate],
		["SIGKILL", words.kill.hard],
	]
	return (
		<Confirm title={words.kill.title(name)} submit={words.session.kill} danger run={run}>
			<p>{words.kill.text}</p>
			<fieldset class="choices">
				<legend class="unseen">{words.session.kill}</legend>
				{choices.map(([value, label]) => (
					<label key={value}>
						<input
							type="radio"
							name="signal"
							checked={signal.value === value}
							onChange={() => {
								signal.value = value
							}}
						/>
						{label}
					</label>
				))}
			</fieldset>
		</Confirm>
	)
}
