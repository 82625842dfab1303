// How a command ends: its exit code, and the sentence when it fails.
import { Refusal } from "../protocol/errors.ts"

/** The exit codes of every command, as `homeport --help` shows them. */
export const EXIT = {
	ok: 0,
	/** It was tried and failed, or was refused. */
	failed: 1,
	/** The command line is wrong, or a name in it means more than one thing. */
	usage: 2,
	/** There is no such session, machine or other thing. */
	notFound: 3,
	/** The machine is away. */
	away: 4,
	/** The time given with --timeout is over, or the machine did not answer in time. */
	timedOut: 5,
} as const

/** The link process was refused for good: its machine was removed. For `homeport up`, which then leaves it ended. */
export const LINK_REFUSED = 9

/** An end that the person is told in one sentence, without a stack. */
export class Failure extends Error {
	override readonly name = "Failure"
	readonly exit: number

	constructor(message: string, exit: number = EXIT.failed) {
		super(message)
		this.exit = exit
	}
}

/** What to tell the person, what to tell a program, and the code to exit with. */
export function explainFailure(error: unknown): { message: string; code: string; exit: number } {
	if (error instanceof Failure) return { message: error.message, code: "failed", exit: error.exit }
	if (error instanceof Refusal) return { message: error.message, code: error.code, exit: exitOf(error) }
	const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ""
	return {
		message: `${error instanceof Error ? error.message : String(error)}${cause}`,
		code: "internal",
		exit: EXIT.failed,
	}
}

function exitOf(refusal: Refusal): number {
	if (refusal.code === "machine_offline") return EXIT.away
	if (refusal.code === "timed_out") return EXIT.timedOut
	return refusal.status === 404 && !refusal.code.endsWith("_invalid") ? EXIT.notFound : EXIT.failed
}
