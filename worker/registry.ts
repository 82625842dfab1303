// The registry: every question to D1 has a name here, under its noun, and SQL stays in these files.
import { drizzle } from "drizzle-orm/d1"
import * as schema from "../migrations/schema.ts"
import { Attentions } from "./registry/attention.ts"
import { Audit } from "./registry/audit.ts"
import { Browsers } from "./registry/browsers.ts"
import { Channels } from "./registry/channels.ts"
import type { Database } from "./registry/database.ts"
import { Destinations } from "./registry/destinations.ts"
import { Devices } from "./registry/devices.ts"
import { Enrollments } from "./registry/enrollments.ts"
import { Invitations } from "./registry/invitations.ts"
import { Machines } from "./registry/machines.ts"
import { Members } from "./registry/members.ts"
import { People } from "./registry/people.ts"
import { Policies } from "./registry/policy.ts"
import { Secrets } from "./registry/secrets.ts"
import { SignInLinks } from "./registry/sign-in-links.ts"
import { SignIns } from "./registry/sign-ins.ts"
import { Tasks } from "./registry/tasks.ts"
import { Tokens } from "./registry/tokens.ts"
import { Triggers } from "./registry/triggers.ts"
import { Uploads } from "./registry/uploads.ts"
import { WaysIn } from "./registry/ways-in.ts"
import { Workspaces } from "./registry/workspaces.ts"

export class Registry {
	/** For the library that keeps accounts. */
	readonly database: Database
	readonly attention: Attentions
	readonly audit: Audit
	readonly browsers: Browsers
	readonly channels: Channels
	readonly destinations: Destinations
	readonly devices: Devices
	readonly enrollments: Enrollments
	readonly invitations: Invitations
	readonly machines: Machines
	readonly members: Members
	readonly people: People
	readonly policies: Policies
	readonly secrets: Secrets
	readonly signInLinks: SignInLinks
	readonly signIns: SignIns
	readonly tasks: Tasks
	readonly tokens: Tokens
	readonly triggers: Triggers
	readonly uploads: Uploads
	readonly waysIn: WaysIn
	readonly workspaces: Workspaces

	constructor(d1: D1Database) {
		const database = databaseOver(d1)
		this.database = database
		this.attention = new Attentions(database)
		this.audit = new Audit(database)
		this.browsers = new Browsers(database)
		this.channels = new Channels(database)
		this.destinations = new Destinations(database)
		this.devices = new Devices(database)
		this.enrollments = new Enrollments(database)
		this.invitations = new Invitations(database)
		this.machines = new Machines(database)
		this.members = new Members(database)
		this.people = new People(database)
		this.policies = new Policies(database)
		this.secrets = new Secrets(database)
		this.signInLinks = new SignInLinks(database)
		this.signIns = new SignIns(database)
		this.tasks = new Tasks(database)
		this.tokens = new Tokens(database)
		this.triggers = new Triggers(database)
		this.uploads = new Uploads(database)
		this.waysIn = new WaysIn(database)
		this.workspaces = new Workspaces(database)
	}
}

/** One for each binding: what is known of every table is found out once, not at every request. */
function databaseOver(d1: D1Database): Database {
	const known = databases.get(d1)
	if (known !== undefined) return known
	const database = drizzle(d1, { schema })
	databases.set(d1, database)
	return database
}

const databases = new WeakMap<D1Database, Database>()
