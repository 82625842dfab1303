// Words for a program that works on a task: typed into it, once, even where they are sent twice.
import { useSignal } from "@preact/signals"
import { useId, useRef } from "preact/hooks"
import type { TaskId } from "../../../protocol/ids.ts"
import { STEER_CHARS, type TaskView } from "../../../protocol/task.ts"
import { api } from "../../api.ts"
import { words } from "../../messages.ts"
import { useRun } from "../../run.ts"
import { notify, workChanges } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Icon } from "../../ui/icon.tsx"

/** The same id again says nothing twice. */
export async function steer(task: TaskId, id: string, text: string): Promise<void> {
	await api("steerTask", { params: { task }, body: { id, text } })
	workChanges.value++
	notify({ tone: "good", text: words.tasks.steered })
}

export function Steer({ task: { id: task } }: { task: TaskView }) {
	const field = useId()
	const text = useSignal("")
	/** Of what is in the field now: sent again after a failure it is still the same. */
	const id = useRef(crypto.randomUUID())
	const { isPending, problem, run } = useRun(async () => {
		await steer(task, id.current, text.value.trim())
		text.value = ""
		id.current = crypto.randomUUID()
	})
	const send = () => {
		if (text.value.trim() !== "") void run()
	}
	return (
		<form
			class="steer"
			onSubmit={(event) => {
				event.preventDefault()
				send()
			}}
		>
			<label for={field}>{words.tasks.steer}</label>
			<div class="steer-line">
				<textarea
					id={field}
					rows={2}
					maxLength={STEER_CHARS}
					aria-describedby={`${field}-hint`}
					value={text.value}
					onInput={({ currentTarget: { value } }) => {
						text.value = value
						id.current = crypto.randomUUID()
					}}
					onKeyDown={(event) => {
						if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return
						event.preventDefault()
						send()
					}}
				/>
				<Act
					may="session:type"
					type="submit"
					class="primary"
					disabled={isPending || text.value.trim() === ""}
					aria-busy={isPending}
				>
					<Icon name="send" />
					{words.tasks.steerSubmit}
				</Act>
			</div>
			<small id={`${field}-hint`} class="dim">
				{words.tasks.steerHint}
			</small>
			{problem !== "" && (
				<p class="problem" role="alert">
					{problem}
				</p>
			)}
		</form>
	)
}
