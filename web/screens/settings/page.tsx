// What the settings' screens have in common: a head with what one can make, and parts under headings.
import type { ComponentChildren, VNode } from "preact"
import { dialog } from "../../state.ts"
import { Icon } from "../../ui/icon.tsx"
import type { IconName } from "../../ui/icons.ts"

interface HeadProps {
	title: string
	about: string
	children?: ComponentChildren
}

export function Head({ title, about, children }: HeadProps) {
	return (
		<>
			<header class="page-head">
				<h1>{title}</h1>
				{children}
			</header>
			<p class="page-note">{about}</p>
		</>
	)
}

interface PartProps {
	title: string
	about?: string
	/** Beside the heading. */
	action?: ComponentChildren
	children: ComponentChildren
}

export function Part({ title, about, action, children }: PartProps) {
	return (
		<section class="part">
			<header class="part-head">
				<h2>{title}</h2>
				{action}
			</header>
			{about !== undefined && <p class="dim">{about}</p>}
			{children}
		</section>
	)
}

interface RowProps {
	icon: IconName
	name: string
	about: ComponentChildren
	/** What can be done with it. */
	children: ComponentChildren
}

/** A thing that is said in one line. */
export function Row({ icon, name, about, children }: RowProps) {
	return (
		<li class="row">
			<Icon name={icon} />
			<div class="grow row-words">
				<strong>{name}</strong>
				<span class="dim facts-line">{about}</span>
			</div>
			{children}
		</li>
	)
}

export function open(draw: () => VNode): void {
	dialog.value = { is: "own", draw }
}
