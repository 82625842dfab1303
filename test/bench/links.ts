// Many machines in one process: a link for each data folder that the parent names.
import { dataFolder } from "../../connector/data-folder.ts"
import { readIdentity } from "../../connector/identity.ts"
import { runLink } from "../../connector/link.ts"

process.on("message", async (dataDir: string) => {
	const identity = await readIdentity(dataFolder(dataDir).identity)
	if (identity === undefined) throw new Error(`invariant: ${dataDir} is enrolled`)
	await runLink({ url: identity.url, identity, dataDir, log: () => {}, signal: new AbortController().signal })
})
process.on("disconnect", () => process.exit())
