// The keeper's door: a Unix socket in its VM's folder, over which any process of this person asks.
import { rmSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { createInterface } from "node:readline"
import { setTimeout as pause } from "node:timers/promises"
import { never, Refusal } from "../../../../protocol/errors.ts"
import { privately } from "../../../private-file.ts"
import type { Keeper } from "./keeper.ts"
import { type Answer, Question } from "./questions.ts"

/** Deeds that take long are answered while they go on; most others are done by then. */
const ANSWER_MS = { slow: 1_500, quick: 10_000 }
const SLOW = new Set(["start", "stop"])

export interface Door {
	/** Whether nobody is being answered. */
	readonly isQuiet: boolean
	close(): void
}

export function openDoor(path: string, keeper: Keeper): Door {
	rmSync(path, { force: true })
	const open = new Set<Socket>()
	const server = createServer((socket) => {
		open.add(socket)
		socket.once("close", () => open.delete(socket))
		// Whoever asked may be gone before the answer.
		socket.on("error", () => {})
		const say = (answer: Answer) => socket.write(`${JSON.stringify(answer)}\n`)
		createInterface({ input: socket }).once("line", (line) => {
			answer(keeper, line, (told) => say({ is: "line", line: told }))
				.catch((error: unknown) => refused(error))
				.then((last) => {
					say(last)
					socket.end()
				})
		})
	})
	privately(() => server.listen(path))
	return {
		get isQuiet() {
			return open.size === 0
		},
		close() {
			server.close()
			for (const socket of open) socket.destroySoon()
		},
	}
}

async function answer(keeper: Keeper, line: string, say: (line: string) => void): Promise<Answer> {
	const question = Question.parse(JSON.parse(line))
	switch (question.ask) {
		case "vm":
			return { is: "vm", vm: keeper.vm }
		case "touch":
			await keeper.touch()
			return { is: "vm", vm: keeper.vm }
		case "reach":
			return { is: "reach", reach: await keeper.reach() }
		case "ready":
			return { is: "reach", reach: await keeper.ready(say) }
		case "do": {
			const { deed } = question
			if (deed.verb === "create") throw new Refusal("name_taken")
			const done = keeper.begin(deed)
			// Told by the VM's fault, too, where nobody waits any more.
			done.catch(() => {})
			await Promise.race([done, pause(SLOW.has(deed.verb) ? ANSWER_MS.slow : ANSWER_MS.quick)])
			return { is: "vm", vm: keeper.vm }
		}
		default:
			never(question)
	}
}

function refused(error: unknown): Answer {
	if (!(error instanceof Refusal)) {
		process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
		return { is: "refused", code: "internal" }
	}
	const { code, detail } = error
	return { is: "refused", code, ...(detail !== undefined && { detail }) }
}
