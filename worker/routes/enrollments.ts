// Enrollment: a single-use code, and the machine that trades it for a place in the workspace.
import { Refusal } from "../../protocol/errors.ts"
import { ENROLLMENT_MS } from "../../protocol/limits.ts"
import type { Handlers } from "../call.ts"
import { changed } from "../feed.ts"
import { hash } from "../hash.ts"
import { objectOf } from "../machines.ts"

export const enrollments: Handlers<"createEnrollment" | "enroll"> = {
	async createEnrollment({ registry, principal }) {
		const code = newCode()
		const now = Date.now()
		const expiresAt = now + ENROLLMENT_MS
		await registry.enrollments.make(principal.membership, await hash(bare(code)), expiresAt, now)
		return { code, expiresAt }
	},

	async enroll({ env, registry, traced, body: { code, publicKey, name, platform } }) {
		const now = Date.now()
		const used = await registry.enrollments.use(await hash(bare(code)), now)
		if (used === undefined) throw new Refusal("code_invalid")
		const { workspaceId, createdBy } = used
		const machine = await registry.machines.add({ workspaceId, name, publicKey, platform, enrolledBy: createdBy, now })
		traced.workspaceId = workspaceId
		traced.actor = { is: "machine", ...machine }
		traced.target = { machine: machine.id }
		await objectOf(env, machine.id).enroll({ id: machine.id, name: machine.name, platform })
		await changed(env, workspaceId, "machines")
		return { machine: machine.id, name: machine.name }
	},
}

/** Without 0, O, 1 and I, which people confuse. 32 letters, so that each of a random byte's low five bits is one. */
const LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
/** 60 bits: nobody guesses one of the codes that are good for ten minutes. */
const CODE_LETTERS = 12

function newCode(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(CODE_LETTERS))
	const letters = Array.from(bytes, (byte) => LETTERS[byte % LETTERS.length]).join("")
	return letters.replace(/(.{4})(?=.)/g, "$1-")
}

/** A code as people may type it, without what only helps the eye. */
function bare(code: string): string {
	return code.toUpperCase().replaceAll(/[\s-]/g, "")
}
