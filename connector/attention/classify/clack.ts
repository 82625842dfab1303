// What is asked for between a question and a corner: "◆  Where?", "│  ./app", "└".
import { SECRET } from "../rules/generic.ts"
import { excerpt, type Scene } from "./scene.ts"
import type { Found } from "./verdict.ts"

/** Questions have few rows, and lists that are longer scroll. */
const REACH = 24
const MASKS = /^[▪•*●]+_?$/u
/** One is asked again where its answer did not do. */
const QUESTION = /^[◆▲]\s+(\S.*)$/u

export function findClack(scene: Scene): Found | null {
	const frame = clackFrame(scene)
	if (frame === null) return null
	const { question, top, corner } = frame
	const { lines } = scene
	const rows = lines.slice(top + 1, corner).map(({ text }) => text)
	const found: Omit<Found, "kind" | "text" | "options" | "takesText"> = {
		...{ is: "request", subject: null, selected: null, rule: "generic/corner@2" },
		...{ confidence: 0.85, excerpt: excerpt(scene, top - 10) },
	}
	// Several may be ticked, and which is marked shows by its colour alone: its keys cannot be known.
	if (rows.some((row) => /^[◻◼]/u.test(row)))
		return { ...found, kind: "choice", text: question, options: [], takesText: false }
	// Where one is chosen, its own rules know how.
	if (rows.some((row) => /^[○●]\s/u.test(row))) return null
	const isSecret = MASKS.test(rows.at(-1) ?? "") || SECRET.test(question)
	return { ...found, kind: isSecret ? "secret" : "question", text: question, options: [], takesText: true }
}

/** The rows of the question and of the corner below what it asks for. */
export function clackFrame({ screen, last }: Scene): { question: string; top: number; corner: number } | null {
	const raw = (y: number) => (screen.lines[y] ?? "").trim()
	// A corner without text: one with text ends a list of questions that are all answered, or says what did not do.
	const corner = [last, last + 1, last + 2].find((y) => /^└/u.test(raw(y)))
	if (corner === undefined) return null
	let top = corner - 1
	while (top > corner - REACH && /^│/u.test(raw(top))) top--
	const question = QUESTION.exec(raw(top))?.[1]
	if (question === undefined || corner - top < 2) return null
	return raw(corner) === "└" || raw(top).startsWith("▲") ? { question, top, corner } : null
}
