// The settings: one screen a noun, each at an address of its own, beside a list of them all.
import type { VNode } from "preact"
import { useRoute } from "preact-iso"
import type { Action } from "../../../protocol/roles.ts"
import { words } from "../../messages.ts"
import { MACHINE_PARTS, SETTINGS, type SettingsPage } from "../../navigation.ts"
import { forbidden } from "../../permission.ts"
import { Face } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import type { IconName } from "../../ui/icons.ts"
import { Shell } from "../../ui/shell.tsx"
import { NotFound } from "../not-found.tsx"
import { AccountSettings } from "./account.tsx"
import { AuditSettings } from "./audit.tsx"
import { ChannelsSettings } from "./channels.tsx"
import { MachineSettings } from "./machine.tsx"
import { MachinesSettings } from "./machines.tsx"
import { NotificationsSettings } from "./notifications.tsx"
import { PeopleSettings } from "./people.tsx"
import { PolicySettings } from "./policy.tsx"
import { SecretsSettings } from "./secrets.tsx"
import { TokensSettings } from "./tokens.tsx"
import { WorkspaceSettings } from "./workspace.tsx"
import "../../styles/settings.css"

interface Page {
	noun: SettingsPage
	icon: IconName
	/** What one must be allowed to see it at all. */
	may: Action
	draw: () => VNode
}

const PAGES: Page[] = [
	{ noun: "account", icon: "circle-user", may: "workspace:read", draw: () => <AccountSettings /> },
	{
		noun: "notifications",
		icon: "bell",
		may: "workspace:read",
		draw: () => <NotificationsSettings />,
	},
	{ noun: "people", icon: "users", may: "workspace:read", draw: () => <PeopleSettings /> },
	{ noun: "tokens", icon: "key-round", may: "token:manage", draw: () => <TokensSettings /> },
	{ noun: "machines", icon: "server", may: "machine:read", draw: () => <MachinesSettings /> },
	{ noun: "secrets", icon: "lock", may: "secret:read", draw: () => <SecretsSettings /> },
	{ noun: "policy", icon: "scale", may: "workspace:read", draw: () => <PolicySettings /> },
	{ noun: "channels", icon: "message-circle", may: "workspace:read", draw: () => <ChannelsSettings /> },
	{ noun: "audit", icon: "scroll-text", may: "audit:read", draw: () => <AuditSettings /> },
	{ noun: "workspace", icon: "building", may: "workspace:read", draw: () => <WorkspaceSettings /> },
]

export function Settings() {
	const { params } = useRoute()
	const page = PAGES.find(({ noun }) => noun === params.noun)
	if (params.noun === undefined)
		return (
			<Shell title={words.settings.title}>
				<header class="page-head">
					<h1>{words.settings.title}</h1>
				</header>
				<PageList />
			</Shell>
		)
	const isMachine = page?.noun === "machines" && params.thing !== undefined
	const part = MACHINE_PARTS.find((name) => name === (params.part ?? "general"))
	const hasItem = params.item !== undefined
	if (page === undefined || part === undefined || (params.thing !== undefined && !isMachine)) return <NotFound />
	if (hasItem && part !== "loadouts") return <NotFound />
	const why = forbidden(page.may)
	return (
		<Shell title={words.settings.pages[page.noun].title}>
			<div class="settings">
				<aside class="wide-only">
					<PageList current={page.noun} />
				</aside>
				<div class="settings-page">
					<a class="settings-back narrow-only" href={isMachine ? SETTINGS.machines : SETTINGS.index}>
						<Icon name="arrow-left" />
						{isMachine ? words.settings.pages.machines.title : words.settings.title}
					</a>
					{why !== undefined ? (
						<Face icon="lock" title={words.settings.pages[page.noun].title} text={why} />
					) : isMachine ? (
						<MachineSettings key={params.thing} machine={params.thing ?? ""} part={part} item={params.item} />
					) : (
						page.draw()
					)}
				</div>
			</div>
		</Shell>
	)
}

function PageList({ current }: { current?: SettingsPage }) {
	return (
		<nav class="settings-list" aria-label={words.settings.title}>
			{PAGES.map(({ noun, icon, may }) => {
				const why = forbidden(may)
				return (
					<a
						key={noun}
						class={why === undefined ? "row" : "row dim"}
						data-row
						href={SETTINGS[noun]}
						title={why}
						aria-current={noun === current ? "page" : undefined}
					>
						<Icon name={icon} />
						<span>{words.settings.pages[noun].title}</span>
						<small class="dim">{words.settings.pages[noun].about}</small>
					</a>
				)
			})}
		</nav>
	)
}
