CREATE TABLE `attention` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`machine_id` text NOT NULL,
	`session_id` text NOT NULL,
	`at` integer NOT NULL,
	`item` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `attention_at` ON `attention` (`workspace_id`,`at`);--> statement-breakpoint
CREATE INDEX `attention_session` ON `attention` (`session_id`,`at`);--> statement-breakpoint
CREATE TABLE `channel` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`account` text NOT NULL,
	`machine_id` text,
	`sealed` text,
	`key_version` integer,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspace`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`created_by`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `channel_account` ON `channel` (`kind`,`account`);--> statement-breakpoint
CREATE TABLE `destination` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`user_id` text NOT NULL,
	`kind` text NOT NULL,
	`channel_id` text,
	`address` text NOT NULL,
	`name` text NOT NULL,
	`is_group` integer DEFAULT false NOT NULL,
	`settings` text NOT NULL,
	`details` text NOT NULL,
	`created_at` integer NOT NULL,
	`fault` text,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspace`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`channel_id`) REFERENCES `channel`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `destination_address` ON `destination` (`workspace_id`,`kind`,`address`);--> statement-breakpoint
CREATE INDEX `destination_user` ON `destination` (`workspace_id`,`user_id`);--> statement-breakpoint
CREATE INDEX `destination_channel` ON `destination` (`channel_id`,`address`);--> statement-breakpoint
CREATE TABLE `pairing` (
	`hash` text PRIMARY KEY NOT NULL,
	`channel_id` text NOT NULL,
	`user_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`channel_id`) REFERENCES `channel`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `policy` (
	`workspace_id` text PRIMARY KEY NOT NULL,
	`policy` text NOT NULL,
	`updated_at` integer NOT NULL,
	`updated_by` text NOT NULL,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspace`(`id`) ON UPDATE no action ON DELETE cascade
);
