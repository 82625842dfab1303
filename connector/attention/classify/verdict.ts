// What the classifier says of a screen.
import type { Attention, AttentionKind, Option, Subject } from "../../../protocol/attention.ts"

export type Verdict =
	/** Nobody is needed. `isWorking`: the screen says so itself. */
	| { is: "nothing"; isWorking: boolean }
	/** Something may wait for a person, and what it is cannot be told from the screen. */
	| { is: "unknown"; why: string }
	| Found

/** A request on the screen; texts are as they are drawn there. */
export interface Found {
	is: "request"
	/** That something is stuck is told by time, not by a screen. */
	kind: Exclude<AttentionKind, "stuck">
	text: string
	subject: Subject | null
	/** Their keys are right for the screen as it is now. Moves among them are not to be typed together with what chooses: see `steps`. */
	options: Option[]
	/** The option that is marked on the screen; null where none is. */
	selected: number | null
	takesText: boolean
	/** Such as "claude-code/menu@2". */
	rule: NonNullable<Attention["rule"]>
	confidence: number
	excerpt: string[]
}
