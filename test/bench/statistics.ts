// Medians and tails of a handful of samples.

/** The value below which the share `q` of the samples lies. */
export function quantile(samples: readonly number[], q: number): number {
	const sorted = [...samples].sort((a, b) => a - b)
	return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

export const median = (samples: readonly number[]) => quantile(samples, 0.5)

/** Three digits are more than a shared machine can mean. */
export function round(value: number): number {
	return Number.isFinite(value) ? Number(value.toPrecision(3)) : value
}
