// Many machines in one process: a link for each data folder that the parent names.
import { dataFolder } from "../../connector/data-folder.ts"
import { mustBeEnrolled } from "../../connector/identity.ts"
import { runLink } from "../../connector/link.ts"

process.on("message", async (dataDir: string) => {
	const identity = () => mustBeEnrolled(dataFolder(dataDir).identity)
	const { url } = await identity()
	await runLink({ url, identity, dataDir, log: () => {}, signal: new AbortController().signal })
})
process.on("disconnect", () => process.exit())
