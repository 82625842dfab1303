// What a session's working directory comes from: a folder as it is, a copy of one, a clone, or a worktree.
import type { MachineId } from "../../protocol/ids.ts"
import { words } from "../messages.ts"
import type { FromDraft } from "../where.ts"
import { DirectoryField } from "./directory-field.tsx"
import { Field } from "./field.tsx"

const FROMS = ["folder", "dir", "git", "worktree"] as const satisfies FromDraft["is"][]

interface Props {
	draft: FromDraft
	change: (draft: FromDraft) => void
}

export function FromField({ draft, change }: Props) {
	return (
		<label class="field">
			{words.start.from}
			<select
				value={draft.is}
				onChange={({ currentTarget: { value } }) =>
					change({ ...draft, is: FROMS.find((from) => from === value) ?? draft.is })
				}
			>
				{FROMS.map((from) => (
					<option key={from} value={from}>
						{words.start.froms[from]}
					</option>
				))}
			</select>
		</label>
	)
}

interface PlaceProps extends Props {
	machine: MachineId
	directory: string
	changeDirectory: (directory: string) => void
}

/** The directory itself, or what it comes from. */
export function PlaceFields({ machine, draft, change, directory, changeDirectory }: PlaceProps) {
	const ref = (
		<Field
			label={words.start.ref}
			isCode
			placeholder={draft.is === "git" ? words.start.refHint : words.start.worktreeRefHint}
			value={draft.ref}
			change={(value) => change({ ...draft, ref: value })}
		/>
	)
	if (draft.is === "git")
		return (
			<>
				<Field
					label={words.start.url}
					isCode
					placeholder={words.start.urlHint}
					value={draft.url}
					change={(value) => change({ ...draft, url: value })}
				/>
				{ref}
			</>
		)
	const labels = { folder: words.start.directory, dir: words.start.copied, worktree: words.start.repository }
	return (
		<>
			<DirectoryField machine={machine} label={labels[draft.is]} value={directory} change={changeDirectory} />
			{draft.is === "worktree" && ref}
		</>
	)
}
