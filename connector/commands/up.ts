// `homeport up`: runs a home on this computer until Ctrl-C.
import { InvalidArgumentError } from "commander"
import { signSignInLink } from "../../protocol/sign-in-link.ts"
import { EXIT, Failure } from "../exit.ts"
import { hasDesktop, openBrowser } from "../home/browser.ts"
import { type Home, startHome } from "../home/home.ts"
import { reachedAt } from "../home/reach.ts"
import { readRunning } from "../home/running.ts"
import { addSecretKey, readSecrets } from "../home/secrets.ts"
import { typed } from "../invocation.ts"
import { style } from "../output.ts"
import { action, type Context, verb } from "../verb.ts"

interface Options {
	port: number
	host: string
	open: boolean
	signInLink?: boolean
	rotateSecretKey?: boolean
}

export function up() {
	return verb("up", {
		summary: "run the control plane and console on this computer, with it as the first machine",
		description:
			"Everything lives in one data folder; starting again finds it all. Sessions go on when this stops. `npm start` builds what is missing and then runs this.",
		examples: [
			["homeport up", "print a sign-in link, open it, run until Ctrl-C"],
			["homeport up --port 8080 --no-open", "another port, no browser"],
			["homeport up --sign-in-link", "a fresh sign-in link for the home that runs now"],
			["homeport up --rotate-secret-key", "a new key for secrets; then `homeport secrets reseal`"],
			["homeport up --json --no-open", "one line of JSON when ready"],
		],
	})
		.option("--port <number>", "the port to listen on; 0 for any free one", port, 7400)
		.option("--host <address>", "the address to listen on; 0.0.0.0 for all", "127.0.0.1")
		.option("--no-open", "do not open a browser")
		.option("--sign-in-link", "print a one-time sign-in link for the running home, and end")
		.option("--rotate-secret-key", "add a key that seals secrets from the next start on, and end")
		.action(
			action<[], Options>((context, options) => {
				if (options.signInLink) return signInLink(context)
				return options.rotateSecretKey ? rotateSecretKey(context) : run(context, options)
			}),
		)
}

function port(text: string): number {
	const number = Number(text)
	if (!Number.isInteger(number) || number < 0 || number > 65_535)
		throw new InvalidArgumentError("It must be 0 to 65535.")
	return number
}

async function signInLink({ folder, out }: Context): Promise<void> {
	const secrets = await readSecrets(folder)
	const running = await readRunning(folder)
	if (secrets === undefined || running === undefined)
		throw new Failure("not_running", `No home runs over ${folder.path}. Start it with \`${typed("up")}\`.`)
	const signInUrl = `${running.url}/sign-in#${await signSignInLink(secrets.signInKey, Date.now())}`
	out.result({ url: running.url, signInUrl }, () => named(signInUrl))
}

async function rotateSecretKey({ folder, out }: Context): Promise<void> {
	if ((await readSecrets(folder)) === undefined)
		throw new Failure("not_running", `No home has run over ${folder.path}. Start it with \`${typed("up")}\`.`)
	const key = await addSecretKey(folder)
	out.result(
		{ key },
		() =>
			`Key ${key} seals from the next start on. Then \`${typed("secrets", "reseal")}\`, in each workspace, moves what is sealed already.`,
	)
}

async function run({ folder, out }: Context, { port, host, open }: Options): Promise<void> {
	const stopAsked = untilAskedToStop()
	const home = await startHome({ folder, host, port, note: out.note })
	const { url, signInUrl, token, machine, linked, pids } = home
	out.result({ url, signInUrl, token, dataDir: folder.path, machine, linked, pids }, () =>
		welcome(home, host, folder.path),
	)
	if (open && !out.json && hasDesktop()) openBrowser(named(signInUrl))
	await stopAsked
	if (!out.json) out.note("\nStopping. Sessions go on, and are here again after the next start.")
	await home.stop()
	process.exit()
}

/** Browsers have no passkeys for an address that is no name. */
function named(url: string): string {
	return url.replace("//127.0.0.1:", "//localhost:")
}

function welcome({ url, signInUrl, machine, linked }: Home, host: string, dataDir: string): string {
	const state = linked ? "linked" : "not linked yet; its log is in the data folder"
	const lines = [
		`Homeport runs at ${style("bold", url)}`,
		"",
		`  Sign in   ${style("bold", named(signInUrl))}`,
		`            good once, for an hour; \`${typed("up", "--sign-in-link")}\` makes another`,
		`  Machine   ${machine === null ? `this computer calls no home, or another one (\`${typed("connect", "URL", "--code", "CODE")}\` changes that)` : `${machine.name}, ${state}`}`,
		`  Data      ${dataDir}`,
		...openTo(host, url),
		"",
		"Ctrl-C stops it; sessions go on without it.",
	]
	return lines.join("\n")
}

/** Who else can reach it, where that is more than this computer. */
function openTo(host: string, url: string): string[] {
	const addresses = reachedAt(url, host)
	if (addresses.length === 0) return []
	return [
		`  Open to   ${addresses.join("  ")}`,
		"            without encryption: outside of a network that you trust, put a proxy with TLS before it",
	]
}

/** The first of the signals that ask to end; one more, when a person loses patience, ends at once. */
function untilAskedToStop(): Promise<void> {
	return new Promise((resolve) => {
		let asked: number | undefined
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
			process.on(signal, () => {
				// npm passes on what the terminal has sent already: the same Ctrl-C may come twice.
				if (asked !== undefined && Date.now() - asked > SAME_MS) process.exit(EXIT.failed)
				asked ??= Date.now()
				resolve()
			})
	})
}

const SAME_MS = 1_000
