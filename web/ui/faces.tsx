// The faces of a screen that is not full: loading, empty, refused.
import type { ComponentChildren } from "preact"
import type { Refusal } from "../../protocol/errors.ts"
import { words } from "../messages.ts"
import { Icon } from "./icon.tsx"
import type { IconName } from "./icons.ts"

export function Skeleton({ rows }: { rows: number }) {
	return (
		<div class="skeleton" role="status" aria-label={words.loading}>
			{Array.from({ length: rows }, (_, row) => (
				<div key={row} class="skeleton-row">
					<span />
					<span />
					<span />
				</div>
			))}
		</div>
	)
}

interface FaceProps {
	icon: IconName
	title: string
	text: ComponentChildren
	children?: ComponentChildren
}

export function Face({ icon, title, text, children }: FaceProps) {
	return (
		<section class="face">
			<Icon name={icon} />
			<h2>{title}</h2>
			<p>{text}</p>
			{children}
		</section>
	)
}

export function Refused({ refusal, retry }: { refusal: Refusal; retry?: () => void }) {
	return (
		<Face icon="circle-alert" title={words.refused} text={refusal.message}>
			{retry && (
				<button type="button" onClick={retry}>
					{words.retry}
				</button>
			)}
		</Face>
	)
}
