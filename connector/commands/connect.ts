// `homeport connect`: adds this computer to a home, and keeps it linked: now, or as a service.
import { hostname } from "node:os"
import { openDataFolder } from "../data-folder.ts"
import { enroll, nameFrom } from "../enroll.ts"
import { EXIT, Failure } from "../exit.ts"
import { type Identity, readIdentity } from "../identity.ts"
import { runLink } from "../link.ts"
import { fail, type Output } from "../output.ts"
import { installService, removeService } from "../service/service.ts"
import { action, type Context, verb } from "../verb.ts"
import { originOf } from "./login.ts"

interface Options {
	code?: string
	name?: string
	service?: boolean
	removeService?: boolean
}

export function connect() {
	return verb("connect", {
		summary: "add this computer to a home, and keep it linked",
		description:
			"With a code it makes this machine's own key and enrolls; later without. The link only dials out. With --service it is started with the computer.",
		examples: [
			["homeport connect https://home.example --code ABCD-EFGH", "enroll, then stay linked until Ctrl-C"],
			["homeport connect https://home.example --code ABCD-EFGH --service", "enroll, then install a service"],
			["homeport connect", "link an enrolled machine again"],
			["homeport connect --remove-service", "stop and remove the service; sessions go on"],
		],
	})
		.argument("[url]", "the home's address")
		.option("--code <code>", "a single-use code from the console, or from `homeport machines add`")
		.option("--name <name>", "what to call this machine (default: its host name)")
		.option("--service", "install and start a service of yours; of the whole system when you are root")
		.option("--remove-service", "stop and remove that service")
		.action(
			action<[string | undefined], Options>(async (context, options, url) => {
				const { folder, out } = context
				if (options.removeService) {
					const removed = await removeService()
					return out.result({ removed }, (path) => `Removed the service (${path.removed}). Sessions go on.`)
				}
				openDataFolder(folder)
				const identity = await findOrEnroll(context, url, options)
				if (options.service) {
					const service = await installService(folder)
					return out.result(
						{ machine: identity.machine, name: identity.name, url: identity.url, service: service.path },
						() =>
							[`${identity.name} is linked to ${identity.url} by the service ${service.path}.`, ...service.hints].join(
								"\n",
							),
					)
				}
				await linkUntilStopped(identity, folder.path, out)
			}),
		)
}

async function findOrEnroll({ folder, out }: Context, url: string | undefined, options: Options): Promise<Identity> {
	const saved = await readIdentity(folder.identity)
	if (options.code === undefined) {
		if (saved === undefined)
			throw new Failure("This machine is not enrolled. Give a home's address and --code.", EXIT.usage)
		if (url !== undefined && originOf(url) !== saved.url)
			throw new Failure(
				`This machine calls ${saved.url}. To move it to ${originOf(url)}, give a --code from there.`,
				EXIT.usage,
			)
		return saved
	}
	if (url === undefined) throw new Failure("Give the home's address beside --code.", EXIT.usage)
	const name = options.name ?? nameFrom(hostname())
	const identity = await enroll(folder, { url: originOf(url), code: options.code, name, home: false })
	if (!out.json) out.note(`Enrolled as ${identity.name}.`)
	return identity
}

async function linkUntilStopped(identity: Identity, dataDir: string, out: Output): Promise<void> {
	const stop = new AbortController()
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort())
	const { machine, name, url } = identity
	out.result({ machine, name, url, pid: process.pid }, () => `${name} calls ${url}. Ctrl-C unlinks it; sessions go on.`)
	try {
		await runLink({ url, identity, dataDir, log: out.note, signal: stop.signal })
	} catch (error) {
		fail(error, out.json)
	}
	// The connections to holders would keep this process; the holders themselves go on.
	process.exit()
}
