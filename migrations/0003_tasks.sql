CREATE TABLE `task` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`machine_id` text,
	`at` integer NOT NULL,
	`view` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `task_at` ON `task` (`workspace_id`,`at`);--> statement-breakpoint
CREATE TABLE `trigger` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`name` text NOT NULL,
	`spec` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text,
	`last_delivery_at` integer,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspace`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`created_by`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE UNIQUE INDEX `trigger_name` ON `trigger` (`workspace_id`,`name`);--> statement-breakpoint
CREATE TABLE `upload` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`size` integer NOT NULL,
	`hash` text NOT NULL,
	`created_by` text NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`workspace_id`) REFERENCES `workspace`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `upload_expires` ON `upload` (`expires_at`);