// The page's title, with how much waits for somebody before it.
import { useEffect } from "preact/hooks"
import { needsCount } from "../inbox.ts"
import { words } from "../messages.ts"

export function useTitle(title: string): void {
	const count = needsCount()
	useEffect(() => {
		document.title = count === 0 ? title : words.inbox.titleCount(count, title)
	}, [count, title])
}
