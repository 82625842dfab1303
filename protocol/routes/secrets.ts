// Routes about the workspace's secrets. A value goes in and never comes out, but to the session that needs it.
import * as z from "zod"
import { SECRET_BYTES } from "../limits.ts"
import type { Shape } from "../route.ts"
import { Time } from "../session.ts"

/**
 * Variables that a loader, shell, interpreter or tool takes code or programs from: who may save secrets, but start no
 * session on a machine, would run code there by them.
 */
const STEERING = new RegExp(
	`^(${[
		"LD_.*|DYLD_.*|PATH|HOME|SHELL|USER|LOGNAME|TERM|TMPDIR|GCONV_PATH|LOCPATH|GLIBC_TUNABLES|MALLOC_.*|XDG_.*",
		"IFS|ENV|BASH_ENV|BASH_FUNC.*|BASHOPTS|SHELLOPTS|PS[0-4]|PROMPT_COMMAND|ZDOTDIR",
		"EDITOR|VISUAL|PAGER|MANPAGER|LESSOPEN|LESSCLOSE|BROWSER|SSH_ASKPASS.*|SUDO_ASKPASS",
		"GIT_(SSH.*|EXEC_PATH|.*EDITOR|PAGER|ASKPASS|EXTERNAL_DIFF|PROXY_COMMAND|CONFIG.*|DIR|WORK_TREE|TEMPLATE_DIR)",
		"NODE_OPTIONS|NODE_PATH|NODE_EXTRA_CA_CERTS|NPM_CONFIG_.*|BUN_OPTIONS|PYTHON.*|PERL5.*|PERLLIB|RUBYOPT|RUBYLIB",
		"GEM_HOME|GEM_PATH|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|.*_PROXY|SSL_CERT_.*|CURL_CA_BUNDLE",
	].join("|")})$`,
	"i",
)

const NO_STEERING = "must not be one that programs take code or settings from, as PATH"

export const SecretName = z
	.string()
	.regex(/^[A-Z][A-Z0-9_]{0,63}$/, "must be capital letters, digits and underscores, as ANTHROPIC_API_KEY")
	.refine((name) => !STEERING.test(name), NO_STEERING)

/** A session gets the secret where its runtime is one of these. */
const Runtimes = z.array(z.string().min(1).max(64)).max(64)
/** The environment variable that holds it there. */
const Variable = z
	.string()
	.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "must be a name of an environment variable")
	.refine((name) => !STEERING.test(name), NO_STEERING)

export const Secret = z
	.object({
		name: SecretName,
		variable: Variable,
		runtimes: Runtimes,
		updatedAt: Time,
		updatedBy: z.string(),
		/** When a session last got it; null when none has. */
		lastUsedAt: Time.nullable(),
	})
	.meta({ id: "Secret" })
export type Secret = z.infer<typeof Secret>

const ofSecret = z.object({ secret: SecretName })
const done = z.object({})

export const secretRoutes = {
	listSecrets: {
		method: "GET",
		path: "/api/secrets",
		may: "secret:read",
		summary: "Names of the workspace's secrets, and where each goes",
		answer: z.object({ secrets: z.array(Secret) }),
	},
	saveSecret: {
		method: "PUT",
		path: "/api/secrets/:secret",
		may: "secret:manage",
		summary: "Keep a secret, sealed; a new value replaces the old one",
		params: ofSecret,
		body: z.object({
			value: z
				.string()
				.min(1)
				.max(SECRET_BYTES)
				.refine((value) => !value.includes("\0"), "must not hold a NUL character"),
			variable: Variable.optional(),
			runtimes: Runtimes.optional(),
		}),
		answer: Secret,
		shown: ["variable", "runtimes"],
	},
	bindSecret: {
		method: "PATCH",
		path: "/api/secrets/:secret",
		may: "secret:manage",
		summary: "Change which runtimes get a secret, and as which variable",
		params: ofSecret,
		body: z.object({ variable: Variable.optional(), runtimes: Runtimes.optional() }),
		answer: Secret,
		shown: ["variable", "runtimes"],
	},
	removeSecret: {
		method: "DELETE",
		path: "/api/secrets/:secret",
		may: "secret:manage",
		summary: "Forget a secret",
		params: ofSecret,
		answer: done,
	},
	checkSecret: {
		method: "POST",
		path: "/api/secrets/:secret/check",
		may: "secret:manage",
		summary: "Ask the provider whether it takes the secret, where it offers a way that costs nothing",
		params: ofSecret,
		answer: z.object({
			/** Null: nobody can be asked, or nobody answered. */
			isValid: z.boolean().nullable(),
			said: z.string(),
		}),
		rate: "make",
	},
	resealSecrets: {
		method: "POST",
		path: "/api/secrets/reseal",
		may: "secret:manage",
		summary: "Seal every secret of the workspace and its bots anew, under the newest key of the ring",
		answer: z.object({ resealed: z.int(), version: z.int() }),
		rate: "make",
	},
} as const satisfies Record<string, Shape>
