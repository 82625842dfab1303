// Where a Unix socket of the data folder lies: in its folder, or under a short name where that is too deep.
import { createHash } from "node:crypto"
import { mkdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Unix sockets' paths have at most about 104 bytes; a deep data folder gets a short name in the temporary directory. */
export function socketPath(folder: string, name: string): string {
	const beside = join(folder, name)
	if (Buffer.byteLength(beside) <= 100) return beside
	const shelter = join(tmpdir(), `homeport-${process.getuid?.() ?? 0}`)
	mkdirSync(shelter, { recursive: true, mode: 0o700 })
	return join(shelter, `${createHash("sha256").update(beside).digest("hex").slice(0, 24)}.sock`)
}
