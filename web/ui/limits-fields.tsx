// Bounds of a session, in the units that people think in.
import { LIMITS } from "../../protocol/substrate.ts"
import { words } from "../messages.ts"
import { GIB, type LimitsDraft, MIB } from "../where.ts"
import { Field } from "./field.tsx"

const LEAST_BYTES = 16 * MIB

interface Props {
	/** Those that are enforced. */
	known: readonly (keyof LimitsDraft)[]
	/** Processors are given out whole. */
	isWhole: boolean
	draft: LimitsDraft
	change: (draft: LimitsDraft) => void
}

export function LimitsFields({ known, isWhole, draft, change }: Props) {
	const bounds: Record<keyof LimitsDraft, { min: number; step: number | "any" }> = {
		memory: { min: LEAST_BYTES / MIB, step: 1 },
		cpus: isWhole ? { min: 1, step: 1 } : { min: 0.05, step: "any" },
		processes: { min: 4, step: 1 },
		disk: { min: LEAST_BYTES / GIB, step: "any" },
	}
	return (
		<div class="two-columns even">
			{LIMITS.filter((limit) => known.includes(limit)).map((limit) => (
				<Field
					key={limit}
					type="number"
					label={words.limits[limit]}
					placeholder={words.limits.none}
					{...bounds[limit]}
					value={draft[limit]}
					change={(value) => change({ ...draft, [limit]: value })}
				/>
			))}
		</div>
	)
}
