// What stands around tasks, schedules and triggers: the three beside each other, and the way back from one of them.
import type { ComponentChildren } from "preact"
import { useLocation } from "preact-iso"
import type { Action } from "../../../protocol/roles.ts"
import { words } from "../../messages.ts"
import { SCHEDULES, TASKS, TRIGGERS } from "../../navigation.ts"
import { forbidden } from "../../permission.ts"
import { Act } from "../../ui/act.tsx"
import { Face } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import type { IconName } from "../../ui/icons.ts"
import { Shell } from "../../ui/shell.tsx"
import "../../styles/settings.css"
import "../../styles/tasks.css"

const PLACES = { tasks: TASKS, schedules: SCHEDULES, triggers: TRIGGERS }

interface Props {
	title: string
	/** What one can make here. */
	action?: ComponentChildren
	children: ComponentChildren
}

/** One of the three lists. */
export function ListPage({ title, action, children }: Props) {
	const { path } = useLocation()
	return (
		<Shell title={title}>
			<div class="work">
				<header class="page-head">
					<h1 class="unseen">{title}</h1>
					<nav class="segments" aria-label={words.work.label}>
						{Object.entries(PLACES).map(([name, place]) => (
							<a key={name} href={place} aria-current={path === place ? "page" : undefined}>
								{words.work[name as keyof typeof PLACES]}
							</a>
						))}
					</nav>
					<span class="spring" />
					{action}
				</header>
				{children}
			</div>
		</Shell>
	)
}

interface NewProps {
	may: Action
	href: string
	label: string
}

/** The way to the form of a new one; on a phone it is its sign alone. */
export function NewLink({ may, href, label }: NewProps) {
	const inside = (
		<>
			<Icon name="plus" />
			<span>{label}</span>
		</>
	)
	return forbidden(may) === undefined ? (
		<a class="button primary new-link" href={href}>
			{inside}
		</a>
	) : (
		<Act may={may} class="primary new-link">
			{inside}
		</Act>
	)
}

interface DetailProps {
	title: string
	back: { href: string; label: string }
	children: ComponentChildren
}

/** One of a list, or the form of one. */
export function DetailPage({ title, back, children }: DetailProps) {
	return (
		<Shell title={title}>
			<div class="work detail">
				<a class="settings-back" href={back.href}>
					<Icon name="arrow-left" />
					{back.label}
				</a>
				{children}
			</div>
		</Shell>
	)
}

export const TO_TASKS = { href: TASKS, label: words.tasks.toTasks }
export const TO_SCHEDULES = { href: SCHEDULES, label: words.schedules.toSchedules }
export const TO_TRIGGERS = { href: TRIGGERS, label: words.triggers.toTriggers }

/** For whom it is not: who it is for. */
export function Allowed({
	may,
	icon,
	title,
	children,
}: {
	may: Action
	icon: IconName
	title: string
	children: ComponentChildren
}) {
	const why = forbidden(may)
	return why === undefined ? children : <Face icon={icon} title={title} text={why} />
}
