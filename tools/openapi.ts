// Writes what /api says of itself, from the route table: openapi.json and a page to read it, beside the console's files.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import {
	createDocument,
	type ZodOpenApiObject,
	type ZodOpenApiOperationObject,
	type ZodOpenApiPathsObject,
} from "zod-openapi"
import type { Shape } from "../protocol/route.ts"
import { RefusalBody, ROUTES } from "../protocol/routes.ts"
import { SECURITY_HEADERS } from "../protocol/security-headers.ts"
import { apiPage } from "./api-page.ts"

const ROOT = resolve(import.meta.dirname, "..")
const WEB = join(ROOT, "dist/web")

export type OpenApi = ReturnType<typeof createDocument>

/** The whole API as an OpenAPI 3.1 document. */
export function openapi(): OpenApi {
	const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }
	const paths: ZodOpenApiPathsObject = {}
	for (const [name, row] of Object.entries(ROUTES) as [string, Shape][]) {
		const path = row.path.replace(/:(\w+)/g, "{$1}")
		paths[path] = { ...paths[path], [row.method.toLowerCase()]: operation(name, row) }
	}
	const document: ZodOpenApiObject = {
		openapi: "3.1.1",
		info: {
			title: "Homeport",
			version,
			description:
				"Programs sign in with a token from the console: `Authorization: Bearer hp_…`. Every refusal has a code of a closed table.",
			license: { name: "MIT", identifier: "MIT" },
		},
		servers: [{ url: "/" }],
		paths,
		components: {
			securitySchemes: {
				token: { type: "http", scheme: "bearer", description: "A token made in the console." },
				cookie: {
					type: "apiKey",
					in: "cookie",
					name: "homeport.session_token",
					description: "A browser that has signed in; over https the name begins with __Secure-.",
				},
				dial: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "Signed with the machine's key." },
			},
		},
	}
	return createDocument(document, {
		override({ jsonSchema, io }) {
			// Readers ignore what they do not know, so that an answer may gain a field.
			if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
		},
	})
}

function operation(name: string, row: Shape): ZodOpenApiOperationObject {
	const { may, summary, params, query, body, answer } = row
	return {
		operationId: name,
		summary,
		tags: [tagOf(row.path)],
		...(may === "anybody" || may === "machine" ? {} : { description: `Needs a role that allows \`${may}\`.` }),
		security: may === "anybody" ? [] : may === "machine" ? [{ dial: [] }] : [{ token: [] }, { cookie: [] }],
		requestParams: { ...(params && { path: params }), ...(query && { query }) },
		...(body && { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
		responses: {
			...(answer
				? { "200": { description: "Done.", content: { "application/json": { schema: answer } } } }
				: row.kind === "socket"
					? { "101": { description: "A WebSocket. A refused one is closed with 4000 plus the refusal's status." } }
					: { "200": { description: "A file.", content: { "text/plain": { schema: { type: "string" } } } } }),
			default: { description: "Refused.", content: { "application/json": { schema: RefusalBody } } },
		},
	}
}

/** The noun that a path is about. */
function tagOf(path: string): string {
	if (path.includes("/sessions")) return "sessions"
	if (path.includes("/machines") || path === "/api/link") return "machines"
	if (path.includes("/enroll") || path === "/install") return "enrollment"
	if (path.includes("/tokens")) return "tokens"
	if (/^\/api\/(inbox|attention|policy)/.test(path)) return "inbox"
	if (/^\/api\/(channels|destinations|push|hooks)/.test(path)) return "channels"
	return "home"
}

function writeAll(): void {
	const document = openapi()
	mkdirSync(join(WEB, "api"), { recursive: true })
	writeFileSync(join(WEB, "api/openapi.json"), JSON.stringify(document))
	writeFileSync(join(WEB, "api/docs.html"), apiPage(document))
	writeFileSync(join(WEB, "_headers"), headersFile())
}

/** The platform's way to put headers before static files. */
function headersFile(): string {
	const lines = Object.entries(SECURITY_HEADERS).map(([name, value]) => `  ${name}: ${value}`)
	return `/*\n${lines.join("\n")}\n/assets/*\n  cache-control: public, max-age=31536000, immutable\n`
}

if (import.meta.main) writeAll()
