// The faces of a screen that is not full: loading, empty, refused.
import type { ComponentChildren } from "preact"
import type { Refusal } from "../../protocol/errors.ts"
import { sentence } from "../api.ts"
import type { Asked } from "../asked.ts"
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
		<Face icon="circle-alert" title={words.refused} text={sentence(refusal)}>
			{retry && (
				<button type="button" onClick={retry}>
					{words.retry}
				</button>
			)}
		</Face>
	)
}

/** What was asked for, once it is here; until then its other faces. */
export function Here<T>({
	asked,
	rows = 3,
	children,
}: {
	asked: Asked<T>
	rows?: number
	children: (value: T) => ComponentChildren
}) {
	const { answer, again } = asked
	if (answer.is === "loading") return <Skeleton rows={rows} />
	if (answer.is === "refused") return <Refused refusal={answer.refusal} retry={again} />
	return <>{children(answer.value)}</>
}
