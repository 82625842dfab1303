// `homeport connect`: adds this computer to a home, and keeps it linked: now, or as a service.
import { hostname } from "node:os"
import { Refusal } from "../../protocol/errors.ts"
import { originOf } from "../credentials.ts"
import { type DataFolder, openDataFolder } from "../data-folder.ts"
import { enroll, enrollByDevice } from "../enroll.ts"
import { Failure } from "../exit.ts"
import { type Identity, mustBeEnrolled, readIdentity } from "../identity.ts"
import { runLink } from "../link.ts"
import { leftHere } from "../local-sessions.ts"
import { nameFrom } from "../names.ts"
import { fail, type Output } from "../output.ts"
import { installService, removeService } from "../service/service.ts"
import { action, type Context, verb } from "../verb.ts"

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
			"The first time it makes this machine's own key and enrolls: with a code, or without one by asking a person to approve it in a browser. The link only dials out. With --service it is started with the computer.",
		examples: [
			["homeport connect https://home.example --code ABCD-EFGH", "enroll, then stay linked until Ctrl-C"],
			["homeport connect https://home.example --code ABCD-EFGH --service", "enroll, then install a service"],
			["homeport connect https://home.example", "enroll by approving a short code in a browser"],
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
				await linkUntilStopped(identity, folder, out)
			}),
		)
}

async function findOrEnroll({ folder, out }: Context, url: string | undefined, options: Options): Promise<Identity> {
	const saved = await readIdentity(folder.identity)
	const { code } = options
	if (url === undefined && code !== undefined) throw new Failure("usage", "Give the home's address beside --code.")
	if (url === undefined) {
		if (saved === undefined) throw new Failure("usage", "This machine is not enrolled. Give a home's address.")
		return saved
	}
	const origin = originOf(url)
	if (code === undefined && saved?.url === origin) return saved
	if (code === undefined && saved !== undefined)
		throw new Failure("usage", `This machine calls ${saved.url}. To move it to ${origin}, give a --code from there.`)
	const wanted = { url: origin, name: options.name ?? nameFrom(hostname(), "machine"), home: false }
	const identity = await (code === undefined
		? enrollByDevice(folder, wanted, out)
		: enroll(folder, { ...wanted, code }))
	if (!out.json) out.note(`Enrolled as ${identity.name}.`)
	return identity
}

async function linkUntilStopped({ machine, name, url }: Identity, folder: DataFolder, out: Output): Promise<void> {
	const stop = new AbortController()
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort())
	const began = () =>
		out.result(
			{ machine, name, url, pid: process.pid },
			() => `${name} calls ${url}. Ctrl-C unlinks it; sessions go on.`,
		)
	try {
		const identity = () => mustBeEnrolled(folder.identity)
		await runLink({ url, identity, dataDir: folder.path, began, log: out.note, signal: stop.signal })
	} catch (error) {
		fail(error)
		if (error instanceof Refusal && !out.json) out.note(leftHere())
	}
	// The connections to holders would keep this process; the holders themselves go on.
	process.exit()
}
