// Git beside a session: nothing that a repository brings is run, and a secret reaches git by its environment alone.
import { spawn } from "node:child_process"
import { sessionEnvironment } from "../runtimes.ts"
import { SAFE } from "../workdir/make.ts"
import { Failed, Stopped } from "./failed.ts"

/** What git signs in with at one origin. */
export interface Credential {
	user: string
	secret: string
	/** Such as "https://github.com"; git sends it nowhere else. */
	origin: string
}

export interface GitDone {
	code: number | null
	output: string
	/** The last of what it has said. */
	errors: string
}

interface How {
	cwd: string
	credential?: Credential | undefined
	signal?: AbortSignal | undefined
	timeoutMs?: number
}

/** A large repository on a slow line. */
const GIT_MS = 60 * 60_000
const OUTPUT_CHARS = 1_000_000
const ERRORS_CHARS = 8_192

/** The credential for a repository's address. Throws Failed where it could be read on its way. */
export function credentialFor(url: string, user: string, secret: string): Credential {
	const parsed = URL.canParse(url) ? new URL(url) : null
	const isLocal = parsed !== null && ["127.0.0.1", "[::1]", "localhost"].includes(parsed.hostname)
	if (parsed === null || !(parsed.protocol === "https:" || (parsed.protocol === "http:" && isLocal)))
		throw new Failed("prepare", "A credential goes over HTTPS alone: give the repository's https:// address.")
	if (/[\0\r\n]/.test(secret)) throw new Failed("prepare", "The credential has a line break in it.")
	return { user, secret, origin: parsed.origin }
}

/** Answers how it ended. Throws Stopped, and Failed where there is no git. */
export function git(args: string[], how: How): Promise<GitDone> {
	return program("git", [...SAFE, ...credentialOptions(how.credential), ...args], how)
}

/** The same for a script of ours that calls git: `"$@"` at its end are the options of the credential. */
export function gitScript(script: string, args: string[], how: How): Promise<GitDone> {
	return program("/bin/sh", ["-c", script, "sh", ...args, ...credentialOptions(how.credential)], how)
}

/** Git's last sentence, for a person. */
export function whyGit({ errors, code }: GitDone): string {
	const lines = errors.split(/[\r\n]+/).filter((line) => line.trim() !== "")
	const told = lines.findLast((line) => /^(fatal|error|remote: (?:fatal|error))/i.test(line)) ?? lines.at(-1)
	return told ?? `git has ended with ${code ?? "a signal"}`
}

function credentialOptions(credential: Credential | undefined): string[] {
	if (credential === undefined) return []
	return [
		"credential.helper=",
		`credential.${credential.origin}.helper=${HELPER}`,
		"http.followRedirects=false",
	].flatMap((setting) => ["-c", setting])
}

const HELPER = `!f() { [ "$1" = get ] && printf 'username=%s\\npassword=%s\\n' "$HOMEPORT_GIT_USER" "$HOMEPORT_GIT_SECRET"; }; f`

function program(name: string, args: string[], { cwd, credential, signal, timeoutMs = GIT_MS }: How): Promise<GitDone> {
	if (signal?.aborted === true) return Promise.reject(new Stopped())
	const child = spawn(name, args, {
		cwd,
		stdio: ["ignore", "pipe", "pipe"],
		// So that what it has started ends with it.
		detached: true,
		env: {
			...sessionEnvironment(),
			GIT_SSH_COMMAND: process.env.GIT_SSH_COMMAND ?? "ssh -o BatchMode=yes",
			GIT_TERMINAL_PROMPT: "0",
			GIT_ASKPASS: "",
			SSH_ASKPASS: "",
			LC_ALL: "C",
			...(credential === undefined
				? {}
				: {
						GIT_CONFIG_GLOBAL: "/dev/null",
						GIT_CONFIG_NOSYSTEM: "1",
						HOMEPORT_GIT_USER: credential.user,
						HOMEPORT_GIT_SECRET: credential.secret,
					}),
		},
	})
	const kill = () => {
		try {
			if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
		} catch {
			// It has ended by itself.
		}
	}
	let isLate = false
	const timer = setTimeout(() => {
		isLate = true
		kill()
	}, timeoutMs)
	signal?.addEventListener("abort", kill, { once: true })
	let output = ""
	let errors = ""
	const hidden = (text: string) => (credential === undefined ? text : text.replaceAll(credential.secret, "•••"))
	child.stdout.on("data", (bytes: Buffer) => {
		output = (output + bytes.toString()).slice(0, OUTPUT_CHARS)
	})
	child.stderr.on("data", (bytes: Buffer) => {
		errors = (errors + bytes.toString()).slice(-ERRORS_CHARS)
	})
	return new Promise((resolve, reject) => {
		child.once("error", () => reject(new Failed("prepare", "There is no git on this machine.")))
		child.once("close", (code) => {
			clearTimeout(timer)
			signal?.removeEventListener("abort", kill)
			if (signal?.aborted === true) return reject(new Stopped())
			resolve({ code, output, errors: isLate ? "It took too long." : hidden(errors) })
		})
	})
}
