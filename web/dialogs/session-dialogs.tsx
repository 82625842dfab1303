// What is done to a session: renamed, tagged, begun again, started anew like it, killed, removed.
import { useSignal } from "@preact/signals"
import { TAGS } from "../../protocol/limits.ts"
import type { Request } from "../../protocol/routes.ts"
import { api } from "../api.ts"
import { words } from "../messages.ts"
import { FLEET, go, sessionPath } from "../navigation.ts"
import { cloneSession, mayTalk, startAgain } from "../starting.ts"
import type { Dialog } from "../state.ts"
import { Confirm, NameField } from "../ui/confirm.tsx"
import { sessionTags, tagFault } from "../ui/tags.tsx"
import { WordsField } from "../ui/words-field.tsx"

export function RenameSession({ machine, session, name }: Extract<Dialog, { is: "rename-session" }>) {
	const wanted = useSignal(name)
	const run = () => api("changeSession", { params: { machine, session }, body: { name: wanted.value.trim() } })
	return (
		<Confirm title={words.rename.title} submit={words.rename.submit} disabled={wanted.value.trim() === ""} run={run}>
			<NameField label={words.rename.name} value={wanted.value} change={(value) => (wanted.value = value)} />
		</Confirm>
	)
}

export function TagSession({ machine, session, name, tags }: Extract<Dialog, { is: "tag-session" }>) {
	const wanted = useSignal(tags)
	const run = () => api("changeSession", { params: { machine, session }, body: { tags: wanted.value } })
	return (
		<Confirm
			title={words.session.tagTitle(name)}
			submit={words.save}
			size="wide"
			disabled={wanted.value.length > TAGS}
			run={run}
		>
			<WordsField
				label={words.tags}
				hint={words.session.tagHint}
				add={words.newTag}
				values={wanted.value}
				suggestions={sessionTags()}
				fault={tagFault}
				change={(changed) => (wanted.value = changed)}
			/>
		</Confirm>
	)
}

export function RestartSession({ machine, of }: Extract<Dialog, { is: "restart-session" }>) {
	const resume = useSignal(mayTalk(of))
	return (
		<Confirm
			title={words.session.restartTitle(of.name)}
			submit={words.session.again}
			danger={of.state.is === "running"}
			run={() => startAgain(machine, of, resume.value)}
		>
			<p>{words.session.restartText}</p>
			{mayTalk(of) && (
				<label class="check">
					<input
						type="checkbox"
						checked={resume.value}
						onChange={(event) => {
							resume.value = event.currentTarget.checked
						}}
					/>
					{words.session.resume}
				</label>
			)}
		</Confirm>
	)
}

export function CloneSession({ machine, session, name }: Extract<Dialog, { is: "clone-session" }>) {
	const wanted = useSignal("")
	const run = () => cloneSession(machine, session, wanted.value.trim())
	return (
		<Confirm title={words.session.cloneTitle(name)} submit={words.session.cloneSubmit} run={run}>
			<p>{words.session.cloneText}</p>
			<NameField
				label={words.rename.name}
				hint={words.start.nameHint}
				value={wanted.value}
				change={(value) => (wanted.value = value)}
			/>
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
