// The tests that run in Node. Those of the edge run in the Workers runtime, by test/edge/vitest.config.ts.
import { defineConfig } from "vitest/config"

/** What is waited for comes when it comes, on a machine that is busy with something else. */
const expect = { poll: { timeout: 20_000 } }

/** One screen of the console each, in a browser of its own. */
const SCREENS = "test/e2e/console-*.test.ts"

/** The first in the list is the first that runs. */
const BEFORE = ["test/support/own-home.ts", "test/support/build.ts"]

export default defineConfig({
	test: {
		// Two cores are what the least machine has; more at once only makes timeouts.
		maxWorkers: 2,
		projects: [
			{
				test: {
					// Values in, values out: files share their processes, which takes a second off each.
					name: "cores",
					include: ["test/{protocol,machine,races}/**/*.test.ts"],
					globalSetup: "test/support/own-home.ts",
					isolate: false,
					testTimeout: 60_000,
					expect,
				},
			},
			{
				test: {
					name: "parts",
					include: ["test/*.test.ts", "test/{connector,holder,web,tools,bench}/**/*.test.{ts,tsx}"],
					globalSetup: "test/support/own-home.ts",
					testTimeout: 60_000,
					expect,
				},
			},
			{
				test: {
					// Real processes that wait on each other more than they compute: beside the parts.
					name: "commands",
					include: ["test/{authz,cli,conformance}/**/*.test.ts", SCREENS],
					globalSetup: BEFORE,
					testTimeout: 120_000,
					hookTimeout: 120_000,
					expect,
				},
			},
			{
				test: {
					name: "whole",
					include: ["test/{e2e,chaos}/**/*.test.ts"],
					exclude: [SCREENS],
					globalSetup: BEFORE,
					// A real browser, and processes that are killed: one file at a time keeps their timing honest.
					fileParallelism: false,
					testTimeout: 60_000,
					hookTimeout: 60_000,
					expect,
				},
			},
		],
	},
})
