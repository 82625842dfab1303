// A moment as how long ago it was, with the exact time on hover.
import { words } from "../messages.ts"
import { now } from "../state.ts"
import { exact } from "../times.ts"

export function When({ at, say = (ago) => ago }: { at: number; say?: (ago: string) => string }) {
	return (
		<time dateTime={new Date(at).toISOString()} title={exact(at)}>
			{say(words.session.ago(now.value - at))}
		</time>
	)
}
