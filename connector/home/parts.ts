// The built control plane: found beside this bundle, or in the clone's dist/ when this runs from source.
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Failure } from "../exit.ts"

export function findParts(): { worker: string; web: string } {
	for (const dist of [join(import.meta.dirname, ".."), join(import.meta.dirname, "../../dist")]) {
		const parts = { worker: join(dist, "worker/index.js"), web: join(dist, "web") }
		if (existsSync(parts.worker)) return parts
	}
	throw new Failure(
		"not_started",
		"The control plane has not been built. Run `npm start` in the clone, which builds it.",
	)
}
