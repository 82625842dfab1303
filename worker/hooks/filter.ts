// A trigger's filter: comparisons with what stands at a path. Data, not code, and walked once for each condition.
import { never } from "../../protocol/errors.ts"
import type { Condition } from "../../protocol/trigger.ts"

/** What a filter and a template are about. */
export interface Subject {
	event: unknown
	payload: unknown
}

/** The first condition that does not hold; null where all do. */
export function unmet(conditions: Condition[], subject: Subject): Condition | null {
	return conditions.find((condition) => holds(condition, subject) === condition.not) ?? null
}

function holds({ path, is, to }: Condition, subject: Subject): boolean {
	const values = valuesAt(path, subject)
	if (is === "there") return values.length > 0
	return values.some((value) => to.some((wanted) => compares(is, value, wanted)))
}

function compares(is: Exclude<Condition["is"], "there">, value: unknown, wanted: Condition["to"][number]): boolean {
	if (is === "equal") return value === wanted
	if (typeof wanted !== "string") return false
	if (typeof value !== "string") return false
	switch (is) {
		case "contains":
			return value.includes(wanted)
		case "begins":
			return value.startsWith(wanted)
		case "like":
			return isLike(value, wanted)
		default:
			return never(is)
	}
}

/** Each piece where it comes first behind the one before: no pattern makes this slow. */
function isLike(value: string, pattern: string): boolean {
	const [first = "", ...rest] = pattern.split("*")
	const last = rest.pop()
	if (last === undefined) return value === pattern
	if (!value.startsWith(first)) return false
	let at = first.length
	for (const piece of rest) {
		const found = value.indexOf(piece, at)
		if (found === -1) return false
		at = found + piece.length
	}
	return value.length - last.length >= at && value.endsWith(last)
}

/** Own fields alone: a path never leads to what every object has. Null counts as there, as JSON says it. */
export function valuesAt(path: string, subject: Subject): unknown[] {
	let reached: unknown[] = [subject]
	for (const [, name, index] of path.matchAll(/(?:^|\.)([\w$@-]+)|\[(\*|\d+)\]/g)) {
		reached = reached.flatMap((value) => {
			if (typeof value !== "object" || value === null) return []
			if (name !== undefined)
				return !Array.isArray(value) && Object.hasOwn(value, name) ? [Reflect.get(value, name)] : []
			if (!Array.isArray(value)) return []
			return index === "*" ? value : value.slice(Number(index), Number(index) + 1)
		})
	}
	return reached
}
