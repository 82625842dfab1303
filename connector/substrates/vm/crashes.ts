// The crash-loop rule: whatever crashes five times in ten minutes is not started again until somebody says so.

const CRASHES = 5
const WITHIN_MS = 10 * 60_000

/** `crashes`: those before, each by its time. */
export function countCrash(crashes: readonly number[], now: number): { crashes: number[]; isLoop: boolean } {
	const lately = [...crashes.filter((at) => at > now - WITHIN_MS && at <= now), now]
	return { crashes: lately, isLoop: lately.length >= CRASHES }
}

export const CRASH_LOOP = `It crashed ${CRASHES} times in ${WITHIN_MS / 60_000} minutes, so it is left as it is. Start it to try again, or look at its console first.`
