// A runtime profile: a program that people made a runtime of, as data.
import * as z from "zod"
import { ARGV_CHARS, PATH_CHARS } from "./limits.ts"
import { Label, Mount } from "./substrate.ts"

export const VariableName = z
	.string()
	.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must have only letters, digits and underscores, and begin with no digit")

const Words = z.array(z.string().max(ARGV_CHARS)).max(64)

/** A path under the home directory, such as .config/tool/auth.json. */
const HomePath = z
	.string()
	.max(PATH_CHARS)
	.regex(/^(?!\/)(?!.*(^|\/)\.\.?(\/|$)).+$/, "must be a path under the home directory, without . or ..")

/**
 * How a program does one piece of work and ends. `{prompt}` stands for what it is asked, `{more}` for its model and the
 * person's own arguments, `{file}` for the path of a file that has the prompt.
 */
export const OneShot = z.object({
	/** With the prompt as an argument. */
	argument: Words.refine((words) => words.includes("{prompt}"), 'must have "{prompt}" as one of its words'),
	/** For a prompt that is too long for one, or could be taken for an option; null where it takes no such prompt. */
	long: z
		.object({ by: z.enum(["stdin", "file"]), words: Words })
		.refine(({ by, words }) => by === "stdin" || words.includes("{file}"), 'must have "{file}" as one of its words')
		.nullable()
		.default(null),
	/** The option that says the model; null where there is none. */
	model: z.string().min(1).max(64).nullable().default(null),
})
export type OneShot = z.infer<typeof OneShot>

export const Profile = z
	.object({
		/** What sessions name as their runtime. */
		id: Label,
		label: z.string().min(1).max(64),
		/** A program's name on the PATH, or an absolute path. */
		program: z.string().min(1).max(PATH_CHARS),
		arguments: Words.default([]),
		/** The arguments that take up its last conversation in the same directory; null where it cannot. */
		resume: Words.nullable().default(null),
		/** How to get the program. */
		install: z.string().max(1024).default(""),
		environment: z.record(VariableName, z.string().max(ARGV_CHARS)).default({}),
		/** Variables that hold secrets of the workspace, each by the secret's name. */
		secrets: z.record(VariableName, z.string().min(1).max(64)).default({}),
		/** Any one of these makes it ready: variables, or files under the home directory. */
		keys: z
			.object({ variables: z.array(VariableName).max(32).default([]), files: z.array(HomePath).max(32).default([]) })
			.default({ variables: [], files: [] }),
		/** Without a key it signs the person in, in its terminal. */
		signsIn: z.boolean().default(false),
		/** Files and folders under the home directory that a private home has, too. */
		configuration: z.array(HomePath).max(32).default([]),
		mounts: z.array(Mount).max(32).default([]),
		/** The image of its containers; the machine's default where it is not said. */
		image: z.string().max(256).nullable().default(null),
		/** Regular expressions: one that matches the screen's text says that it waits for a person. */
		waits: z.array(z.string().min(1).max(512)).max(16).default([]),
		/** Without one, a task finds its prompt where its own arguments say {prompt} or {file}. */
		oneShot: OneShot.nullable().default(null),
	})
	.meta({ id: "Profile" })
export type Profile = z.infer<typeof Profile>
