// What a delivery tells, in words that do not depend on who sent it.
import * as z from "zod"
import { never } from "../../protocol/errors.ts"
import type { Delivery, Happening, Person, TriggerSource } from "../../protocol/trigger.ts"
import { githubHappenings } from "./github-events.ts"
import { gitlabHappenings } from "./gitlab-events.ts"

export type Told =
	/** Several where one change at the service was several things; none where it is nothing that triggers know. */
	{ is: "told"; happenings: Happening[] } | { is: "misshapen"; reason: string }

export function happeningsIn(source: TriggerSource, delivery: Delivery, payload: unknown, command: string): Told {
	switch (source.is) {
		case "github":
			return githubHappenings(new Hosting(source.url), delivery.event, payload, command)
		case "gitlab":
			return gitlabHappenings(new Hosting(source.url), payload, command)
		case "standard":
		case "hmac":
		case "header":
			return { is: "told", happenings: [{ ...NOTHING, what: "delivery" }] }
		default:
			return never(source)
	}
}

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
