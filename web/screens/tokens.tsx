// Tokens for programs: a list, one made at a time, each revoked at once.
import { useEffect } from "preact/hooks"
import { words } from "../messages.ts"
import { dialog, now, tokens } from "../state.ts"
import { exact } from "../times.ts"
import { refreshTokens } from "../tokens.ts"
import { Face, Refused, Skeleton } from "../ui/faces.tsx"
import { Icon } from "../ui/icon.tsx"
import { Shell } from "../ui/shell.tsx"

export function Tokens() {
	useEffect(() => void refreshTokens(), [])
	const create = () => {
		dialog.value = { is: "create-token" }
	}
	return (
		<Shell title={words.tokens.title}>
			<header class="page-head">
				<h1>{words.tokens.title}</h1>
				<button type="button" class="primary" onClick={create}>
					<Icon name="plus" />
					{words.tokens.create}
				</button>
			</header>
			<p class="page-note">{words.tokens.explain}</p>
			<TokenList />
		</Shell>
	)
}

function TokenList() {
	const loaded = tokens.value
	if (loaded.is === "loading") return <Skeleton rows={3} />
	if (loaded.is === "refused") return <Refused refusal={loaded.refusal} retry={() => void refreshTokens()} />
	if (loaded.value.length === 0)
		return <Face icon="key-round" title={words.tokens.emptyTitle} text={words.tokens.empty} />
	const ago = (at: number) => words.session.ago(now.value - at)
	return (
		<ul class="rows">
			{loaded.value.map(({ id, name, prefix, createdAt, lastUsedAt }) => (
				<li key={id} class="row token-row">
					<Icon name="key-round" />
					<strong>{name}</strong>
					<code>{prefix}…</code>
					<span class="dim" title={exact(createdAt)}>
						{words.tokens.created(ago(createdAt))}
					</span>
					<span class="dim" title={lastUsedAt === null ? undefined : exact(lastUsedAt)}>
						{lastUsedAt === null ? words.tokens.neverUsed : words.tokens.used(ago(lastUsedAt))}
					</span>
					<span class="spring" />
					<button
						type="button"
						class="danger"
						onClick={() => {
							dialog.value = { is: "revoke-token", token: id, name }
						}}
					>
						{words.tokens.revoke}
					</button>
				</li>
			))}
		</ul>
	)
}
