// How a program's output is printed by the command: as text, as bytes, or in lines of JSON.
import { LOG_BYTES } from "../protocol/limits.ts"
import type { Output } from "./output.ts"
import { LogText } from "./terminal/log-text.ts"

export interface Printer {
	print(from: number, bytes: Uint8Array): Promise<void>
	/** So many bytes before the next are not kept any more. */
	gap(bytes: number): Promise<void>
	end(): Promise<void>
}

export function rawPrinter(out: Output): Printer {
	return {
		print: (_from, bytes) => write(bytes),
		gap: async (bytes) => out.note(gone(bytes)),
		end: async () => {},
	}
}

/** `of`: further fields of each line. */
export function jsonPrinter(of: object = {}): Printer {
	const line = (from: number, bytes: Uint8Array) =>
		JSON.stringify({ ...of, from, base64: Buffer.from(bytes).toString("base64") })
	return {
		print: (from, bytes) => write(`${line(from, bytes)}\n`),
		// Each part says where it begins.
		gap: async () => {},
		end: async () => {},
	}
}

export function textPrinter({ cols, rows }: { cols: number; rows: number }): Printer {
	let text = new LogText(cols, rows)
	const printLines = async (lines: string[]) => {
		if (lines.length > 0) await write(`${lines.join("\n")}\n`)
	}
	return {
		print: (_from, bytes) => printLines(text.take(bytes)),
		async gap(bytes) {
			const begun = text.rest()
			// Nothing before a gap says how to read what follows it.
			text = new LogText(cols, rows)
			await printLines([...begun, gone(bytes)])
		},
		end: () => printLines(text.rest()),
	}
}

function gone(bytes: number): string {
	return `[${bytes.toLocaleString("en")} bytes are gone: the machine keeps the newest ${LOG_BYTES / 1024 / 1024} MiB]`
}

/** Resolves when standard output has taken it, so that a slow reader is waited for. */
function write(data: string | Uint8Array): Promise<void> {
	return new Promise((resolve, reject) => {
		process.stdout.write(data, (error) => (error ? reject(error) : resolve()))
	})
}
