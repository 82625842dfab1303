// Routes about this home as a whole.
import * as z from "zod"
import type { Shape } from "../route.ts"
import { Time } from "../session.ts"

export const homeRoutes = {
	health: {
		method: "GET",
		path: "/api/health",
		may: "anybody",
		summary: "Whether the control plane answers, and its version",
		answer: z.object({ ok: z.literal(true), version: z.string(), now: Time }),
	},
	installScript: {
		method: "GET",
		path: "/install",
		may: "anybody",
		summary: "The shell script that installs the connector of this control plane's version",
		kind: "file",
	},
} as const satisfies Record<string, Shape>
