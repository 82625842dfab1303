// Files for the person: a session's raw output, all that the machine still has, and whatever this page has made.
import type { MachineId } from "../protocol/ids.ts"
import type { SessionInfo } from "../protocol/session.ts"
import { api } from "./api.ts"
import { fromBase64 } from "./base64.ts"

export async function downloadLog(machine: MachineId, { id, name }: Pick<SessionInfo, "id" | "name">): Promise<void> {
	const parts: Uint8Array<ArrayBuffer>[] = []
	const params = { machine, session: id }
	let from = 0
	for (;;) {
		const answer = await api("readLog", { params, query: { from } })
		const bytes = fromBase64(answer.base64)
		parts.push(bytes)
		from = answer.from + bytes.length
		if (bytes.length === 0 || from >= answer.end) break
	}
	saveFile(`${name}.log`, ...parts)
}

/** Hands a file to the person, as a download. */
export function saveFile(name: string, ...parts: BlobPart[]): void {
	const url = URL.createObjectURL(new Blob(parts, { type: "application/octet-stream" }))
	const link = document.createElement("a")
	link.href = url
	link.download = name
	link.click()
	URL.revokeObjectURL(url)
}
