// Text that is asked for between a question and a corner: "◆  Where?", "│  ./app", "└".
import { SECRET } from "../rules/generic.ts"
import { excerpt, type Scene } from "./scene.ts"
import type { Found } from "./verdict.ts"

/** Questions have few rows. */
const REACH = 12
const MASKS = /^[▪•*●]+_?$/u

export function findClack(scene: Scene): Found | null {
	const { screen, last, lines } = scene
	const raw = (y: number) => (screen.lines[y] ?? "").trim()
	// A corner without text: one with text ends a list of questions that are all answered.
	const corner = [last, last + 1, last + 2].find((y) => /^└\s*$/u.test(raw(y)))
	if (corner === undefined) return null
	let top = corner - 1
	while (top > corner - REACH && /^│/u.test(raw(top))) top--
	const question = /^◆\s+(\S.*)$/u.exec(raw(top))?.[1]
	if (question === undefined || corner - top < 2) return null
	const typed = lines[corner - 1]?.text ?? ""
	const isSecret = MASKS.test(typed) || SECRET.test(question)
	return {
		...{ is: "request", kind: isSecret ? "secret" : "question", text: question, subject: null, options: [] },
		...{ selected: null, takesText: true, rule: "generic/corner@1", confidence: 0.85 },
		excerpt: excerpt(scene, top - 10),
	}
}
