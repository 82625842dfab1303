// My tokens for programs: what each may do and when it was last used; made with a scope, revoked at once.
import { useSignal } from "@preact/signals"
import type { Role } from "../../../protocol/roles.ts"
import type { Token } from "../../../protocol/routes/tokens.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { changes, me, now } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm, NameField } from "../../ui/confirm.tsx"
import { CopyField } from "../../ui/copy-field.tsx"
import { Face, Here } from "../../ui/faces.tsx"
import { Icon } from "../../ui/icon.tsx"
import { Once } from "../../ui/once.tsx"
import { FIRST_DRAFT, isComplete, ScopeFields, scopeOf } from "../../ui/scope-fields.tsx"
import { machineTags } from "../../ui/tags.tsx"
import { When } from "../../ui/when.tsx"
import { Head, open } from "./page.tsx"

export function TokensSettings() {
	const tokens = useAsked(() => api("listTokens"))
	const role = me.value.is === "loaded" ? me.value.value.role : "guest"
	return (
		<>
			<Head title={words.tokens.title} about={words.tokens.explain}>
				<Act may="token:manage" class="primary" onClick={() => open(() => <CreateToken role={role} />)}>
					<Icon name="plus" />
					{words.tokens.create}
				</Act>
			</Head>
			<Here asked={tokens}>
				{({ tokens: mine }) =>
					mine.length === 0 ? (
						<Face icon="key-round" title={words.tokens.emptyTitle} text={words.tokens.empty} />
					) : (
						<ul class="rows">
							{mine.map((token) => (
								<TokenRow key={token.id} token={token} />
							))}
						</ul>
					)
				}
			</Here>
		</>
	)
}

function TokenRow({ token }: { token: Token }) {
	const { name, prefix, actions, tags, expiresAt, createdAt, lastUsedAt } = token
	const isOver = expiresAt !== null && expiresAt <= now.value
	return (
		<li class="thing">
			<div class="thing-what">
				<strong>{name}</strong>
				<code>{prefix}…</code>
				{isOver && (
					<span class="state failed">
						<Icon name="circle-x" />
						{words.tokens.expired}
					</span>
				)}
			</div>
			<p class="dim">
				{actions === null ? words.tokens.allActions : actions.map((action) => words.actions[action]).join(" · ")}
				{tags !== null && <span>{words.tokens.onTags(tags.join(", "))}</span>}
			</p>
			<p class="dim facts-line">
				<When at={createdAt} say={words.tokens.created} />
				{lastUsedAt === null ? <span>{words.tokens.neverUsed}</span> : <When at={lastUsedAt} say={words.tokens.used} />}
				{expiresAt === null ? (
					<span>{words.tokens.noExpiry}</span>
				) : (
					!isOver && <span>{words.tokens.expires(expiresAt - now.value)}</span>
				)}
			</p>
			<div class="thing-do">
				<Act may="token:manage" class="danger" onClick={() => open(() => <RevokeToken token={token} />)}>
					{words.tokens.revoke}
				</Act>
			</div>
		</li>
	)
}

function CreateToken({ role }: { role: Role }) {
	const name = useSignal("")
	const draft = useSignal(FIRST_DRAFT)
	const secret = useSignal<string | null>(null)
	if (secret.value !== null)
		return (
			<Once title={name.value} text={words.tokens.once}>
				<CopyField text={secret.value} />
			</Once>
		)
	const run = async () => {
		const made = await api("createToken", { body: { name: name.value.trim(), ...scopeOf(draft.value) } })
		secret.value = made.secret
		changes.value++
	}
	return (
		<Confirm
			title={words.tokens.createTitle}
			submit={words.tokens.submit}
			size="wide"
			disabled={name.value.trim() === "" || !isComplete(draft.value)}
			staysOpen
			run={run}
		>
			<NameField
				label={words.tokens.name}
				hint={words.tokens.nameHint}
				value={name.value}
				change={(value) => (name.value = value)}
			/>
			<ScopeFields role={role} draft={draft.value} change={(changed) => (draft.value = changed)} tags={machineTags()} />
		</Confirm>
	)
}

function RevokeToken({ token: { id, name } }: { token: Token }) {
	const run = async () => {
		await api("revokeToken", { params: { token: id } })
		changes.value++
	}
	return (
		<Confirm title={words.tokens.revokeTitle(name)} submit={words.tokens.revoke} danger run={run}>
			<p>{words.tokens.revokeText}</p>
		</Confirm>
	)
}
