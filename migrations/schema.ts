// The registry's tables. Times are milliseconds since 1970; secrets are here as hashes only.
import { sql } from "drizzle-orm"
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"

const moment = (name: string) => integer(name, { mode: "timestamp_ms" })

/** A person. */
export const user = sqliteTable("user", {
	id: text("id").primaryKey(),
	name: text("name").notNull(),
	email: text("email").notNull().unique(),
	emailVerified: integer("email_verified", { mode: "boolean" }).notNull().default(false),
	image: text("image"),
	createdAt: moment("created_at").notNull(),
	updatedAt: moment("updated_at").notNull(),
})

/** A browser in which a person is signed in. */
export const session = sqliteTable(
	"session",
	{
		id: text("id").primaryKey(),
		token: text("token").notNull().unique(),
		userId: text("user_id")
			.notNull()
			.references(() => user.id, { onDelete: "cascade" }),
		expiresAt: moment("expires_at").notNull(),
		ipAddress: text("ip_address"),
		userAgent: text("user_agent"),
		createdAt: moment("created_at").notNull(),
		updatedAt: moment("updated_at").notNull(),
	},
	(table) => [index("session_user").on(table.userId)],
)

/** A way for a person to sign in: a password, or a place at another provider. */
export const account = sqliteTable(
	"account",
	{
		id: text("id").primaryKey(),
		providerId: text("provider_id").notNull(),
		accountId: text("account_id").notNull(),
		userId: text("user_id")
			.notNull()
			.references(() => user.id, { onDelete: "cascade" }),
		accessToken: text("access_token"),
		refreshToken: text("refresh_token"),
		idToken: text("id_token"),
		accessTokenExpiresAt: moment("access_token_expires_at"),
		refreshTokenExpiresAt: moment("refresh_token_expires_at"),
		scope: text("scope"),
		password: text("password"),
		createdAt: moment("created_at").notNull(),
		updatedAt: moment("updated_at").notNull(),
	},
	(table) => [
		index("account_user").on(table.userId),
		uniqueIndex("account_of_provider").on(table.providerId, table.accountId),
	],
)

/** Something that a person must prove within some minutes. */
export const verification = sqliteTable(
	"verification",
	{
		id: text("id").primaryKey(),
		identifier: text("identifier").notNull(),
		value: text("value").notNull(),
		expiresAt: moment("expires_at").notNull(),
		createdAt: moment("created_at").notNull(),
		updatedAt: moment("updated_at").notNull(),
	},
	(table) => [index("verification_identifier").on(table.identifier)],
)

/** A tenant. */
export const workspace = sqliteTable("workspace", {
	id: text("id").primaryKey(),
	name: text("name").notNull(),
	slug: text("slug").notNull().unique(),
	createdAt: moment("created_at").notNull(),
})

/** A person's place in a workspace. */
export const member = sqliteTable(
	"member",
	{
		id: text("id").primaryKey(),
		workspaceId: text("workspace_id")
			.notNull()
			.references(() => workspace.id, { onDelete: "cascade" }),
		userId: text("user_id")
			.notNull()
			.references(() => user.id, { onDelete: "cascade" }),
		role: text("role").notNull(),
		createdAt: moment("created_at").notNull(),
	},
	(table) => [
		uniqueIndex("member_of_workspace").on(table.workspaceId, table.userId),
		index("member_user").on(table.userId),
	],
)

/** A link with which one person becomes a member. */
export const invite = sqliteTable(
	"invite",
	{
		id: text("id").primaryKey(),
		workspaceId: text("workspace_id")
			.notNull()
			.references(() => workspace.id, { onDelete: "cascade" }),
		/** Whom it was made for; null for whoever has the link. */
		email: text("email"),
		role: text("role").notNull(),
		inviterId: text("inviter_id")
			.notNull()
			.references(() => user.id, { onDelete: "cascade" }),
		/** SHA-256 of the link's token, in hex. */
		hash: text("hash").notNull().unique(),
		createdAt: integer("created_at").notNull(),
		expiresAt: integer("expires_at").notNull(),
		usedAt: integer("used_at"),
	},
	(table) => [index("invite_workspace").on(table.workspaceId)],
)

/** A public key with which a person signs in. */
export const passkey = sqliteTable(
	"passkey",
	{
		id: text("id").primaryKey(),
		name: text("name"),
		publicKey: text("public_key").notNull(),
		userId: text("user_id")
			.notNull()
			.references(() => user.id, { onDelete: "cascade" }),
		credentialID: text("credential_id").notNull().unique(),
		counter: integer("counter").notNull(),
		deviceType: text("device_type").notNull(),
		backedUp: integer("backed_up", { mode: "boolean" }).notNull(),
		transports: text("transports"),
		createdAt: moment("created_at"),
		aaguid: text("aaguid"),
	},
	(table) => [index("passkey_user").on(table.userId)],
)

/** A code for the day on which a person has lost every other way in. */
export const recoveryCode = sqliteTable(
	"recovery_code",
	{
		/** SHA-256 of the code, in hex. */
		hash: text("hash").primaryKey(),
		userId: text("user_id")
			.notNull()
			.references(() => user.id, { onDelete: "cascade" }),
		usedAt: integer("used_at"),
	},
	(table) => [index("recovery_code_user").on(table.userId)],
)

/** A device that waits for a person to grant what it asks for. */
export const deviceGrant = sqliteTable("device_grant", {
	/** SHA-256 of the code that the device asks with, in hex. */
	deviceHash: text("device_hash").primaryKey(),
	/** SHA-256 of the code that the person types, in hex. */
	userHash: text("user_hash").notNull().unique(),
	/** DeviceRequest of the protocol. */
	request: text("request", { mode: "json" }).notNull(),
	/** Where the device called from. */
	address: text("address"),
	state: text("state", { enum: ["pending", "approved", "denied", "taken"] }).notNull(),
	/** Who approved it, where, and how narrowly. */
	userId: text("user_id").references(() => user.id, { onDelete: "cascade" }),
	workspaceId: text("workspace_id").references(() => workspace.id, { onDelete: "cascade" }),
	/** Scope of the protocol. */
	scope: text("scope", { mode: "json" }),
	expiresAt: integer("expires_at").notNull(),
	polledAt: integer("polled_at"),
})

/** A secret that a program signs in with, as the person who made it. */
export const token = sqliteTable(
	"token",
	{
		id: text("id").primaryKey(),
		workspaceId: text("workspace_id")
			.notNull()
			.references(() => workspace.id, { onDelete: "cascade" }),
		userId: text("user_id")
			.notNull()
			.references(() => user.id, { onDelete: "cascade" }),
		name: text("name").notNull(),
		/** The first characters, to recognise it by. */
		prefix: text("prefix").notNull(),
		/** SHA-256 of the secret, in hex. */
		hash: text("hash").notNull().unique(),
		/** Actions of the protocol that it is narrowed to; null for all of its maker's. */
		actions: text("actions", { mode: "json" }).$type<string[]>(),
		/** Machines that it is narrowed to have one of these; null for all. */
		tags: text("tags", { mode: "json" }).$type<string[]>(),
		expiresAt: integer("expires_at"),
		createdAt: integer("created_at").notNull(),
		/** As fresh as a minute. */
		lastUsedAt: integer("last_used_at"),
		revokedAt: integer("revoked_at"),
	},
	(table) => [index("token_of_member").on(table.workspaceId, table.userId)],
)

/** A computer enrolled in a workspace. A removed one stays, so that its key is refused by name. */
export const machine = sqliteTable(
	"machine",
	{
		id: text("id").primaryKey(),
		workspaceId: text("workspace_id")
			.notNull()
			.references(() => workspace.id, { onDelete: "cascade" }),
		name: text("name").notNull(),
		/** The Ed25519 public key: 32 bytes, base64url. */
		publicKey: text("public_key").notNull(),
		tags: text("tags", { mode: "json" }).$type<string[]>().notNull().default(sql`'[]'`),
		/** Ids of the only people, beside the owners, who may use it; null for every member. */
		members: text("members", { mode: "json" }).$type<string[]>(),
		/** drizzle-kit leaves ON DELETE out where it adds a column: it is in the SQL by hand. */
		enrolledBy: text("enrolled_by").references(() => user.id, { onDelete: "set null" }),
		/** Platform of the protocol, as of the enrollment. */
		platform: text("platform", { mode: "json" }).notNull(),
		createdAt: integer("created_at").notNull(),
		revokedAt: integer("revoked_at"),
	},
	(table) => [
		uniqueIndex("machine_name").on(table.workspaceId, table.name).where(sql`${table.revokedAt} is null`),
		uniqueIndex("machine_key").on(table.workspaceId, table.publicKey).where(sql`${table.revokedAt} is null`),
	],
)

/** A code with which one machine may enroll. */
export const enrollment = sqliteTable("enrollment", {
	/** SHA-256 of the code, in hex. */
	hash: text("hash").primaryKey(),
	workspaceId: text("workspace_id")
		.notNull()
		.references(() => workspace.id, { onDelete: "cascade" }),
	createdBy: text("created_by")
		.notNull()
		.references(() => user.id, { onDelete: "cascade" }),
	expiresAt: integer("expires_at").notNull(),
	usedAt: integer("used_at"),
})

/** A sign-in link that has been used: its row is what makes it single-use. */
export const signInLink = sqliteTable("sign_in_link", {
	nonce: text("nonce").primaryKey(),
	/** When the link would have expired; the row may go then. */
	expiresAt: integer("expires_at").notNull(),
})

/** A secret of the workspace. Its key is not here: see SECRET_KEYS of the environment. */
export const secret = sqliteTable(
	"secret",
	{
		workspaceId: text("workspace_id")
			.notNull()
			.references(() => workspace.id, { onDelete: "cascade" }),
		name: text("name").notNull(),
		/** The environment variable that holds it in a session. */
		variable: text("variable").notNull(),
		/** Runtimes whose sessions get it. */
		runtimes: text("runtimes", { mode: "json" }).$type<string[]>().notNull(),
		/** AES-GCM: 12 bytes of nonce, then the ciphertext with its tag, in base64. */
		sealed: text("sealed").notNull(),
		/** The key's number in the ring. */
		keyVersion: integer("key_version").notNull(),
		updatedAt: integer("updated_at").notNull(),
		updatedBy: text("updated_by").notNull(),
		/** As fresh as a minute. */
		lastUsedAt: integer("last_used_at"),
	},
	(table) => [primaryKey({ columns: [table.workspaceId, table.name] })],
)

/** A workspace's bot at a chat service. */
export const channel = sqliteTable(
	"channel",
	{
		id: text("id").primaryKey(),
		workspaceId: text("workspace_id")
			.notNull()
			.references(() => workspace.id, { onDelete: "cascade" }),
		kind: text("kind", { enum: ["telegram", "weixin", "wecom", "official"] }).notNull(),
		name: text("name").notNull(),
		/** The service's own id of the bot, so that it is connected once. */
		account: text("account").notNull(),
		/** The machine that polls for it. */
		machineId: text("machine_id"),
		/** What it is signed in by, as JSON, sealed as secrets are; null while it is not. */
		sealed: text("sealed"),
		keyVersion: integer("key_version"),
		/** Channel's state of the protocol. */
		state: text("state", { mode: "json" }).notNull(),
		createdAt: integer("created_at").notNull(),
		createdBy: text("created_by").references(() => user.id, { onDelete: "set null" }),
	},
	(table) => [uniqueIndex("channel_account").on(table.kind, table.account)],
)

/** A place where one member is told: a browser that takes pushes, or a chat with a bot. */
export const destination = sqliteTable(
	"destination",
	{
		id: text("id").primaryKey(),
		workspaceId: text("workspace_id")
			.notNull()
			.references(() => workspace.id, { onDelete: "cascade" }),
		userId: text("user_id")
			.notNull()
			.references(() => user.id, { onDelete: "cascade" }),
		kind: text("kind", { enum: ["push", "telegram", "weixin", "wecom", "official"] }).notNull(),
		channelId: text("channel_id").references(() => channel.id, { onDelete: "cascade" }),
		/** The chat's id, or the address that pushes go to. */
		address: text("address").notNull(),
		name: text("name").notNull(),
		isGroup: integer("is_group", { mode: "boolean" }).notNull().default(false),
		/** DestinationSettings of the protocol. */
		settings: text("settings", { mode: "json" }).notNull(),
		/** What only this kind needs: a browser's keys, a chat's own state. */
		details: text("details", { mode: "json" }).notNull(),
		createdAt: integer("created_at").notNull(),
		/** Destination's fault of the protocol. */
		fault: text("fault", { mode: "json" }),
	},
	(table) => [
		uniqueIndex("destination_address").on(table.workspaceId, table.kind, table.address),
		index("destination_user").on(table.workspaceId, table.userId),
		index("destination_channel").on(table.channelId, table.address),
	],
)

/** A code with which one chat becomes a member's. */
export const pairing = sqliteTable("pairing", {
	/** SHA-256 of the code, in hex. */
	hash: text("hash").primaryKey(),
	channelId: text("channel_id")
		.notNull()
		.references(() => channel.id, { onDelete: "cascade" }),
	userId: text("user_id")
		.notNull()
		.references(() => user.id, { onDelete: "cascade" }),
	expiresAt: integer("expires_at").notNull(),
	usedAt: integer("used_at"),
})

/** What is answered without a person, and who is told. */
export const policy = sqliteTable("policy", {
	workspaceId: text("workspace_id")
		.primaryKey()
		.references(() => workspace.id, { onDelete: "cascade" }),
	/** Policy of the protocol. */
	policy: text("policy", { mode: "json" }).notNull(),
	updatedAt: integer("updated_at").notNull(),
	updatedBy: text("updated_by").notNull(),
})

/** Requests that are over, as their owner, the Workspace object, has written them: for search and history. */
export const attention = sqliteTable(
	"attention",
	{
		workspaceId: text("workspace_id").notNull(),
		id: text("id").notNull(),
		machineId: text("machine_id").notNull(),
		sessionId: text("session_id").notNull(),
		/** When it was over. */
		at: integer("at").notNull(),
		/** InboxItem of the protocol, whole. */
		item: text("item", { mode: "json" }).notNull(),
	},
	(table) => [
		primaryKey({ columns: [table.workspaceId, table.id] }),
		index("attention_at").on(table.workspaceId, table.at),
		index("attention_session").on(table.sessionId, table.at),
	],
)

/** The audit trail, as its writer, the Workspace object, has written it. Entries outlive people and machines. */
export const audit = sqliteTable(
	"audit",
	{
		workspaceId: text("workspace_id").notNull(),
		sequence: integer("sequence").notNull(),
		at: integer("at").notNull(),
		/** AuditEntry of the protocol, whole. */
		entry: text("entry", { mode: "json" }).notNull(),
		/** What a search looks through. */
		words: text("words").notNull(),
		/** The machine that it is about, if any. */
		machineId: text("machine_id"),
	},
	(table) => [
		primaryKey({ columns: [table.workspaceId, table.sequence] }),
		index("audit_machine").on(table.machineId, table.sequence),
	],
)
