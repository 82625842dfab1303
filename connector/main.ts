// The `homeport` command: its verbs, and what its help says about all of them. Read this first.
import { Command, CommanderError } from "commander"
import { link } from "./commands/link.ts"
import { up } from "./commands/up.ts"
import { EXIT } from "./exit.ts"
import { VERSION } from "./version.ts"

const program = new Command("homeport")
	.description("Real terminals on all your machines, from anywhere.")
	.version(VERSION)
	.exitOverride()
	.showHelpAfterError("(homeport --help, or homeport VERB --help, teaches more)")

for (const command of [up()]) program.addCommand(command)
program.addCommand(link(), { hidden: true })

program.addHelpText(
	"after",
	`
Exit codes:
  ${EXIT.ok}  done
  ${EXIT.failed}  failed or refused
  ${EXIT.usage}  wrong command line
  ${EXIT.notFound}  no such session, machine or token
  ${EXIT.away}  the machine is away
  ${EXIT.timedOut}  timed out

Environment:
  HOMEPORT_DATA_DIR             the data folder
  HOMEPORT_URL, HOMEPORT_TOKEN  sign in without a data folder
  NO_COLOR                      no colour, also on a terminal`,
)

try {
	await program.parseAsync()
} catch (error) {
	if (!(error instanceof CommanderError)) throw error
	// Help and version end with 0; commander has printed the rest.
	process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
}
