// A button with a menu of actions: the browser's popover, which closes by itself.
import type { ComponentChildren } from "preact"
import { useId } from "preact/hooks"
import type { Action } from "../../protocol/roles.ts"
import { forbidden } from "../permission.ts"
import { Icon } from "./icon.tsx"
import type { IconName } from "./icons.ts"

interface Props {
	label: string
	icon: IconName
	/** Words beside the icon; without them the label is read out only. */
	text?: ComponentChildren
	children: ComponentChildren
}

export function Menu({ label, icon, text, children }: Props) {
	const id = useId()
	return (
		<>
			<button
				type="button"
				class={text === undefined ? "quiet square" : "quiet"}
				popovertarget={id}
				aria-label={label}
				title={label}
			>
				<Icon name={icon} />
				{text}
			</button>
			<div id={id} popover="auto" class="menu">
				{children}
			</div>
		</>
	)
}

interface ItemProps {
	icon: IconName
	label: string
	/** For what not every role allows. */
	may?: Action
	disabled?: boolean
	danger?: boolean
	onClick: () => void
}

export function MenuItem({ icon, label, may, disabled, danger, onClick }: ItemProps) {
	const why = may && forbidden(may)
	return (
		<button
			type="button"
			class={danger ? "menu-item danger" : "menu-item"}
			disabled={disabled}
			aria-disabled={why === undefined ? undefined : "true"}
			title={why}
			onClick={(event) => {
				if (why !== undefined) return
				event.currentTarget.closest<HTMLElement>("[popover]")?.hidePopover()
				onClick()
			}}
		>
			<Icon name={icon} />
			{label}
		</button>
	)
}
