// What a task has left in its outbox: each file with its size, type and hash, to be fetched.
import type { TaskId } from "../../../protocol/ids.ts"
import { routePath } from "../../../protocol/routes.ts"
import type { TaskView } from "../../../protocol/task.ts"
import { words } from "../../messages.ts"
import { isOver } from "../../tasks.ts"
import { bytes } from "../../times.ts"
import { Face } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { inWorkspace } from "../../workspace-choice.ts"

export function Artifacts({ task }: { task: TaskView }) {
	const { id, artifacts } = task
	if (artifacts.length === 0)
		return (
			<Face
				icon="package"
				title={words.tasks.noArtifactsTitle}
				text={isOver(task) ? words.tasks.noArtifacts : words.tasks.noArtifactsYet}
			/>
		)
	const size = artifacts.reduce((sum, artifact) => sum + artifact.size, 0)
	return (
		<>
			<p class="dim">{words.tasks.artifactsOf(artifacts.length, bytes(size))}</p>
			<ul class="rows artifacts">
				{artifacts.map(({ path, size, type, hash }) => (
					<li key={path} class="row">
						<Icon name="file" />
						<span class="mono grow breaks">{path}</span>
						<span class="dim type">{type}</span>
						<span class="dim mono" title={`SHA-256 ${hash}`}>
							{hash.slice(0, 10)}
						</span>
						<span class="tabular">{bytes(size)}</span>
						<a
							class="button quiet square"
							href={artifactUrl(id, path)}
							download={path.split("/").at(-1)}
							aria-label={`${words.tasks.download} ${path}`}
							title={words.tasks.download}
						>
							<Icon name="download" />
						</a>
					</li>
				))}
			</ul>
		</>
	)
}

function artifactUrl(task: TaskId, path: string): string {
	const url = new URL(inWorkspace(routePath("readArtifact", { task })), location.origin)
	url.searchParams.set("path", path)
	return url.pathname + url.search
}
