// Enrollment: a single-use code, and the machine that trades it for a place in the workspace.
import { Refusal } from "../../protocol/errors.ts"
import { ENROLLMENT_MS } from "../../protocol/limits.ts"
import type { Handlers } from "../call.ts"
import { bare, newCode } from "../codes.ts"
import { enterMachine } from "../enroll.ts"
import { hash } from "../hash.ts"

export const enrollments: Handlers<"createEnrollment" | "enroll"> = {
	async createEnrollment({ registry, principal }) {
		const code = newCode(CODE_LETTERS)
		const now = Date.now()
		const expiresAt = now + ENROLLMENT_MS
		await registry.enrollments.make(principal.membership, await hash(bare(code)), expiresAt, now)
		return { code, expiresAt }
	},

	async enroll({ env, registry, traced, body: { code, publicKey, name, platform } }) {
		const used = await registry.enrollments.use(await hash(bare(code)), Date.now())
		if (used === undefined) throw new Refusal("code_invalid")
		const { workspaceId, createdBy } = used
		const entering = { workspaceId, name, publicKey, platform, enrolledBy: createdBy }
		const machine = await enterMachine(env, registry, entering)
		traced.workspaceId = workspaceId
		traced.actor = { is: "machine", ...machine }
		traced.target = { machine: machine.id }
		return { machine: machine.id, name: machine.name }
	},
}

/** 60 bits: nobody guesses one of the codes that are good for ten minutes. */
const CODE_LETTERS = 12
