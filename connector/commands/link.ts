// `homeport link`: the link process that `homeport up` keeps alive. Not for people, and so not in the help.
import { Refusal } from "../../protocol/errors.ts"
import { maskTokens } from "../../protocol/token-shapes.ts"
import { EXIT, LINK_REFUSED } from "../exit.ts"
import { mustBeEnrolled } from "../identity.ts"
import { runLink } from "../link.ts"
import { action, verb } from "../verb.ts"

export function link() {
	return verb("link", {
		summary: "the link process of an enrolled machine",
		examples: [["homeport link", "run the link until SIGTERM"]],
	}).action(
		action(async ({ folder }) => {
			const identity = () => mustBeEnrolled(folder.identity)
			const { url } = await identity()
			const stop = new AbortController()
			for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort())
			// The channel closes when the process that keeps this one dies; nobody would stop this one then.
			process.on("disconnect", () => stop.abort())
			const log = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`)
			// Node itself would write it as it is, into a log that is kept.
			process.on("uncaughtException", (error) => {
				log(maskTokens(error.stack ?? error.message))
				process.exit(EXIT.failed)
			})
			try {
				await runLink({ url, identity, dataDir: folder.path, log, signal: stop.signal })
			} catch (error) {
				if (!(error instanceof Refusal)) throw error
				log(error.message)
				process.exit(LINK_REFUSED)
			}
			process.exit()
		}),
	)
}
