// The tests that run in Node. Those of the edge run in the Workers runtime, by test/edge/vitest.config.ts.
import { defineConfig } from "vitest/config"

export default defineConfig({
	test: {
		// Two cores are what the least machine has; more at once only makes timeouts.
		maxWorkers: 2,
		projects: [
			{
				test: {
					name: "parts",
					include: ["test/*.test.ts", "test/{protocol,machine,connector,holder,web,tools,bench}/**/*.test.{ts,tsx}"],
					testTimeout: 60_000,
				},
			},
			{
				test: {
					name: "whole",
					include: ["test/{authz,cli,conformance,e2e,chaos}/**/*.test.ts"],
					globalSetup: "test/support/build.ts",
					// Real processes and, in e2e, a real browser: one file at a time keeps their timing honest.
					fileParallelism: false,
					testTimeout: 60_000,
					hookTimeout: 60_000,
				},
			},
		],
	},
})
