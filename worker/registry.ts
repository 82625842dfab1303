// The registry: every question to D1 has a name here, under its noun, and SQL stays in these files.
import { drizzle } from "drizzle-orm/d1"
import * as schema from "../migrations/schema.ts"
import type { Database } from "./registry/database.ts"
import { Enrollments } from "./registry/enrollments.ts"
import { Machines } from "./registry/machines.ts"
import { Members } from "./registry/members.ts"
import { SignInLinks } from "./registry/sign-in-links.ts"
import { Tokens } from "./registry/tokens.ts"
import { Workspaces } from "./registry/workspaces.ts"

export class Registry {
	/** For the library that keeps accounts. */
	readonly database: Database
	readonly enrollments: Enrollments
	readonly machines: Machines
	readonly members: Members
	readonly signInLinks: SignInLinks
	readonly tokens: Tokens
	readonly workspaces: Workspaces

	constructor(d1: D1Database) {
		const database = drizzle(d1, { schema })
		this.database = database
		this.enrollments = new Enrollments(database)
		this.machines = new Machines(database)
		this.members = new Members(database)
		this.signInLinks = new SignInLinks(database)
		this.tokens = new Tokens(database)
		this.workspaces = new Workspaces(database)
	}
}
