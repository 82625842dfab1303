CREATE TABLE `audit` (
	`workspace_id` text NOT NULL,
	`sequence` integer NOT NULL,
	`at` integer NOT NULL,
	`entry` text NOT NULL,
	`words` text NOT NULL,
	`machine_id` text,
	PRIMARY KEY(`workspace_id`, `sequence`)
);
--> statement-breakpoint
CREATE INDEX `audit_machine` ON `audit` (`machine_id`,`sequence`);--> statement-breakpoint
CREATE TABLE `device_grant` (
	`device_hash` text PRIMARY KEY NOT NULL,
	`user_hash` text NOT NULL,
	`request` text NOT NULL,
	`address` text,
	`state` text NOT NULL,
	`user_id` text,
	`workspace_id` text,
	`scope` text,
	`expires_at` integer NOT NULL,
	`polled_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspace`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `device_grant_user_hash_unique` ON `device_grant` (`user_hash`);--> statement-breakpoint
CREATE TABLE `invite` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`email` text,
	`role` text NOT NULL,
	`inviter_id` text NOT NULL,
	`hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspace`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`inviter_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invite_hash_unique` ON `invite` (`hash`);--> statement-breakpoint
CREATE INDEX `invite_workspace` ON `invite` (`workspace_id`);--> statement-breakpoint
CREATE TABLE `passkey` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text,
	`public_key` text NOT NULL,
	`user_id` text NOT NULL,
	`credential_id` text NOT NULL,
	`counter` integer NOT NULL,
	`device_type` text NOT NULL,
	`backed_up` integer NOT NULL,
	`transports` text,
	`created_at` integer,
	`aaguid` text,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `passkey_credential_id_unique` ON `passkey` (`credential_id`);--> statement-breakpoint
CREATE INDEX `passkey_user` ON `passkey` (`user_id`);--> statement-breakpoint
CREATE TABLE `recovery_code` (
	`hash` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `recovery_code_user` ON `recovery_code` (`user_id`);--> statement-breakpoint
CREATE TABLE `secret` (
	`workspace_id` text NOT NULL,
	`name` text NOT NULL,
	`variable` text NOT NULL,
	`runtimes` text NOT NULL,
	`sealed` text NOT NULL,
	`key_version` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`updated_by` text NOT NULL,
	`last_used_at` integer,
	PRIMARY KEY(`workspace_id`, `name`),
	FOREIGN KEY (`workspace_id`) REFERENCES `workspace`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
DROP TABLE `invitation`;--> statement-breakpoint
ALTER TABLE `machine` ADD `tags` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `machine` ADD `members` text;--> statement-breakpoint
ALTER TABLE `machine` ADD `enrolled_by` text REFERENCES user(id) ON DELETE SET NULL;--> statement-breakpoint
ALTER TABLE `token` ADD `actions` text;--> statement-breakpoint
ALTER TABLE `token` ADD `tags` text;--> statement-breakpoint
ALTER TABLE `token` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `session` DROP COLUMN `active_workspace_id`;--> statement-breakpoint
ALTER TABLE `workspace` DROP COLUMN `logo`;--> statement-breakpoint
ALTER TABLE `workspace` DROP COLUMN `metadata`;