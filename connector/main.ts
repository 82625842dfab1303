// The `homeport` command: how it begins and ends, and what its help says about all verbs. Read this first.
import { Command, CommanderError } from "commander"
import { EXIT, Failure } from "./exit.ts"
import { typed } from "./invocation.ts"
import { endUnread, fail, WANTS_JSON } from "./output.ts"
import { teaching } from "./verb.ts"
import { HIDDEN, VERBS, type Verbs } from "./verbs.ts"
import { VERSION } from "./version.ts"

const program = teaching(new Command("homeport"))
	.description("Real terminals on all your machines, from anywhere.")
	.version(VERSION)
	.exitOverride()

program.addHelpText(
	"after",
	`
Exit codes:
  ${EXIT.ok}  done
  ${EXIT.failed}  failed or refused
  ${EXIT.usage}  wrong command line
  ${EXIT.notFound}  no such session, machine or other thing
  ${EXIT.away}  the machine is away
  ${EXIT.timedOut}  timed out

Environment:
  HOMEPORT_DATA_DIR             the data folder
  HOMEPORT_URL, HOMEPORT_TOKEN  sign in without a data folder
  HOMEPORT_WORKSPACE            the workspace that is meant
  NO_COLOR                      no colour, also on a terminal`,
)

// Whoever reads may stop reading, as `head` does: then there is nobody left to tell.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code === "EPIPE") return endUnread()
	fail(new Failure("file", `Standard output cannot be written (${error.code}).`))
	process.exit()
})
process.stderr.on("error", () => {})

try {
	if (process.platform === "win32")
		throw new Failure("unsupported", "Homeport does not run on Windows itself yet. In WSL it does: use it from there.")
	await add(VERBS)
	await add(HIDDEN, { hidden: true })
	await program.parseAsync()
} catch (error) {
	if (!(error instanceof CommanderError)) fail(error)
	else if (error.exitCode === 0) process.exitCode = EXIT.ok
	else if (WANTS_JSON) fail(new Failure("usage", explain(error)))
	// The library has printed the rest.
	else process.exitCode = EXIT.usage
}

/** The one that the command line begins with alone; where that is no verb, such as `--help`, all. */
async function add(verbs: Verbs, options: { hidden?: boolean } = {}): Promise<void> {
	const [word = ""] = process.argv.slice(2)
	const needsAll = !Object.hasOwn({ ...VERBS, ...HIDDEN }, word) && word !== "--version"
	for (const [name, load] of Object.entries(verbs))
		if (needsAll || name === word) program.addCommand((await load())(), options)
}

function explain({ code, message }: CommanderError): string {
	if (code === "commander.help") return `Say a verb; ${typed("--help")} lists them.`
	return message.replace(/^error: /, "")
}
