// What the audit trail is told of a call: by the workspace's object, which alone writes it.
import { report } from "../durable-objects/audit-report.ts"
import type { Env } from "../durable-objects/env.ts"
import { logFault } from "../durable-objects/fault-log.ts"
import type { AuditEntry } from "../protocol/audit.ts"
import type { RefusalCode } from "../protocol/errors.ts"
import type { RouteName } from "../protocol/routes.ts"
import type { Registry } from "./registry.ts"

/** What a call is about. A handler may say more: the workspace that it turned out to be for, the thing that it made. */
export interface Traced {
	/** Null: of this home as a whole, which its first workspace keeps. */
	workspaceId: string | null
	actor: AuditEntry["actor"]
	target: Record<string, string>
	/** Whoever did it has told the trail of it, or will. */
	isTold?: boolean
	/** What a file says, in a way of its own, in place of a refusal. */
	refused?: RefusalCode
}

export const NOBODY: AuditEntry["actor"] = { is: "nobody", id: "", name: "" }

/** Resolves once the entry cannot be lost. The call stands even where nobody could be told of it. */
export async function record(
	env: Env,
	registry: Registry,
	{ workspaceId, actor, target }: Traced,
	said: { action: RouteName; outcome: string; address: string | null; detail: Record<string, unknown> },
): Promise<void> {
	try {
		const where = workspaceId ?? (await registry.workspaces.firstId())
		if (where === undefined) return
		await report(env, where, { at: Date.now(), actor, target, ...said })
	} catch (error) {
		logFault("trail", { action: said.action, error: String(error) })
	}
}
