// A happening as it is put together of a payload: what may be taken from it as it is, and what must not.
import * as z from "zod"
import type { Happening, Person } from "../../protocol/trigger.ts"

export type Told =
	/** Several where one change at the service was several things; none where it is nothing that triggers know. */
	{ is: "told"; happenings: Happening[] } | { is: "misshapen"; reason: string }

const NOBODY: Person = { login: "", trust: "anyone", isBot: false }
export const NOTHING: Omit<Happening, "what"> = {
	repository: null,
	ref: null,
	commit: null,
	number: null,
	title: "",
	text: "",
	command: "",
	labels: [],
	assignees: [],
	author: NOBODY,
	actor: NOBODY,
	url: "",
}

/** Addresses at the trigger's own hosting. None is taken from a payload, which could name any place. */
export class Hosting {
	readonly #url: string

	constructor(url: string) {
		this.#url = url
	}

	/** Null for a name that could be no repository's, or be more than one in an address. */
	repository(name: string, id: number): NonNullable<Happening["repository"]> | null {
		if (!/^[A-Za-z0-9_][\w.-]*(\/[A-Za-z0-9_.][\w.-]*)+$/.test(name) || /(^|\/)\.{1,2}(\/|$)/.test(name)) return null
		return { name, id, url: `${this.#url}/${name}`, cloneUrl: `${this.#url}/${name}.git` }
	}

	/** The page, if it is one of this hosting. */
	page(url: string | null | undefined): string {
		return url?.startsWith(`${this.#url}/`) && URL.canParse(url) && url.length <= 2_000 ? url : ""
	}
}

/** A branch or ref as git would take it, and no option of git; null for others. */
export function refOf(name: string | null | undefined): string | null {
	if (name == null || !/^(?![-/.])[^\x00-\x20\x7f~^:?*[\\]{1,250}$/.test(name)) return null
	return /\.\.|@\{|\/\/|\.lock$|[/.]$/.test(name) ? null : name
}

export function commitOf(id: string | null | undefined): string | null {
	return id != null && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id) ? id : null
}

/** What follows the command in a comment that begins with it; null where none does. */
export function commandIn(comment: string, command: string): string | null {
	const said = comment.trimStart()
	if (!said.startsWith(command)) return null
	const rest = said.slice(command.length)
	return rest === "" || /^\s/.test(rest) ? rest.trim() : null
}

/** Of everything that is read: longer texts are cut, since a prompt is bounded anyway. */
const TEXT_CHARS = 70_000
export const Text = z
	.string()
	.nullish()
	.transform((text) => (text ?? "").slice(0, TEXT_CHARS))
export const Count = z.int().min(1).max(Number.MAX_SAFE_INTEGER)
