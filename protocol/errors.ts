// Refusals: one closed table of codes. HTTP answers with the status, a socket closes with 4000 plus it.

interface Kind {
	/** HTTP status. */
	status: number
	/** Whether the same request may succeed later, unchanged. */
	mayRetry: boolean
	/** What happened and what to do now, for a person. */
	message: string
}

export const REFUSALS = {
	malformed: { status: 400, mayRetry: false, message: "That is not a message of this protocol." },
	invalid_request: { status: 400, mayRetry: false, message: "The request is not right, so nothing was done." },
	not_signed_in: { status: 401, mayRetry: false, message: "Sign in first." },
	sign_in_link_spent: {
		status: 401,
		mayRetry: false,
		message:
			"This sign-in link has been used or has expired. `homeport up --sign-in-link` makes a new one, and so does `npm run deploy`.",
	},
	credentials_wrong: {
		status: 401,
		mayRetry: false,
		message: "That is not a way in: the address, password, passkey or code is wrong.",
	},
	provider_failed: {
		status: 401,
		mayRetry: true,
		message: "The other provider did not sign you in, or nobody here has that account linked.",
	},
	dial_token_invalid: { status: 401, mayRetry: true, message: "The machine's token is not valid now." },
	machine_revoked: {
		status: 401,
		mayRetry: false,
		message: "This machine was removed. Enroll it again with a new code.",
	},
	not_allowed: { status: 403, mayRetry: false, message: "Your role does not allow this." },
	sign_in_stale: { status: 403, mayRetry: false, message: "Sign in again first: this needs a fresh sign-in." },
	access_changed: { status: 403, mayRetry: true, message: "Who may be here has changed. Connect again." },
	wrong_origin: { status: 403, mayRetry: false, message: "This page may not open a connection here." },
	not_found: { status: 404, mayRetry: false, message: "There is no such thing, or you may not see it." },
	method_not_allowed: { status: 405, mayRetry: false, message: "This address does not take that method." },
	session_not_found: { status: 404, mayRetry: false, message: "There is no such session on this machine." },
	code_invalid: {
		status: 404,
		mayRetry: false,
		message: "This enrollment code is wrong, used, or older than ten minutes. Make a new one in the console.",
	},
	invitation_invalid: {
		status: 404,
		mayRetry: false,
		message: "This invitation is wrong, used, revoked or older than seven days. Ask for a new one.",
	},
	device_code_invalid: {
		status: 404,
		mayRetry: false,
		message: "This device code is wrong, used, or older than fifteen minutes. Begin again on the device.",
	},
	sign_in_method_off: { status: 404, mayRetry: false, message: "This way to sign in is not switched on here." },
	directory_missing: { status: 404, mayRetry: false, message: "That directory does not exist on the machine." },
	timed_out: { status: 408, mayRetry: true, message: "The machine did not answer in time." },
	name_taken: { status: 409, mayRetry: false, message: "That name is taken here. Choose another." },
	last_owner: { status: 409, mayRetry: false, message: "A workspace keeps one owner: make somebody else owner first." },
	last_way_in: { status: 409, mayRetry: false, message: "This is your only way to sign in. Add another one first." },
	session_ended: { status: 409, mayRetry: false, message: "The session has ended; its program takes no more input." },
	session_running: { status: 409, mayRetry: false, message: "The session is still running. Kill it first." },
	not_comparable: { status: 422, mayRetry: false, message: "It cannot be told what has changed." },
	changes_unsaved: {
		status: 409,
		mayRetry: false,
		message: "Its working directory has changes that are nowhere else, so nothing was removed.",
	},
	request_gone: {
		status: 409,
		mayRetry: false,
		message: "What it asked is over, or not on its screen any more, so nothing was typed.",
	},
	request_answered: { status: 409, mayRetry: false, message: "Somebody has answered this already." },
	request_busy: { status: 409, mayRetry: true, message: "Somebody's answer is on its way to this." },
	answer_elsewhere: { status: 403, mayRetry: false, message: "This cannot be answered from here." },
	not_chosen: {
		status: 409,
		mayRetry: false,
		message: "Its marker was moved, but nothing was chosen: look at its screen.",
	},
	answer_invalid: { status: 422, mayRetry: false, message: "That is not one of its answers, so nothing was typed." },
	channel_failed: { status: 422, mayRetry: true, message: "The chat service did not take it." },
	link_replaced: {
		status: 409,
		mayRetry: false,
		message: "Another connector with this machine's key has taken its place.",
	},
	program_missing: { status: 422, mayRetry: false, message: "That program is not installed on the machine." },
	secrets_off: {
		status: 503,
		mayRetry: false,
		message: "This home has no keys to seal secrets with. Whoever runs it sets SECRET_KEYS.",
	},
	push_off: {
		status: 503,
		mayRetry: false,
		message: "This home has no key to send notifications to browsers with. Whoever runs it sets PUSH_KEY.",
	},
	secret_unreadable: {
		status: 422,
		mayRetry: false,
		message: "A secret cannot be opened with the keys that this home has. Save it again, or forget it.",
	},
	key_missing: { status: 422, mayRetry: false, message: "The machine lacks a key that this runtime needs." },
	substrate_unavailable: {
		status: 422,
		mayRetry: false,
		message: "This machine cannot give the isolation that was asked for, so nothing was started.",
	},
	vm_busy: { status: 409, mayRetry: true, message: "Something else is being done to this VM now." },
	vm_state: { status: 409, mayRetry: false, message: "That cannot be done to this VM as it is." },
	vm_quota: { status: 422, mayRetry: false, message: "That is more than VMs may have on this machine." },
	vm_failed: { status: 422, mayRetry: false, message: "That could not be done to the VM." },
	output_lost: {
		status: 410,
		mayRetry: false,
		message: "The key that this session's output was sealed with is gone from its machine, so nobody can read it now.",
	},
	start_failed: { status: 422, mayRetry: false, message: "The program could not be started." },
	too_large: { status: 413, mayRetry: false, message: "That is larger than this takes." },
	version_too_old: {
		status: 426,
		mayRetry: false,
		message: "One side speaks a version that the other no longer knows.",
	},
	device_denied: { status: 403, mayRetry: false, message: "The request of this device was refused." },
	rate_limited: { status: 429, mayRetry: true, message: "Too many requests. Wait a moment." },
	too_many: { status: 429, mayRetry: true, message: "There are too many of these now." },
	internal: { status: 500, mayRetry: true, message: "Something broke here. It has been logged." },
	machine_offline: {
		status: 503,
		mayRetry: true,
		message: "The machine is away, so nothing was done. Try again when it is linked.",
	},
} as const satisfies Record<string, Kind>

export type RefusalCode = keyof typeof REFUSALS

/** A "no" that people and programs can act on. `detail` adds to the table's sentence; it must hold no secret. */
export class Refusal extends Error {
	override readonly name = "Refusal"
	readonly code: RefusalCode
	readonly detail: string | undefined

	constructor(code: RefusalCode, detail?: string) {
		super(detail === undefined ? REFUSALS[code].message : `${REFUSALS[code].message} ${detail}`)
		this.code = code
		this.detail = detail
	}

	get status(): number {
		return REFUSALS[this.code].status
	}

	/** The WebSocket close code that carries this refusal; the reason is the code's name. */
	get closeCode(): number {
		return 4000 + this.status
	}
}

/** The code named by a socket's close reason or an HTTP body; `internal` for one that this version does not know. */
export function refusalCode(name: string): RefusalCode {
	return Object.hasOwn(REFUSALS, name) ? (name as RefusalCode) : "internal"
}

/** For the end of a switch over a union: a new member shows every place that must learn it. */
export function never(value: never): never {
	throw new Error(`invariant: unexpected ${JSON.stringify(value)}`)
}
