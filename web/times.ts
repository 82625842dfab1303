// Times, sizes and counts as people read them.
import { LANGUAGE } from "./messages/language.ts"

/** How long `ms` is, in its largest unit. */
export function age(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / 1_000))
	if (seconds < 60) return units.format(seconds, "second")
	if (seconds < 3_600) return units.format(Math.floor(seconds / 60), "minute")
	if (seconds < 86_400) return units.format(Math.floor(seconds / 3_600), "hour")
	return units.format(Math.floor(seconds / 86_400), "day")
}

/** How long something took: below a minute with a tenth of a second. */
export function took(ms: number): string {
	return ms < 60_000 ? tenths.format(ms / 1_000) : age(ms)
}

/** How much time is left, in its largest unit: rounded up, so that what has just begun has all of it. */
export function left(ms: number): string {
	const seconds = Math.max(0, Math.ceil(ms / 1_000))
	if (seconds < 60) return units.format(seconds, "second")
	const minutes = Math.ceil(seconds / 60)
	if (minutes < 60) return units.format(minutes, "minute")
	const hours = Math.ceil(minutes / 60)
	return hours < 24 ? units.format(hours, "hour") : units.format(Math.ceil(hours / 24), "day")
}

/** The time of day, with the date when it is not today. */
export function clock(at: number, now: number): string {
	const sameDay = new Date(at).toDateString() === new Date(now).toDateString()
	return (sameDay ? timeOfDay : dayAndTime).format(at)
}

export function exact(at: number): string {
	return exactly.format(at)
}

export function bytes(count: number): string {
	if (count < 1_000) return `${count} B`
	if (count < 1_000_000) return `${Math.round(count / 1_000)} kB`
	return `${(count / 1_000_000).toFixed(1)} MB`
}

/** Sizes of memory and disks, which are given out by powers of two. */
export function binary(count: number): string {
	const gib = count / 1024 ** 3
	if (gib >= 1) return `${amount(gib)} GiB`
	return `${Math.round(count / 1024 ** 2)} MiB`
}

/** With a digit behind the point, where it has one. */
export function amount(count: number): string {
	return amounts.format(count)
}

/** A part of one. */
export function percent(part: number): string {
	return percents.format(part)
}

const amounts = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 1 })
const percents = new Intl.NumberFormat(LANGUAGE, { style: "percent" })
const format = (unit: string) =>
	new Intl.NumberFormat(LANGUAGE, { style: "unit", unit, unitDisplay: "narrow", maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat(LANGUAGE, {
	...{ style: "unit", unit: "second", unitDisplay: "narrow" },
	...{ minimumFractionDigits: 1, maximumFractionDigits: 1 },
})
const formats = new Map(["second", "minute", "hour", "day"].map((unit) => [unit, format(unit)]))
const units = { format: (count: number, unit: string) => formats.get(unit)?.format(count) ?? String(count) }
const timeOfDay = new Intl.DateTimeFormat(LANGUAGE, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
const dayAndTime = new Intl.DateTimeFormat(LANGUAGE, {
	month: "short",
	day: "numeric",
	hour: "2-digit",
	minute: "2-digit",
	hourCycle: "h23",
})
const exactly = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "medium" })
