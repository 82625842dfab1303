// Words that machines and sessions are grouped by: shown, checked, and those in use.
import { Tag } from "../../protocol/session.ts"
import { words } from "../messages.ts"
import { fleet, machines } from "../state.ts"

export function Tags({ tags }: { tags: readonly string[] }) {
	if (tags.length === 0) return null
	return (
		<ul class="tags">
			{tags.map((tag) => (
				<li key={tag} class="tag">
					{tag}
				</li>
			))}
		</ul>
	)
}

export function tagFault(word: string): string | null {
	return Tag.safeParse(word).success ? null : words.tagFault
}

/** Those of this workspace's machines. */
export function machineTags(): string[] {
	const known = machines.value.is === "loaded" ? machines.value.value : []
	return [...new Set(known.flatMap(({ tags }) => tags))].sort()
}

/** Those of all sessions that this page knows. */
export function sessionTags(): string[] {
	const sessions = [...fleet.value.values()].flatMap((machine) => [...machine.sessions.values()])
	return [...new Set(sessions.flatMap(({ tags }) => tags))].sort()
}
