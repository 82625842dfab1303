// One verb of the command: the options that all have, examples in its help, and one way to fail.
import { Command } from "commander"
import type { Client } from "../protocol/client.ts"
import { type Credentials, findCredentials, signedIn } from "./credentials.ts"
import { type DataFolder, dataFolder } from "./data-folder.ts"
import { nameDataFolder, typed } from "./invocation.ts"
import { fail, type Output, output, WANTS_JSON } from "./output.ts"

/** What every verb is given. */
export interface Context {
	folder: DataFolder
	out: Output
	/** Where to call, and by which token. */
	credentials(): Promise<Credentials>
	/** The API, signed in with the saved or given token. */
	signIn(): Promise<{ call: Client; credentials: Credentials }>
}

interface Help {
	summary: string
	/** Shown under the summary in the verb's own help. */
	description?: string
	/** A command line and what it does. */
	examples: [line: string, what: string][]
}

export function verb(name: string, help: Help): Command {
	const sentence = `${help.summary[0]?.toUpperCase()}${help.summary.slice(1)}.`
	const command = teaching(new Command(name))
		.summary(help.summary)
		.description(help.description === undefined ? sentence : `${sentence} ${help.description}`)
		.exitOverride()
		.option("--json", "print one line of JSON for programs")
		.option("--workspace <name>", "the workspace that is meant (default: HOMEPORT_WORKSPACE, else the current one)")
		.option("--data-dir <folder>", "the data folder (default: HOMEPORT_DATA_DIR, else your user data folder)")
	const width = Math.max(...help.examples.map(([line]) => line.length))
	const examples = help.examples.map(([line, what]) => `  $ ${line.padEnd(width)}  # ${what}`)
	return command.addHelpText("after", `\nExamples:\n${examples.join("\n")}`)
}

/** Says of a wrong command line where to learn more; main.ts tells it where JSON is asked for. */
export function teaching(command: Command): Command {
	return command.configureOutput({
		...(WANTS_JSON && { writeErr() {} }),
		outputError: (text, write) => write(`${text}(${typed(...wordsOf(command), "--help")} teaches more)\n`),
	})
}

/** The verb, and the one that it belongs to. */
function wordsOf(command: Command): string[] {
	return command.parent === null ? [] : [...wordsOf(command.parent), command.name()]
}

interface Common {
	dataDir?: string
	workspace?: string
}

/** Makes a verb's deed an action: whatever it throws is told, and becomes the exit code. */
export function action<Args extends unknown[], Options extends object>(
	deed: (context: Context, options: Options & Common, ...args: Args) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
	return async (...all) => {
		const command = all.at(-1) as Command
		const options = command.optsWithGlobals<Options & Common>()
		try {
			const folder = dataFolder(options.dataDir)
			if (folder.isNamed) nameDataFolder(folder.path)
			const context: Context = {
				folder,
				out: output(),
				credentials: () => findCredentials(folder.credentials, options.workspace ?? process.env.HOMEPORT_WORKSPACE),
				async signIn() {
					const credentials = await context.credentials()
					return { call: signedIn(credentials), credentials }
				},
			}
			await deed(context, options, ...(all.slice(0, -2) as Args))
		} catch (error) {
			fail(error)
		}
	}
}
