// A page without the console around it: for whoever is not in yet, or decides one thing.
import type { ComponentChildren } from "preact"
import { useEffect } from "preact/hooks"
import { words } from "../messages.ts"
import { Banner } from "./banner.tsx"
import { OtherLanguages } from "./language.tsx"

export function Bare({ title, children }: { title: string; children: ComponentChildren }) {
	useEffect(() => {
		document.title = `${title} · ${words.product}`
	}, [title])
	return (
		<>
			<Banner />
			<main class="bare">
				<img src="/icon.svg" alt="" width="40" height="40" />
				<h1>{title}</h1>
				{children}
				<OtherLanguages />
			</main>
		</>
	)
}
