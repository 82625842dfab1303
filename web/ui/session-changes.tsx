// What has changed in a session's working directory: files with their counts, and the patch of each.
import { useSignal } from "@preact/signals"
import { useMemo } from "preact/hooks"
import type { Diff } from "../../protocol/ask.ts"
import type { MachineId, SessionId } from "../../protocol/ids.ts"
import { api, sentence } from "../api.ts"
import { useAsked } from "../asked.ts"
import { type Patch, splitPatch } from "../diff.ts"
import { words } from "../messages.ts"
import { Face, Here } from "./faces.tsx"
import { Icon } from "./icon.tsx"

interface Props {
	machine: MachineId
	session: SessionId
}

export function Changes({ machine, session }: Props) {
	const asked = useAsked(() => api("readDiff", { params: { machine, session } }), { isOnDemand: true })
	const { answer } = asked
	return (
		<>
			<div class="panel-bar">
				<span class="dim">
					{answer.is === "loaded" &&
						(answer.value.base === null ? words.changes.sinceEmpty : words.changes.since(answer.value.base))}
				</span>
				<span class="spring" />
				<button type="button" class="quiet" onClick={asked.again}>
					<Icon name="refresh-cw" />
					{words.changes.refresh}
				</button>
			</div>
			{answer.is === "refused" && answer.refusal.code === "not_comparable" ? (
				<Face icon="file-diff" title={words.changes.noGit} text={answer.refusal.detail ?? sentence(answer.refusal)} />
			) : (
				<Here asked={asked}>
					{(diff) =>
						diff.files.length === 0 ? (
							<Face icon="file-diff" title={words.changes.none} text={words.changes.noneText} />
						) : (
							<Files diff={diff} />
						)
					}
				</Here>
			)}
		</>
	)
}

function Files({ diff }: { diff: Diff }) {
	const patches = useMemo(() => splitPatch(diff.patch), [diff])
	return (
		<>
			<ul class="changed-files" aria-label={words.changes.files(diff.files.length)}>
				{diff.files.map((file, i) => (
					<li key={file.path}>
						<ChangedFile file={file} patch={patches[i]} />
					</li>
				))}
			</ul>
			{diff.isCut && <p class="dim panel-note">{words.changes.cut}</p>}
		</>
	)
}

/** The lines are there only while they are looked at: there may be many. */
function ChangedFile({ file, patch }: { file: Diff["files"][number]; patch: Patch | undefined }) {
	const isOpen = useSignal(false)
	const { path, is, added, removed } = file
	return (
		<details
			class="changed-file"
			onToggle={(event) => {
				isOpen.value = event.currentTarget.open
			}}
		>
			<summary>
				<span class={`change ${is}`}>{words.changes.is[is]}</span>
				<span class="mono grow breaks">{path}</span>
				{added === null || removed === null ? (
					<small class="dim">{words.changes.notText}</small>
				) : (
					<span class="counts" title={words.changes.lines(added, removed)}>
						<span class="added">+{added}</span>
						<span class="removed">−{removed}</span>
					</span>
				)}
			</summary>
			{isOpen.value &&
				(patch === undefined || patch.lines.length === 0 ? (
					<p class="dim panel-note">{words.changes.noPatch}</p>
				) : (
					// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
					<pre class="patch" tabIndex={0}>
						{patch.lines.map(({ is, text }, i) => (
							<span key={i} class={is}>
								{`${text}\n`}
							</span>
						))}
					</pre>
				))}
		</details>
	)
}
