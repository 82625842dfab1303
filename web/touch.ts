// Fingers on a terminal: one scrolls with momentum, two change the size of the font.

interface Target {
	fontSize: () => number
	pinch: (fontSize: number) => void
	cellHeight: () => number
	/** Whether there is scrollback to scroll; else the program gets turns of a wheel. */
	scrolls: () => boolean
	/** Positive is towards newer lines. */
	scroll: (lines: number) => void
}

/** The part of its speed that a scroll keeps in a millisecond. */
const FRICTION = 0.996
/** Slower than this, in pixels a millisecond, it stands. */
const STANDS = 0.05

export function touch(room: HTMLElement, target: Target): () => void {
	const listening = new AbortController()
	const { signal } = listening
	let last: { x: number; y: number; at: number } | null = null
	let speed = 0
	/** Pixels moved and not yet scrolled. */
	let rest = 0
	let coasting = 0
	let pinch: { distance: number; fontSize: number } | null = null

	const move = (pixels: number, x: number, y: number) => {
		// A session that is drawn larger than its room is moved about in it, before its lines are.
		const before = room.scrollTop
		room.scrollTop += pixels
		rest += pixels - (room.scrollTop - before)
		const lines = Math.trunc(rest / target.cellHeight())
		if (lines === 0) return
		rest -= lines * target.cellHeight()
		if (target.scrolls()) target.scroll(lines)
		else turnWheel(room, lines, x, y)
	}

	room.addEventListener(
		"touchstart",
		(event) => {
			cancelAnimationFrame(coasting)
			speed = 0
			rest = 0
			const [one, two] = event.touches
			pinch = one && two ? { distance: distance(one, two), fontSize: target.fontSize() } : null
			last = one && !two ? { x: one.clientX, y: one.clientY, at: event.timeStamp } : null
		},
		{ signal, passive: true },
	)
	room.addEventListener(
		"touchmove",
		(event) => {
			const [one, two] = event.touches
			if (one && two && pinch) {
				event.preventDefault()
				return target.pinch(Math.round(pinch.fontSize * (distance(one, two) / pinch.distance)))
			}
			if (!one || !last) return
			event.preventDefault()
			const pixels = last.y - one.clientY
			const elapsed = Math.max(1, event.timeStamp - last.at)
			speed = 0.7 * (pixels / elapsed) + 0.3 * speed
			room.scrollLeft += last.x - one.clientX
			last = { x: one.clientX, y: one.clientY, at: event.timeStamp }
			move(pixels, one.clientX, one.clientY)
		},
		{ signal, passive: false },
	)
	room.addEventListener(
		"touchend",
		(event) => {
			const lifted = event.changedTouches[0]
			if (!last || !lifted || matchMedia("(prefers-reduced-motion: reduce)").matches) return
			const { clientX: x, clientY: y } = lifted
			let before = performance.now()
			const coast = (at: number) => {
				const elapsed = Math.max(0, at - before)
				before = at
				speed *= FRICTION ** elapsed
				move(speed * elapsed, x, y)
				if (Math.abs(speed) > STANDS) coasting = requestAnimationFrame(coast)
			}
			if (event.timeStamp - last.at < 50) coasting = requestAnimationFrame(coast)
			last = null
		},
		{ signal, passive: true },
	)
	return () => {
		listening.abort()
		cancelAnimationFrame(coasting)
	}
}

/** xterm.js makes of a wheel what the program asked for: reports, or arrow keys. */
function turnWheel(room: HTMLElement, lines: number, clientX: number, clientY: number): void {
	const screen = room.querySelector(".xterm-screen")
	for (let i = 0; i < Math.abs(lines); i++)
		screen?.dispatchEvent(
			new WheelEvent("wheel", {
				deltaY: Math.sign(lines),
				deltaMode: WheelEvent.DOM_DELTA_LINE,
				clientX,
				clientY,
				bubbles: true,
				cancelable: true,
			}),
		)
}

function distance(one: Touch, two: Touch): number {
	return Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY)
}
