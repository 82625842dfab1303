// The API as one page to read: plain HTML made from the OpenAPI document, with no script to trust or to load.
import type { OpenApi } from "./openapi.ts"

/** The part of JSON Schema that the document uses. */
interface Schema {
	$ref?: string
	type?: string | string[]
	const?: unknown
	enum?: unknown[]
	default?: unknown
	pattern?: string
	minimum?: number
	maximum?: number
	maxLength?: number
	items?: Schema
	oneOf?: Schema[]
	anyOf?: Schema[]
	properties?: Record<string, Schema>
	required?: string[]
	additionalProperties?: boolean | Schema
}

interface Operation {
	operationId: string
	summary: string
	description?: string
	tags: string[]
	security: Record<string, unknown>[]
	parameters?: { name: string; in: string; required?: boolean; schema: Schema }[]
	requestBody?: { content: Record<string, { schema: Schema }> }
	responses: Record<string, { description?: string; content?: Record<string, { schema: Schema }> }>
}

export function apiPage(document: OpenApi): string {
	const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
		Object.entries(methods as unknown as Record<string, Operation>).map(([method, operation]) => ({
			method: method.toUpperCase(),
			path,
			operation,
		})),
	)
	const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))]
	const shapes = Object.entries((document.components?.schemas ?? {}) as Record<string, Schema>)
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${html(document.info.title)} API ${html(document.info.version)}</title>
<style>${STYLE}</style>
<header>
<h1>${html(document.info.title)} API <small>${html(document.info.version)}</small></h1>
<p>${prose(document.info.description ?? "")}</p>
<p>The same as <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
</header>
<main>
${tags
	.map(
		(tag) => `<section>
<h2 id="${tag}">${html(tag)}</h2>
${operations
	.filter(({ operation }) => operation.tags.includes(tag))
	.map(({ method, path, operation }) => describe(method, path, operation))
	.join("\n")}
</section>`,
	)
	.join("\n")}
<section>
<h2 id="shapes">shapes</h2>
${shapes.map(([name, schema]) => `<h3 id="${html(name)}">${html(name)}</h3>\n<pre>${shape(schema)}</pre>`).join("\n")}
</section>
</main>
`
}

function describe(method: string, path: string, operation: Operation): string {
	const { operationId, summary, description, parameters = [], requestBody, responses, security } = operation
	const body = requestBody?.content["application/json"]?.schema
	const answer = responses["200"]?.content?.["application/json"]?.schema
	return `<details id="${html(operationId)}">
<summary><b>${method}</b> <code>${html(path)}</code> <span>${html(summary)}</span></summary>
${description === undefined ? "" : `<p>${prose(description)}</p>`}
${parameters.map((parameter) => `<p>${parameter.in} <code>${html(parameter.name)}</code>: <code>${shape(parameter.schema)}</code></p>`).join("\n")}
${body === undefined ? "" : `<h4>Body</h4>\n<pre>${shape(body)}</pre>`}
${answer === undefined ? `<p>${html((responses["101"] ?? responses["200"])?.description ?? "")}</p>` : `<h4>Answer</h4>\n<pre>${shape(answer)}</pre>`}
${responses["101"] === undefined ? `<h4>Example</h4>\n<pre>${html(example(method, path, security.length > 0, body !== undefined))}</pre>` : ""}
</details>`
}

function example(method: string, path: string, signsIn: boolean, hasBody: boolean): string {
	const parts = [`curl -X ${method} "$HOMEPORT_URL${path}"`]
	if (signsIn) parts.push(`-H "Authorization: Bearer $HOMEPORT_TOKEN"`)
	if (hasBody) parts.push(`-H "Content-Type: application/json" -d @body.json`)
	return parts.join(" \\\n  ")
}

/** A schema as TypeScript would write it, as HTML. */
function shape(schema: Schema, indent = ""): string {
	if (schema.$ref !== undefined) {
		const name = html(schema.$ref.split("/").at(-1) ?? "")
		return `<a href="#${name}">${name}</a>`
	}
	if (schema.const !== undefined) return html(JSON.stringify(schema.const))
	if (schema.enum !== undefined) return schema.enum.map((value) => html(JSON.stringify(value))).join(" | ")
	const choices = schema.oneOf ?? schema.anyOf
	if (choices !== undefined) return choices.map((choice) => shape(choice, indent)).join(" | ")
	if (schema.type === "array") return `${shape(schema.items ?? {}, indent)}[]`
	if (schema.type === "object") return objectShape(schema, indent)
	return html([schema.type ?? "unknown"].flat().join(" | "))
}

function objectShape(schema: Schema, indent: string): string {
	const { properties = {}, required = [], additionalProperties } = schema
	const inner = `${indent}  `
	const lines = Object.entries(properties).map(([name, property]) => {
		const mark = required.includes(name) ? "" : "?"
		const note = bounds(property)
		return `${inner}${html(name)}${mark}: ${shape(property, inner)}${note === "" ? "" : ` <i>${html(note)}</i>`}`
	})
	if (typeof additionalProperties === "object") lines.push(`${inner}[name]: ${shape(additionalProperties, inner)}`)
	return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${indent}}`
}

/** What the type alone does not say. */
function bounds({ default: otherwise, pattern, minimum, maximum, maxLength }: Schema): string {
	const notes = []
	if (otherwise !== undefined) notes.push(`else ${JSON.stringify(otherwise)}`)
	if (pattern !== undefined) notes.push(`like ${pattern}`)
	if (maxLength !== undefined) notes.push(`at most ${maxLength} characters`)
	if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) notes.push(`from ${minimum}`)
	if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) notes.push(`to ${maximum}`)
	return notes.join(", ")
}

/** Text in which backquotes mark code. */
function prose(text: string): string {
	return html(text).replace(/`([^`]+)`/g, "<code>$1</code>")
}

function html(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#ddd, #333); --quiet: light-dark(#666, #999); --accent: light-dark(#0550ae, #79b8ff) }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif }
h1 small, summary span, i { color: var(--quiet); font-weight: normal; font-style: normal }
h2 { margin: 2rem 0 .5rem; text-transform: capitalize }
h3, h4 { margin: 1rem 0 .25rem }
a { color: var(--accent) }
details { border-top: 1px solid var(--line); padding: 0 .25rem }
summary { padding: .5rem 0; cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem }
pre, code { font: 14px/1.45 ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 4px }
`
