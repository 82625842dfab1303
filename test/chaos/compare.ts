// What went wrong between what was sent and what arrived: bytes lost, doubled, or out of place.

export interface Damage {
	lost: number
	doubled: number
	/** Neither: bytes that stand where others should. */
	reordered: number
}

/** So many bytes that follow each other in two places are the same place: output here is random enough. */
const LANDMARK = 24

/** Compares what arrived, which began at `from` of what was sent, and reached its end. */
export function damage(sent: Uint8Array, arrived: Uint8Array, from = 0): Damage {
	const found: Damage = { lost: 0, doubled: 0, reordered: 0 }
	const here = Buffer.from(sent.buffer, sent.byteOffset, sent.length)
	let at = from
	let next = 0
	while (next < arrived.length) {
		if (here[at] === arrived[next]) {
			at++
			next++
			continue
		}
		const mark = arrived.subarray(next, next + LANDMARK)
		const ahead = mark.length < LANDMARK ? -1 : here.indexOf(mark, at)
		const behind = mark.length < LANDMARK ? -1 : here.lastIndexOf(mark, at)
		if (ahead >= 0) {
			found.lost += ahead - at
			at = ahead
		} else if (behind >= 0) {
			// These bytes have arrived before; what follows them is where we were.
			let same = 0
			while (next + same < arrived.length && behind + same < at && here[behind + same] === arrived[next + same]) same++
			found.doubled += same
			next += same
		} else {
			found.reordered++
			at++
			next++
		}
	}
	found.lost += Math.max(0, here.length - at)
	return found
}

/** The same for keys: each is a token of its own, sent once. */
export function keyDamage(sent: readonly string[], arrived: readonly string[]): Damage {
	const known = new Set(sent)
	const seen = new Set<string>()
	const found: Damage = { lost: 0, doubled: 0, reordered: 0 }
	let last = -1
	for (const key of arrived) {
		if (seen.has(key)) {
			found.doubled++
			continue
		}
		seen.add(key)
		const place = known.has(key) ? sent.indexOf(key) : -1
		if (place < last) found.reordered++
		else last = place
	}
	found.lost = sent.filter((key) => !seen.has(key)).length
	return found
}

export function isWhole({ lost, doubled, reordered }: Damage): boolean {
	return lost + doubled + reordered === 0
}
