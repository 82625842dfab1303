// The `homeport` command: its verbs, and what its help says about all of them. Read this first.
import { Command, CommanderError } from "commander"
import { answer } from "./commands/answer.ts"
import { attach } from "./commands/attach.ts"
import { audit } from "./commands/audit.ts"
import { broadcast } from "./commands/broadcast.ts"
import { clean } from "./commands/clean.ts"
import { clone } from "./commands/clone.ts"
import { connect } from "./commands/connect.ts"
import { cp } from "./commands/cp.ts"
import { denied } from "./commands/denied.ts"
import { diff } from "./commands/diff.ts"
import { doctor } from "./commands/doctor.ts"
import { here } from "./commands/here.ts"
import { history } from "./commands/history.ts"
import { image } from "./commands/image.ts"
import { inbox } from "./commands/inbox.ts"
import { keys } from "./commands/keys.ts"
import { kill } from "./commands/kill.ts"
import { killall } from "./commands/killall.ts"
import { link } from "./commands/link.ts"
import { loadout } from "./commands/loadout.ts"
import { login } from "./commands/login.ts"
import { logs } from "./commands/logs.ts"
import { ls } from "./commands/ls.ts"
import { machines } from "./commands/machines.ts"
import { members } from "./commands/members.ts"
import { notify } from "./commands/notify.ts"
import { open } from "./commands/open.ts"
import { profiles } from "./commands/profiles.ts"
import { ps } from "./commands/ps.ts"
import { purge } from "./commands/purge.ts"
import { rename } from "./commands/rename.ts"
import { restart } from "./commands/restart.ts"
import { rm } from "./commands/rm.ts"
import { screen } from "./commands/screen.ts"
import { secrets } from "./commands/secrets.ts"
import { send } from "./commands/send.ts"
import { spawn } from "./commands/spawn.ts"
import { stats } from "./commands/stats.ts"
import { substrates } from "./commands/substrates.ts"
import { tag } from "./commands/tag.ts"
import { tokens } from "./commands/tokens.ts"
import { up } from "./commands/up.ts"
import { upgrade } from "./commands/upgrade.ts"
import { vm } from "./commands/vm.ts"
import { wait } from "./commands/wait.ts"
import { logout, workspaces } from "./commands/workspaces.ts"
import { EXIT, Failure } from "./exit.ts"
import { typed } from "./invocation.ts"
import { fail, WANTS_JSON } from "./output.ts"
import { teaching } from "./verb.ts"
import { VERSION } from "./version.ts"

const program = teaching(new Command("homeport"))
	.description("Real terminals on all your machines, from anywhere.")
	.version(VERSION)
	.exitOverride()

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
	inbox,
	answer,
	notify,
	diff,
	cp,
	ps,
	stats,
	denied,
	kill,
	rm,
	rename,
	tag,
	restart,
	clone,
	history,
	open,
	broadcast,
	killall,
	clean,
	purge,
	machines,
	substrates,
	profiles,
	keys,
	vm,
	image,
	loadout,
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
for (const make of [link, here]) program.addCommand(make(), { hidden: true })

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
	if (error.code !== "EPIPE") fail(new Failure("file", `Standard output cannot be written (${error.code}).`))
	process.exit()
})
process.stderr.on("error", () => {})

try {
	if (process.platform === "win32")
		throw new Failure("unsupported", "Homeport does not run on Windows itself yet. In WSL it does: use it from there.")
	await program.parseAsync()
} catch (error) {
	if (!(error instanceof CommanderError)) fail(error)
	else if (error.exitCode === 0) process.exitCode = EXIT.ok
	else if (WANTS_JSON) fail(new Failure("usage", explain(error)))
	// The library has printed the rest.
	else process.exitCode = EXIT.usage
}

function explain({ code, message }: CommanderError): string {
	if (code === "commander.help") return `Say a verb; ${typed("--help")} lists them.`
	return message.replace(/^error: /, "")
}
