// One submission as tasks: one for each number of a count and each combination of a matrix, told apart in the manifest's texts.
import { Refusal } from "../../protocol/errors.ts"
import { NAME_CHARS } from "../../protocol/limits.ts"
import { Manifest, type Matrix, MOST_AT_ONCE, type Task } from "../../protocol/task.ts"

export interface Expanded {
	manifest: Manifest
	of: Task["of"]
}

/** Throws Refusal("invalid_request") where that is too many, or a text names what the matrix does not have. */
export function expand(
	manifest: Manifest,
	{ count, matrix }: { count?: number | undefined; matrix?: Matrix | undefined },
): Expanded[] {
	if (count === undefined && matrix === undefined) return [{ manifest, of: null }]
	const sizes = Object.values(matrix ?? {}).map(({ length }) => length)
	const most = sizes.reduce((product, size) => product * size, count ?? 1)
	if (most > MOST_AT_ONCE)
		throw new Refusal("invalid_request", `That is ${most} tasks; one submission makes at most ${MOST_AT_ONCE}.`)
	if (JSON.stringify(manifest).length * most > CHARS)
		throw new Refusal("too_large", `All ${most} manifests together have at most ${CHARS} characters.`)
	const group = crypto.randomUUID()
	return combinations(matrix ?? {})
		.flatMap((values) => Array.from({ length: count ?? 1 }, () => values))
		.map((values, at) => {
			const of = { group, index: at + 1, count: most }
			return { manifest: named(Manifest.parse(filled(manifest, { of, values })), of.index), of }
		})
}

/** What goes into one call of the workspace's object. */
const CHARS = 8_000_000

function combinations(matrix: Matrix): Record<string, string>[] {
	return Object.entries(matrix).reduce<Record<string, string>[]>(
		(before, [name, values]) => before.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
		[{}],
	)
}

/** A name takes no braces: the index stands behind it. */
function named(manifest: Manifest, index: number): Manifest {
	if (manifest.name === undefined) return manifest
	return { ...manifest, name: `${manifest.name.slice(0, NAME_CHARS - 4).trimEnd()} ${index}` }
}

interface Filling {
	of: { index: number; count: number }
	values: Record<string, string>
}

/** Every text of it; names of fields stay. */
function filled(value: unknown, by: Filling): unknown {
	if (typeof value === "string") return value.replace(PLACE, (_, name: string) => placed(name, by))
	if (Array.isArray(value)) return value.map((item) => filled(item, by))
	if (typeof value !== "object" || value === null) return value
	return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, filled(field, by)]))
}

const PLACE = /\{\{\s*(index|count|matrix\.\w+)\s*\}\}/g

function placed(name: string, { of, values }: Filling): string {
	if (name === "index" || name === "count") return String(of[name])
	const field = name.slice("matrix.".length)
	const value = Object.hasOwn(values, field) ? values[field] : undefined
	if (value === undefined) throw new Refusal("invalid_request", `The matrix has no ${field}, which the manifest names.`)
	return value
}
