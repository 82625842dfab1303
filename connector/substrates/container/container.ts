// Placeholder until this substrate is written: absent, and says so.
import { Refusal } from "../../../protocol/errors.ts"
import type { Substrate } from "../substrate.ts"

const no = () => Promise.reject(new Refusal("substrate_unavailable", "This connector has none yet."))

export const container: Substrate = {
	probe: async () => ({ is: "absent", substrate: "container", reason: "This connector has none yet.", remedy: "" }),
	check: no,
	enter: no,
	exec: no,
	read: no,
	write: no,
	used: async () => null,
	kill: async () => {},
	remove: async () => {},
}
