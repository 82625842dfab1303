// A task's manifest while a person writes it: no more than what they have said, checked, and as YAML.
import { isNode, LineCounter, parseDocument, stringify } from "yaml"
import type * as z from "zod"
import { Manifest } from "../protocol/task.ts"

/** What is not said is as the manifest's own words have it. */
export type ManifestDraft = z.input<typeof Manifest>

/** Without what is said by saying nothing, so that what is special can be seen. */
export function shortened(manifest: Manifest): ManifestDraft {
	const plain = Manifest.parse({}) as Record<string, unknown>
	const said = Object.entries(manifest).filter(([key, value]) => !isSame(value, plain[key]))
	const draft = Object.fromEntries(said) as ManifestDraft
	if (draft.target?.tags?.length === 0) {
		const { tags: _, ...target } = draft.target
		draft.target = target
	}
	return draft
}

/** The draft with one of its words changed; an empty one is not said. */
export function saying<Key extends keyof ManifestDraft>(
	draft: ManifestDraft,
	key: Key,
	value: ManifestDraft[Key] | undefined,
): ManifestDraft {
	const { [key]: _, ...rest } = draft
	return isEmpty(value) ? rest : { ...rest, [key]: value }
}

/** The same of what is within one of its words. */
export function without<T extends object>(of: T): T {
	return Object.fromEntries(Object.entries(of).filter(([, value]) => !isEmpty(value))) as T
}

export interface Fault {
	/** The words that lead to it, such as changes.do. */
	path: string
	message: string
}

/** Each fault by where it is, for a person. */
export function faultsIn(draft: ManifestDraft): Fault[] {
	const parsed = Manifest.safeParse(draft)
	if (parsed.success) return []
	return parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }))
}

export function toYaml(draft: ManifestDraft): string {
	return Object.keys(draft).length === 0 ? "" : stringify(draft, { lineWidth: 0 })
}

export type FromYaml =
	/** `lineOf`: of what a fault's path leads to, or of the nearest thing that it is in. */
	| { is: "draft"; draft: ManifestDraft; lineOf: (path: string) => number }
	| { is: "fault"; line: number; column: number; message: string }

/** JSON is YAML, too. */
export function fromYaml(text: string): FromYaml {
	const lines = new LineCounter()
	const document = parseDocument(text, { prettyErrors: true, lineCounter: lines })
	const [error] = document.errors
	if (error !== undefined) {
		const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 }
		return { is: "fault", line, column: col, message: error.message.split("\n")[0] ?? error.code }
	}
	try {
		const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {}
		const lineOf = (path: string): number => {
			if (path === "") return 1
			const keys = path.split(".")
			const node = document.getIn(keys, true)
			if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
			return lineOf(keys.slice(0, -1).join("."))
		}
		if (typeof value === "object" && !Array.isArray(value))
			return { is: "draft", draft: value as ManifestDraft, lineOf }
	} catch (error) {
		return { is: "fault", line: 1, column: 1, message: error instanceof Error ? error.message : String(error) }
	}
	return { is: "fault", line: 1, column: 1, message: "must be a map of words, such as prompt: Fix the tests" }
}

/** `NAME=SECRET` or a name alone, which stands for both; null for what is neither. */
export function secretOf(text: string): { variable: string; secret: string } | null {
	const found = /^([A-Za-z_][A-Za-z0-9_]*)(?:=([A-Z][A-Z0-9_]*))?$/.exec(text.trim())
	if (found?.[1] === undefined) return null
	return { variable: found[1], secret: found[2] ?? found[1] }
}

function isEmpty(value: unknown): boolean {
	if (value === undefined || value === "" || value === false) return true
	if (Array.isArray(value)) return value.length === 0
	return typeof value === "object" && value !== null && Object.keys(value).length === 0
}

function isSame(a: unknown, b: unknown): boolean {
	return JSON.stringify(a) === JSON.stringify(b)
}
