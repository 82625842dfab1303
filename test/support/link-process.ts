// A link process without a link, for tests that kill it: what would come and go by the link comes and goes by its parent.
import { Machine } from "../../connector/machine.ts"
import type { ToConnector } from "../../protocol/messages.ts"

const [dataDir = ""] = process.argv.slice(2)
const tell = (message: unknown) => void process.send?.(message)
const log = (line: string) => void process.stderr.write(`${line}\n`)
const machine = await Machine.open({ dataDir, log, askBack: async () => {} })
machine.sessions()
machine.linked({ tell, send: () => {} })
process.on("message", (message) => machine.message(message as Exclude<ToConnector, { type: "welcome" }>))
process.on("disconnect", () => process.exit())
tell("linked")
