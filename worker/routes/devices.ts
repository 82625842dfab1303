// The device flow (RFC 8628): a terminal or a machine asks, a person decides in a browser, and what was asked for comes once.
import { never, Refusal } from "../../protocol/errors.ts"
import { DEVICE_GRANT_MS, DEVICE_POLL_MS, NAME_CHARS } from "../../protocol/limits.ts"
import type { Action } from "../../protocol/roles.ts"
import { can } from "../../protocol/roles.ts"
import { type DeviceRequest, Scope } from "../../protocol/routes/tokens.ts"
import type { Answer } from "../../protocol/routes.ts"
import type { Call, Handlers } from "../call.ts"
import { bare, newCode, newSecret } from "../codes.ts"
import { enterMachine } from "../enroll.ts"
import { hash } from "../hash.ts"
import type { Poll } from "../registry/devices.ts"
import type { Membership } from "../registry/members.ts"
import type { Registry } from "../registry.ts"
import { type Maker, makeToken, scopeWithin } from "../tokens.ts"

export const devices: Handlers<"startDevice" | "pollDevice" | "showDevice" | "decideDevice"> = {
	async startDevice({ registry, origin, address, body: { request } }) {
		const now = Date.now()
		const expiresAt = now + DEVICE_GRANT_MS
		const deviceCode = newSecret()
		const userCode = newCode(USER_CODE_LETTERS)
		const [deviceHash, userHash] = await Promise.all([hash(deviceCode), hash(bare(userCode))])
		await registry.devices.start({ request, address, expiresAt, deviceHash, userHash, now })
		// Behind the #, which no server and no log sees.
		const url = `${origin}/device#${userCode}`
		return { deviceCode, userCode, url, interval: DEVICE_POLL_MS / 1000, expiresAt }
	},

	async pollDevice(call) {
		const { registry, body } = call
		const poll = await registry.devices.poll(await hash(body.deviceCode), Date.now())
		switch (poll.is) {
			case "pending":
				return { is: "pending" }
			case "early":
				throw new Refusal("rate_limited", `Ask every ${DEVICE_POLL_MS / 1000} seconds.`)
			case "denied":
				throw new Refusal("device_denied")
			case "missing":
				throw new Refusal("device_code_invalid")
			case "approved":
				return grant(call, poll)
			default:
				return never(poll)
		}
	},

	async showDevice({ registry, body: { userCode } }) {
		const device = await registry.devices.find(await hash(bare(userCode)), Date.now())
		if (device === undefined) throw new Refusal("device_code_invalid")
		return device
	},

	async decideDevice({ registry, person, traced, body: { userCode, workspace, approve, scope } }) {
		const now = Date.now()
		const userHash = await hash(bare(userCode))
		const device = await registry.devices.find(userHash, now)
		if (device === undefined) throw new Refusal("device_code_invalid")
		const { request } = device
		traced.target = { is: request.is, name: request.name }
		if (!approve) {
			if (!(await registry.devices.deny(userHash, now))) throw new Refusal("device_code_invalid")
			return {}
		}
		const membership = await registry.members.membershipOf(person.id, workspace ?? null)
		if (membership === undefined) throw new Refusal("not_found")
		const { userId, workspaceId, role } = membership
		traced.workspaceId = workspaceId
		if (!can(role, actionOf(request))) throw new Refusal("not_allowed", `You are ${role} there.`)
		const asked = scopeWithin(makerOf(membership), scope ?? Scope.parse({}), now)
		if (!(await registry.devices.approve(userHash, { userId, workspaceId, scope: asked }, now)))
			throw new Refusal("device_code_invalid")
		return {}
	},
}

/** 40 bits, good for fifteen minutes, and asked for by people who are signed in, some times a minute. */
const USER_CODE_LETTERS = 8
/** A person with more logins of one name has a program that runs wild. */
const NAME_TRIES = 100

/** Whoever approved it may have lost their place, or their role, since. */
async function grant(
	{ env, registry }: Call<"pollDevice">,
	{ request, userId, workspaceId, scope }: Extract<Poll, { is: "approved" }>,
): Promise<Answer<"pollDevice">> {
	const membership = await registry.members.membershipOf(userId, workspaceId)
	if (membership === undefined || !can(membership.role, actionOf(request))) throw new Refusal("device_denied")
	if (request.is === "login") return { is: "login", ...(await tokenFor(registry, membership, request.name, scope)) }
	const { name, publicKey, platform } = request
	const machine = await enterMachine(env, registry, { workspaceId, name, publicKey, platform, enrolledBy: userId })
	return { is: "machine", machine: machine.id, name: machine.name }
}

/** A name that is taken gets a number: nobody is there to choose another. */
async function tokenFor(registry: Registry, membership: Membership, name: string, asked: Scope) {
	const now = Date.now()
	const scope = scopeWithin(makerOf(membership), asked, now)
	for (let number = 1; number <= NAME_TRIES; number++) {
		const numbered = number === 1 ? name : `${name.slice(0, NAME_CHARS - 4)} ${number}`
		const made = await makeToken(registry, membership, { name: numbered, now, ...scope })
		if (made !== undefined) return made
	}
	throw new Refusal("name_taken")
}

function actionOf({ is }: DeviceRequest): Action {
	return is === "login" ? "token:manage" : "machine:enroll"
}

function makerOf(membership: Membership): Maker {
	return { membership, actions: null, tags: null, expiresAt: null }
}
