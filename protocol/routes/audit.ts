// Routes about the audit trail: searched, exported whole, and its head, by which a cut or edited trail is found out.
import * as z from "zod"
import { AuditEntry, AuditHead } from "../audit.ts"
import type { Shape } from "../route.ts"
import { Sequence } from "../session.ts"

export const auditRoutes = {
	listAudit: {
		method: "GET",
		path: "/api/audit",
		may: "audit:read",
		summary: "The newest entries of the trail, or those before one",
		query: z.object({
			before: z.coerce.number().pipe(Sequence).optional(),
			limit: z.coerce.number().pipe(z.int().min(1).max(200)).default(50),
			/** Words that actor, action, thing or outcome hold. */
			text: z.string().max(128).default(""),
		}),
		answer: z.object({ entries: z.array(AuditEntry) }),
	},
	exportAudit: {
		method: "GET",
		path: "/api/audit/export",
		may: "audit:read",
		summary: "The whole trail as JSON lines, oldest first",
		kind: "file",
		audited: true,
	},
	showAuditHead: {
		method: "GET",
		path: "/api/audit/head",
		may: "audit:read",
		summary: "The trail's newest sequence and hash, as its writer knows them and not the registry",
		answer: AuditHead,
	},
} as const satisfies Record<string, Shape>
