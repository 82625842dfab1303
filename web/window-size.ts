// About how many columns and rows a terminal will have in this window, before there is one to measure.
import { fontSize } from "./state.ts"
import { LINE_HEIGHT } from "./themes.ts"

export function windowSize(): { cols: number; rows: number } {
	const probe = document.createElement("span")
	probe.className = "mono size-probe"
	probe.style.fontSize = `${fontSize.peek()}px`
	probe.textContent = "0".repeat(PROBE_CHARS)
	document.body.append(probe)
	const { width, height } = probe.getBoundingClientRect()
	probe.remove()
	const cols = Math.floor((innerWidth - AROUND.width) / (width / PROBE_CHARS))
	const rows = Math.floor((innerHeight - AROUND.height) / (Math.ceil(height) * LINE_HEIGHT))
	return { cols: Math.min(500, Math.max(20, cols)), rows: Math.min(200, Math.max(5, rows)) }
}

const PROBE_CHARS = 100
/** What stands around the terminal, in pixels. */
const AROUND = { width: 18, height: 44 }
