// Invitations: made, listed and made void by owners; shown to and taken by whoever has the link.
import { Refusal } from "../../protocol/errors.ts"
import { INVITATION_MS } from "../../protocol/limits.ts"
import { auth } from "../auth.ts"
import { asBrowser } from "../browser.ts"
import type { Call, Handlers } from "../call.ts"
import { newSecret } from "../codes.ts"
import { hash } from "../hash.ts"
import type { InvitationEntry } from "../registry/invitations.ts"
import type { Registry } from "../registry.ts"
import { enter } from "../sign-ins.ts"

export const invitations: Handlers<
	"listInvitations" | "createInvitation" | "revokeInvitation" | "showInvitation" | "acceptInvitation"
> = {
	async listInvitations({ registry, principal }) {
		return { invitations: await registry.invitations.list(principal.membership.workspaceId, Date.now()) }
	},

	async createInvitation({ registry, origin, principal, traced, body: { role, email = null } }) {
		const now = Date.now()
		const token = newSecret()
		const made = { role, email, hash: await hash(token), expiresAt: now + INVITATION_MS, now }
		const invitation = await registry.invitations.make(principal.membership, made)
		traced.target = { invitation: invitation.id }
		// Behind the #, which no server and no log sees.
		return { invitation, url: `${origin}/join#${token}` }
	},

	async revokeInvitation({ registry, principal, params }) {
		const { workspaceId } = principal.membership
		if (!(await registry.invitations.revoke(workspaceId, params.invitation))) throw new Refusal("not_found")
		return {}
	},

	async showInvitation({ registry, body: { token } }) {
		const { workspaceName, role, invitedBy, email, expiresAt } = await find(registry, await hash(token))
		return { workspace: workspaceName, role, invitedBy, email, expiresAt }
	},

	async acceptInvitation(call) {
		const { env, registry, origin, request, traced, cookies, body } = call
		const tokenHash = await hash(body.token)
		const invitation = await find(registry, tokenHash)
		const { workspaceId } = invitation
		traced.workspaceId = workspaceId
		const known = await (await auth(env, origin)).whoIs(asBrowser(request, env))
		if (known.person === null) await acceptAsNew(call, tokenHash, invitation)
		else {
			const { id, name } = known.person
			traced.actor = { is: "person", id, name }
			cookies.push(...known.cookies)
			await accept(registry, tokenHash, invitation, id)
		}
		return { workspace: workspaceId }
	},
}

async function find(registry: Registry, tokenHash: string): Promise<InvitationEntry> {
	const invitation = await registry.invitations.find(tokenHash, Date.now())
	if (invitation === undefined) throw new Refusal("invitation_invalid")
	return invitation
}

async function accept(registry: Registry, tokenHash: string, invitation: InvitationEntry, id: string): Promise<void> {
	// Whoever is a member already leaves the link to somebody else.
	if ((await registry.members.membershipOf(id, invitation.workspaceId)) !== undefined) return
	const person = await registry.people.find(id)
	mustBeFor(invitation, person?.email ?? null)
	if (!(await registry.invitations.accept(tokenHash, id, Date.now()))) throw new Refusal("invitation_invalid")
}

async function acceptAsNew(
	call: Call<"acceptInvitation">,
	tokenHash: string,
	invitation: InvitationEntry,
): Promise<void> {
	const { registry, body } = call
	const { name, email } = body
	if (name === undefined || email === undefined)
		throw new Refusal("invalid_request", "Say your name and your e-mail address, or sign in first.")
	mustBeFor(invitation, email)
	const id = await registry.invitations.acceptAsNew(tokenHash, { name, email }, Date.now())
	if (id === undefined) {
		// Somebody else has taken it since, or the address is a person's.
		await find(registry, tokenHash)
		throw new Refusal("not_signed_in", "Somebody here has this address. If it is you, open the link again then.")
	}
	await enter(call, (accounts, browser) => accounts.signInAs(browser, id))
}

function mustBeFor({ email }: InvitationEntry, address: string | null): void {
	if (email !== null && email !== address) throw new Refusal("invitation_invalid", "It was made for another address.")
}
