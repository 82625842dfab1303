// What the person should know once, at the edge of the screen.
import { useEffect } from "preact/hooks"
import { words } from "../messages.ts"
import { dismiss, type Notice, notices } from "../state.ts"
import { Icon } from "./icon.tsx"

/** Good news is read at a glance; bad news and questions stay until they are dismissed. */
const GOOD_NEWS_MS = 2_500

export function Notices() {
	return (
		<div class="notices" role="status" aria-live="polite">
			{notices.value.map((notice) => (
				<OneNotice key={notice.id} notice={notice} />
			))}
		</div>
	)
}

function OneNotice({ notice: { id, tone, text, action } }: { notice: Notice }) {
	const stays = tone === "bad" || action !== undefined
	useEffect(() => {
		if (stays) return
		const timer = setTimeout(() => dismiss(id), GOOD_NEWS_MS)
		return () => clearTimeout(timer)
	}, [id, stays])
	return (
		<div class={`notice ${tone}`}>
			<Icon name={tone === "good" ? "check" : "circle-alert"} />
			<p>{text}</p>
			{action && (
				<button
					type="button"
					onClick={() => {
						action.run()
						dismiss(id)
					}}
				>
					{action.label}
				</button>
			)}
			{stays && (
				<button type="button" class="quiet square" aria-label={words.dismiss} onClick={() => dismiss(id)}>
					<Icon name="x" />
				</button>
			)}
		</div>
	)
}
