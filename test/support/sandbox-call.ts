// A process of a test: calls methods of the sandbox as whoever it runs as. Each call and each answer is a line of JSON.
import { tmpdir } from "node:os"
import { createInterface } from "node:readline"
import type { Contained } from "../../connector/substrates/contained.ts"
import { sandbox } from "../../connector/substrates/sandbox/sandbox.ts"
import type { Command } from "../../connector/substrates/substrate.ts"
import { Refusal } from "../../protocol/errors.ts"

export type Call =
	| { method: "probe" }
	| { method: "check" | "used" | "kill" | "remove"; contained: Contained }
	/** Input and output are base64. */
	| { method: "exec"; contained: Contained; command: Omit<Command, "input"> & { input?: string } }
	| { method: "read"; contained: Contained; path: string; from: number; limit: number }
	| { method: "write"; contained: Contained; path: string; at: number; bytes: string; moveTo?: string }

async function answer(call: Call): Promise<unknown> {
	switch (call.method) {
		case "probe":
			return sandbox.probe(tmpdir())
		case "exec": {
			const { input, ...command } = call.command
			const given = input === undefined ? {} : { input: Buffer.from(input, "base64") }
			const done = await sandbox.exec(call.contained, { ...command, ...given })
			return { ...done, output: done.output.toString("base64") }
		}
		case "read": {
			const { bytes, size } = await sandbox.read(call.contained, call.path, call.from, call.limit)
			return { bytes: bytes.toString("base64"), size }
		}
		case "write":
			return sandbox.write(call.contained, call.path, call.at, Buffer.from(call.bytes, "base64"), call.moveTo)
		default:
			return sandbox[call.method](call.contained)
	}
}

for await (const line of createInterface({ input: process.stdin })) {
	const { number, call } = JSON.parse(line) as { number: number; call: Call }
	answer(call).then(
		(answer) => tell({ number, answer: answer ?? null }),
		(error: unknown) => {
			if (error instanceof Refusal) tell({ number, refused: error.code, detail: error.detail })
			else tell({ number, refused: "fault", detail: error instanceof Error ? error.stack : String(error) })
		},
	)
}

function tell(told: object): void {
	process.stdout.write(`${JSON.stringify(told)}\n`)
}
