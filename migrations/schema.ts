// The registry's tables. Times are milliseconds since 1970; secrets are here as hashes only.
import { sql } from "drizzle-orm"
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"

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
		activeWorkspaceId: text("active_workspace_id"),
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
	logo: text("logo"),
	metadata: text("metadata"),
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

/** A person asked to become a member. */
export const invitation = sqliteTable(
	"invitation",
	{
		id: text("id").primaryKey(),
		workspaceId: text("workspace_id")
			.notNull()
			.references(() => workspace.id, { onDelete: "cascade" }),
		email: text("email").notNull(),
		role: text("role"),
		status: text("status").notNull().default("pending"),
		inviterId: text("inviter_id")
			.notNull()
			.references(() => user.id, { onDelete: "cascade" }),
		expiresAt: moment("expires_at").notNull(),
		createdAt: moment("created_at").notNull(),
	},
	(table) => [index("invitation_workspace").on(table.workspaceId), index("invitation_email").on(table.email)],
)

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
