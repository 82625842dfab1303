// How a command ends: its exit code, and the sentence when it fails.
import { Refusal, type RefusalCode } from "../protocol/errors.ts"

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

/** Why a command fails by itself, where the control plane has refused nothing: the code for programs, and its exit code. */
export const FAILURES = {
	/** The command line is wrong. */
	usage: EXIT.usage,
	/** A name means more than one thing. */
	ambiguous: EXIT.usage,
	not_found: EXIT.notFound,
	timed_out: EXIT.timedOut,
	/** There is no token, or the control plane does not accept it. */
	not_signed_in: EXIT.failed,
	/** Nobody answers at the home's address. */
	no_answer: EXIT.failed,
	/** The session ended without showing the text that was waited for. */
	not_shown: EXIT.failed,
	/** The program does not read: some of the input was not typed. */
	not_read: EXIT.failed,
	/** A file cannot be read or written, or is damaged. */
	file: EXIT.failed,
	/** The address cannot be listened on. */
	address: EXIT.failed,
	/** A home cannot be started here, or does not start. */
	not_started: EXIT.failed,
	/** No home runs over this data folder. */
	not_running: EXIT.failed,
	/** Another process has what this one needs for itself. */
	busy: EXIT.failed,
	not_enrolled: EXIT.failed,
	/** The service could not be installed or removed. */
	service: EXIT.failed,
	/** The connector could not be installed. */
	not_installed: EXIT.failed,
	/** The audit trail was edited or cut. */
	broken: EXIT.failed,
	/** This system, or how this command was installed, does not allow it. */
	unsupported: EXIT.failed,
} as const satisfies Record<string, number>

/** An end that the person is told in one sentence, without a stack. */
export class Failure extends Error {
	override readonly name = "Failure"
	readonly code: keyof typeof FAILURES

	constructor(code: keyof typeof FAILURES, message: string) {
		super(message)
		this.code = code
	}

	get exit(): number {
		return FAILURES[this.code]
	}
}

/** What to tell the person, what to tell a program, and the code to exit with. */
export function explainFailure(error: unknown): { message: string; code: string; exit: number } {
	if (error instanceof Failure) return { message: error.message, code: error.code, exit: error.exit }
	if (error instanceof Refusal)
		return { message: error.message, code: error.code, exit: REFUSED[error.code] ?? EXIT.failed }
	const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ""
	return {
		message: `${error instanceof Error ? error.message : String(error)}${cause}`,
		code: "internal",
		exit: EXIT.failed,
	}
}

/** Refusals that have an exit code of their own. */
const REFUSED: Partial<Record<RefusalCode, number>> = {
	invalid_request: EXIT.usage,
	too_large: EXIT.usage,
	not_found: EXIT.notFound,
	session_not_found: EXIT.notFound,
	machine_offline: EXIT.away,
	timed_out: EXIT.timedOut,
}
