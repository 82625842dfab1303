// The audit trail: searched, exported whole, and its head.
import type { Handlers } from "../call.ts"
import { workspaceOf } from "../feed.ts"
import type { Registry } from "../registry.ts"

export const audit: Handlers<"listAudit" | "exportAudit" | "showAuditHead"> = {
	async listAudit({ env, registry, principal, query }) {
		const { workspaceId } = principal.membership
		const { sequence } = await workspaceOf(env, workspaceId).head()
		await workspaceOf(env, workspaceId).flush()
		const before = Math.min(query.before ?? sequence + 1, sequence + 1)
		return { entries: await registry.audit.list(workspaceId, { ...query, before }) }
	},

	/** Up to the head of now: the export itself is told to the trail after it. */
	async exportAudit({ env, registry, principal }) {
		const { workspaceId } = principal.membership
		const { sequence } = await workspaceOf(env, workspaceId).head()
		await workspaceOf(env, workspaceId).flush()
		return new Response(exported(registry, workspaceId, sequence), {
			headers: {
				"content-type": "application/x-ndjson",
				"content-disposition": 'attachment; filename="audit.jsonl"',
			},
		})
	},

	async showAuditHead({ env, principal }) {
		return workspaceOf(env, principal.membership.workspaceId).head()
	},
}

/** The trail as JSON lines, a page of the registry at a time, as fast as it is taken. */
function exported(registry: Registry, workspaceId: string, upTo: number): ReadableStream<Uint8Array> {
	const encoder = new TextEncoder()
	let after = 0
	return new ReadableStream({
		async pull(controller) {
			const page = await registry.audit.page(workspaceId, after, upTo)
			const last = page.at(-1)
			if (last === undefined) return controller.close()
			after = last.sequence
			controller.enqueue(encoder.encode(page.map(({ text }) => `${text}\n`).join("")))
		},
	})
}
