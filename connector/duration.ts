// A length of time as a person types it: 90, 90s, 15m, 2h or 7d.
import { InvalidArgumentError } from "commander"

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** In seconds. Throws InvalidArgumentError. */
export function duration(text: string): number {
	const [, amount = "", unit = "s"] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? []
	const seconds = Number(amount) * (SECONDS[unit] ?? 1)
	if (amount === "" || !Number.isFinite(seconds))
		throw new InvalidArgumentError("It must be a length of time, such as 90, 15m, 2h or 7d.")
	return seconds
}

/** What `duration` reads, as short as it can be said. */
export function typedDuration(seconds: number): string {
	const unit = ["d", "h", "m"].find((unit) => seconds > 0 && seconds % (SECONDS[unit] ?? 1) === 0) ?? "s"
	return `${seconds / (SECONDS[unit] ?? 1)}${unit}`
}
