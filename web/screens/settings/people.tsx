// The people of the workspace: members with their roles, and invitations that nobody has taken yet.
import { useSignal } from "@preact/signals"
import { ROLES, type Role } from "../../../protocol/roles.ts"
import type { Invitation, Member } from "../../../protocol/routes/workspace.ts"
import { api } from "../../api.ts"
import { useAsked } from "../../asked.ts"
import { words } from "../../messages.ts"
import { SETTINGS } from "../../navigation.ts"
import { forbidden } from "../../permission.ts"
import { attempt } from "../../run.ts"
import { changes, may, me, now } from "../../state.ts"
import { Act } from "../../ui/act.tsx"
import { Confirm } from "../../ui/confirm.tsx"
import { CopyField } from "../../ui/copy-field.tsx"
import { Here } from "../../ui/faces.tsx"
import { Field } from "../../ui/field.tsx"
import { Icon } from "../../ui/icon.tsx"
import { Once } from "../../ui/once.tsx"
import { When } from "../../ui/when.tsx"
import { Head, open, Part, Row } from "./page.tsx"

export function PeopleSettings() {
	const members = useAsked(() => api("listMembers"))
	return (
		<>
			<Head title={words.people.title} about={words.people.explain}>
				<Act may="people:manage" class="primary" onClick={() => open(() => <Invite />)}>
					<Icon name="user-plus" />
					{words.people.invite}
				</Act>
			</Head>
			<Here asked={members}>
				{({ members: all }) => {
					const owners = all.filter(({ role }) => role === "owner").length
					return (
						<ul class="rows">
							{all.map((member) => (
								<MemberRow key={member.id} member={member} isLastOwner={member.role === "owner" && owners === 1} />
							))}
						</ul>
					)
				}}
			</Here>
			{may("people:manage") && <Invitations />}
		</>
	)
}

function MemberRow({ member, isLastOwner }: { member: Member; isLastOwner: boolean }) {
	const { id, name, email, role, joinedAt } = member
	const isMe = me.value.is === "loaded" && me.value.value.id === id
	return (
		<li class="thing">
			<div class="thing-what">
				<strong>{name}</strong>
				{isMe && <span class="dim">{words.people.you}</span>}
			</div>
			<p class="dim facts-line">
				{email !== null && <span>{email}</span>}
				<When at={joinedAt} say={words.people.joined} />
			</p>
			{isLastOwner && may("people:manage") && <p class="dim">{words.people.lastOwner}</p>}
			<div class="thing-do">
				<RoleOf member={member} isLastOwner={isLastOwner} />
				{isMe ? (
					<a class="button" href={SETTINGS.workspace}>
						{words.people.leave}
					</a>
				) : (
					<Act may="people:manage" class="danger" onClick={() => open(() => <RemoveMember id={id} name={name} />)}>
						{words.people.remove}
					</Act>
				)}
			</div>
			<span class="unseen">{words.roles[role].does}</span>
		</li>
	)
}

/** Changing a role takes effect at once, unless one takes a role from oneself, which is asked about. */
function RoleOf({ member: { id, name, role }, isLastOwner }: { member: Member; isLastOwner: boolean }) {
	const isMe = me.value.is === "loaded" && me.value.value.id === id
	const why = forbidden("people:manage") ?? (isLastOwner ? words.people.lastOwner : undefined)
	if (why !== undefined)
		return (
			<span class="role" title={why}>
				{words.roles[role].name}
			</span>
		)
	const change = async (wanted: Role, select: HTMLSelectElement) => {
		if (isMe) {
			select.value = role
			return open(() => <StepDown id={id} wanted={wanted} />)
		}
		const isDone = await attempt(() => api("changeMember", { params: { member: id }, body: { role: wanted } }))
		if (isDone) changes.value++
		else select.value = role
	}
	return (
		<select
			class="role"
			aria-label={words.people.roleOf(name)}
			value={role}
			onChange={({ currentTarget }) => {
				const wanted = ROLES.find((one) => one === currentTarget.value)
				if (wanted !== undefined) void change(wanted, currentTarget)
			}}
		>
			{ROLES.map((one) => (
				<option key={one} value={one}>
					{words.roles[one].name}
				</option>
			))}
		</select>
	)
}

function StepDown({ id, wanted }: { id: string; wanted: Role }) {
	const run = async () => {
		await api("changeMember", { params: { member: id }, body: { role: wanted } })
		location.reload()
	}
	return (
		<Confirm title={words.people.stepDownTitle} submit={words.people.stepDown} danger run={run}>
			<p>{words.people.stepDownText(words.roles[wanted].name)}</p>
			<p class="dim">{words.roles[wanted].does}</p>
		</Confirm>
	)
}

function RemoveMember({ id, name }: { id: string; name: string }) {
	const run = async () => {
		await api("removeMember", { params: { member: id } })
		changes.value++
	}
	return (
		<Confirm title={words.remove.title(name)} submit={words.people.remove} danger run={run}>
			<p>{words.people.removeText}</p>
		</Confirm>
	)
}

function Invitations() {
	const invitations = useAsked(() => api("listInvitations"))
	return (
		<Part title={words.people.invitations}>
			<Here asked={invitations}>
				{({ invitations: open }) =>
					open.length === 0 ? (
						<p class="dim">{words.people.noInvitations}</p>
					) : (
						<ul class="rows">
							{open.map((invitation) => (
								<InvitationRow key={invitation.id} invitation={invitation} />
							))}
						</ul>
					)
				}
			</Here>
		</Part>
	)
}

function InvitationRow({
	invitation: { id, email, role, invitedBy, createdAt, expiresAt },
}: {
	invitation: Invitation
}) {
	const left = expiresAt - now.value
	const revoke = async () => {
		if (await attempt(() => api("revokeInvitation", { params: { invitation: id } }))) changes.value++
	}
	return (
		<Row
			icon="mail"
			name={email ?? words.people.anybody}
			about={
				<>
					<span>{words.people.invitedAs(words.roles[role].name, invitedBy)}</span>
					<When at={createdAt} say={words.made} />
					<span>{left > 0 ? words.people.expires(left) : words.people.expired}</span>
				</>
			}
		>
			<Act may="people:manage" class="danger" onClick={() => void revoke()}>
				{words.people.revoke}
			</Act>
		</Row>
	)
}

function Invite() {
	const role = useSignal<Role>("developer")
	const email = useSignal("")
	const url = useSignal<string | null>(null)
	if (url.value !== null)
		return (
			<Once title={words.people.inviteDone} text={words.people.inviteOnce}>
				<CopyField text={url.value} />
			</Once>
		)
	const run = async () => {
		const whom = email.value.trim()
		const made = await api("createInvitation", { body: { role: role.value, ...(whom !== "" && { email: whom }) } })
		url.value = made.url
		changes.value++
	}
	return (
		<Confirm title={words.people.invite} submit={words.people.makeLink} staysOpen run={run}>
			<fieldset class="choices">
				<legend>{words.people.role}</legend>
				{ROLES.map((one) => (
					<label key={one} class="choice">
						<input type="radio" name="role" checked={role.value === one} onChange={() => (role.value = one)} />
						<span>
							<strong>{words.roles[one].name}</strong>
							<small class="dim">{words.roles[one].does}</small>
						</span>
					</label>
				))}
			</fieldset>
			<Field
				label={words.people.email}
				hint={words.people.emailHint}
				type="email"
				value={email.value}
				change={(value) => (email.value = value)}
			/>
		</Confirm>
	)
}
