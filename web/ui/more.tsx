// What few need, behind its title. It is there only while it is open: password managers would fill it in.
import { useSignal } from "@preact/signals"
import type { ComponentChildren } from "preact"

export function More({
	title,
	startsOpen = false,
	children,
}: {
	title: string
	startsOpen?: boolean
	children: ComponentChildren
}) {
	const isOpen = useSignal(startsOpen)
	return (
		<details
			class="more"
			open={isOpen.value}
			onToggle={(event) => {
				isOpen.value = event.currentTarget.open
			}}
		>
			<summary>{title}</summary>
			{isOpen.value && children}
		</details>
	)
}
