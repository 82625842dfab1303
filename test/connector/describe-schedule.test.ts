// A schedule in words for a person.
import { expect, test } from "vitest"
import { clockTime } from "../../connector/describe-schedule.ts"

test.each([
	["Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29 01:30:00 +01:00"],
	["Europe/Berlin", "2026-03-29T01:30:00Z", "2026-03-29 03:30:00 +02:00"],
	["America/St_Johns", "2026-01-01T03:29:59Z", "2025-12-31 23:59:59 -03:30"],
	["UTC", "2028-02-29T00:00:00Z", "2028-02-29 00:00:00 +00:00"],
])("in %s it is told by the clock there: %s", (zone, at, told) => {
	expect(clockTime(Date.parse(at), zone)).toBe(told)
})
