// One loadout's file as it is written: every key that it may have, and what each may hold.
import * as z from "zod"
import { ARGV_CHARS, LOADOUT_BYTES } from "../../protocol/limits.ts"
import { VariableName } from "../../protocol/profile.ts"
import { Secret, SecretName } from "../../protocol/routes/secrets.ts"
import { Label } from "../../protocol/substrate.ts"
import { RUNTIMES } from "../runtimes.ts"

/** In the order in which they are applied. A failure in a core phase ends the whole; in another it is told. */
export const PHASES = {
	packages: { isCore: true },
	tools: { isCore: true },
	runtimes: { isCore: true },
	files: { isCore: true },
	skills: { isCore: false },
	mcp: { isCore: false },
	commands: { isCore: false },
} as const satisfies Record<string, { isCore: boolean }>
export type PhaseName = keyof typeof PHASES
export const PHASE_NAMES = Object.keys(PHASES) as PhaseName[]

/** The runtimes whose MCP servers can be written into their settings. */
export const MCP_RUNTIMES = ["claude-code", "codex", "gemini", "opencode"] as const
export type McpRuntime = (typeof MCP_RUNTIMES)[number]

const Text = z
	.string()
	.max(LOADOUT_BYTES)
	.refine((text) => !text.includes("\0"), "must not hold a NUL character")
const Word = Text.min(1, "must not be empty").max(ARGV_CHARS)

/** YAML's own words for yes and no are text to the parser, so that no version and no variable is taken for one. */
const Flag = z.enum(["true", "false"], "must be true or false").transform((word) => word === "true")

const VERSION = String.raw`\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?`
const NPM_NAME = `(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*`
const PIP_NAME = String.raw`[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._-]+\])?`

const AptPackage = z
	.string()
	.regex(/^[a-z0-9][a-z0-9+.-]*(=[A-Za-z0-9][A-Za-z0-9.+:~-]*)?$/, "must be a Debian package, such as jq or jq=1.6-2.1")

const NpmPackage = pinned("an npm package", NPM_NAME, "@", VERSION, "typescript@5.9.3")
const PipPackage = pinned("a Python package", PIP_NAME, "==", String.raw`\d[A-Za-z0-9.+!]*`, "httpie==3.2.4")

const INSTALLABLE = RUNTIMES.flatMap((runtime) => (runtime.package === null ? [] : [runtime.id]))
const RuntimeVersion = pinned(
	`one of ${INSTALLABLE.join(", ")}`,
	`(?:${INSTALLABLE.join("|")})`,
	"@",
	String.raw`\d[0-9A-Za-z.+-]*`,
	"codex@0.169.0",
)

/** A name with an exact version: what is installed today is what is installed tomorrow. */
function pinned(what: string, name: string, sign: string, version: string, example: string) {
	const whole = new RegExp(`^${name}${sign}${version}$`)
	const named = new RegExp(`^${name}(${sign}.*)?$`)
	return z.string().superRefine((text, context) => {
		if (whole.test(text)) return
		const message = named.test(text)
			? `must have an exact version, such as ${example}`
			: `must be ${what} with its version, such as ${example}`
		context.addIssue({ code: "custom", message })
	})
}

const Binary = z.strictObject({
	/** What it is called on the PATH. */
	name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/, "must be a program's name, without a slash"),
	url: z
		.string()
		.max(2048)
		.regex(
			/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?\/)[^\s]+$/,
			"must be an address that begins with https://",
		),
	sha256: z
		.string()
		.regex(/^[0-9a-f]{64}$/, "must be the SHA-256 of what is there: 64 digits in lower-case hexadecimal"),
	/** Where it is an archive: the path of the program in it. */
	member: z
		.string()
		.regex(/^(?![/-])(?!.*(^|\/)\.\.(\/|$))[^\0]+$/, "must be a path in the archive, with no .. in it")
		.optional(),
})

/** Under the home directory, or where a system keeps what its administrator adds. */
const TargetPath = z
	.string()
	.max(1024)
	.regex(
		/^(~|\/etc|\/opt|\/usr\/local)(\/(?!\.\.?(\/|$))[^/\0]+)+$/,
		"must be a file under ~/, /etc/, /opt/ or /usr/local/, with no .. in its path",
	)

const File = z
	.strictObject({
		path: TargetPath,
		content: Text.optional(),
		/** Its content is this secret of the workspace. */
		secret: SecretName.optional(),
		mode: z
			.string()
			.regex(/^0?[0-7]{3}$/, "must be a file mode, such as 0644")
			.optional(),
	})
	.refine(
		({ content, secret }) => (content === undefined) !== (secret === undefined),
		"must have either content or secret",
	)
	.refine(({ secret, mode }) => secret === undefined || mode === undefined || /00$/.test(mode), {
		path: ["mode"],
		message: "must let its owner only read a secret: 0600 or 0700",
	})

const Skill = z
	.strictObject({
		name: Label,
		/** A folder of the machine that applies it. */
		folder: z
			.string()
			.regex(
				/^(\/|~\/)(?!.*(^|\/)\.\.(\/|$))[^\0]*$/,
				"must be an absolute path, or one that begins with ~/, with no .. in it",
			)
			.optional(),
		git: z
			.string()
			.max(2048)
			.regex(
				/^((https|ssh|file):\/\/|[a-z_][a-z0-9_-]*@[A-Za-z0-9])[^\s\0]+$/,
				"must be a repository's address, such as https://…",
			)
			.optional(),
		/** The commit itself: a branch or tag may say something else tomorrow. */
		commit: z
			.string()
			.regex(/^[0-9a-f]{40}$/, "must be a whole commit id: 40 digits in lower-case hexadecimal")
			.optional(),
		/** A folder of the repository. */
		path: z
			.string()
			.regex(/^(?![/-])(?!.*(^|\/)\.\.?(\/|$))[^\0:]+$/, "must be a path in the repository, with no .. in it")
			.optional(),
	})
	.refine(({ folder, git }) => (folder === undefined) !== (git === undefined), "must have either folder or git")
	.refine(({ git, commit }) => (git === undefined) === (commit === undefined), "from git must have a commit")
	.refine(({ git, path }) => git !== undefined || path === undefined, "from a folder has no path of its own")

const McpServer = z.strictObject({
	command: Word,
	args: z.array(Text).max(64).default([]),
	/** Each variable's value as it is, or the name of a secret, which the server gets from its session. */
	env: z
		.record(
			VariableName,
			z.union([Text, z.strictObject({ secret: SecretName })], "must be text, or secret: and its name"),
		)
		.default({}),
	/** Which runtimes get it; those that the loadout installs where it is not said, or all. */
	for: z.array(z.enum(MCP_RUNTIMES)).min(1).optional(),
})
export type McpServer = z.infer<typeof McpServer>

const CommandStep = z
	.strictObject({
		name: z.string().min(1).max(64),
		/** A program and its arguments, as they are. */
		run: z.array(Text).min(1).max(256).optional(),
		/** A script for sh. */
		sh: Word.optional(),
		/** As the administrator; as the person otherwise. */
		root: Flag.default(false),
		/** Variables among `secrets` that it finds in its environment. */
		secrets: z.array(z.string()).max(64).default([]),
	})
	.refine(({ run, sh }) => (run === undefined) !== (sh === undefined), "must have either run or sh")

export const Layer = z.strictObject({
	extends: z.array(Label).max(16).default([]),
	description: z.string().max(256).default(""),
	tools: z
		.strictObject({
			apt: z.array(AptPackage).max(256).default([]),
			npm: z.array(NpmPackage).max(256).default([]),
			pip: z.array(PipPackage).max(256).default([]),
			binaries: z.array(Binary).max(64).default([]),
		})
		.prefault({}),
	runtimes: z.array(RuntimeVersion).max(16).default([]),
	files: z.array(File).max(256).default([]),
	skills: z.array(Skill).max(64).default([]),
	mcp: z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "must be a server's name"), McpServer).default({}),
	commands: z.array(CommandStep).max(64).default([]),
	environment: z.record(VariableName, Text).default({}),
	secrets: z.record(Secret.shape.variable, SecretName).default({}),
	/** Phases whose failure ends the whole, or does not, unlike what is usual for them. */
	core: z.partialRecord(z.enum(PHASE_NAMES), Flag).default({}),
})
export type Layer = z.infer<typeof Layer>
