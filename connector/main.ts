// The `homeport` command: its verbs, and what its help says about all of them. Read this first.
import { Command, CommanderError } from "commander"
import { attach } from "./commands/attach.ts"
import { audit } from "./commands/audit.ts"
import { connect } from "./commands/connect.ts"
import { doctor } from "./commands/doctor.ts"
import { kill } from "./commands/kill.ts"
import { link } from "./commands/link.ts"
import { login } from "./commands/login.ts"
import { logs } from "./commands/logs.ts"
import { ls } from "./commands/ls.ts"
import { machines } from "./commands/machines.ts"
import { members } from "./commands/members.ts"
import { rename } from "./commands/rename.ts"
import { rm } from "./commands/rm.ts"
import { screen } from "./commands/screen.ts"
import { secrets } from "./commands/secrets.ts"
import { send } from "./commands/send.ts"
import { spawn } from "./commands/spawn.ts"
import { tokens } from "./commands/tokens.ts"
import { up } from "./commands/up.ts"
import { upgrade } from "./commands/upgrade.ts"
import { wait } from "./commands/wait.ts"
import { logout, workspaces } from "./commands/workspaces.ts"
import { EXIT, Failure } from "./exit.ts"
import { fail } from "./output.ts"
import { VERSION } from "./version.ts"

const program = new Command("homeport")
	.description("Real terminals on all your machines, from anywhere.")
	.version(VERSION)
	.exitOverride()
	.showHelpAfterError("(homeport --help, or homeport VERB --help, teaches more)")

for (const make of [
	up,
	connect,
	spawn,
	ls,
	attach,
	send,
	screen,
	logs,
	wait,
	kill,
	rm,
	rename,
	machines,
	members,
	secrets,
	tokens,
	audit,
	workspaces,
	login,
	logout,
	upgrade,
	doctor,
])
	program.addCommand(make())
program.addCommand(link(), { hidden: true })

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
	if (error.code === "EPIPE") process.exit(EXIT.ok)
	throw error
})

try {
	if (process.platform === "win32")
		throw new Failure("Homeport does not run on Windows itself yet. In WSL it does: use it from there.")
	await program.parseAsync()
} catch (error) {
	// Help and version end with 0; commander has printed the rest.
	if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
	else fail(error, false)
}
