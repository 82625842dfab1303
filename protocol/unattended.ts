// Unattended mode: arguments by which a runtime asks nobody. Text from outside must not run so where nothing holds it in.
import type { Manifest } from "./task.ts"

/** What can be told of a task before it runs. */
type Asked = Pick<Manifest, "runtime" | "argv" | "environment" | "substrate" | "target" | "onSuccess" | "onFailure">

/**
 * Why a task whose text is from outside is refused as it is; null where it may run. The same holds for each task that
 * follows it, since what it left behind came of that text, too.
 */
export function outsideRefusal(task: Asked): string | null {
	if (!isHeldIn(task) && isUnattended(task.runtime, task.argv, task.environment))
		return `${task.runtime} would act here without asking anybody, on text from outside: choose the substrate sandbox, container or vm, or let it ask.`
	for (const follow of [...task.onSuccess, ...task.onFailure]) {
		const refusal = follow.is === "task" ? outsideRefusal(follow.manifest) : null
		if (refusal !== null) return `A task that follows it: ${refusal}`
	}
	return null
}

/** Whether something holds it in, so that what it does stays there. What is not said is the host. */
export function isHeldIn({ substrate, target }: Pick<Manifest, "substrate" | "target">): boolean {
	return (substrate !== undefined && substrate !== "host") || target.newVm !== undefined
}

/**
 * Whether a runtime, started with these arguments, may act without a person's leave. `argv` is all that it gets: also what
 * is added to run it once. What nobody knows of a runtime or an argument counts as leave.
 */
export function isUnattended(runtime: string, argv: string[], environment: Record<string, string> = {}): boolean {
	const tool = Object.hasOwn(TOOLS, runtime) ? TOOLS[runtime] : undefined
	// A shell or another program does what it is given at once; opencode asks for nothing unless its settings say so.
	if (tool === undefined) return true
	return tool(optionsOf(argv)) || Object.keys(environment).some((name) => STEERING.test(name))
}

interface Option {
	/** As it is written, without dashes; in kebab case, since yargs takes either. */
	name: string
	/** After `=` or directly behind a letter; else the next argument, whether it is one of this option or not. */
	value: string
}

/** Sources: `--help` of each program and its documentation of permissions. */
const TOOLS: Record<string, (options: Option[]) => boolean> = {
	"claude-code": (options) =>
		options.some(
			({ name, value }) =>
				/^(allow-)?dangerously-skip-permissions$/.test(name) ||
				(name === "permission-mode" && !["default", "manual", "plan", "dontAsk"].includes(value)) ||
				// Settings, and whoever answers in a person's place, can give any leave.
				["settings", "permission-prompt-tool"].includes(name),
		) || options.some(({ name, value }) => /^allowed-?tools$/i.test(name) && allowsAnyCommand(value)),
	codex: (options) =>
		options.some(
			({ name, value }) =>
				/^(dangerously-.*|yolo|full-auto|profile|p)$/.test(name) ||
				(["ask-for-approval", "a"].includes(name) && !["untrusted", "on-request"].includes(value)) ||
				(["sandbox", "s"].includes(name) && value !== "read-only") ||
				(["config", "c"].includes(name) && !/^model(_reasoning_effort|_reasoning_summary|_verbosity)?=/.test(value)),
		),
	gemini: (options) =>
		options.some(
			({ name, value }) =>
				["yolo", "y", "allowed-tools", "policy", "admin-policy"].includes(name) ||
				(name === "approval-mode" && !["default", "plan"].includes(value)),
		),
	aider: (options) =>
		// argparse takes any beginning of an option for it.
		options.some(({ name }) =>
			["yes-always", "auto-test", "test-cmd", "lint-cmd", "config", "load", "env-file"].some((full) =>
				full.startsWith(name),
			),
		),
}

/** Variables that give leave, or name settings that can. */
const STEERING = /^(HOME|PATH|XDG_CONFIG_.*|CLAUDE_CONFIG_DIR|CODEX_HOME|GEMINI_(CLI_|YOLO).*|AIDER_(?!MODEL$).*)$/i

function allowsAnyCommand(list: string): boolean {
	return list.split(/[\s,]+(?![^(]*\))/).some((tool) => /^(\*|Bash(\(\s*:?\**\s*\))?)$/.test(tool))
}

/** Also behind `--`: an option's value may be `--`, so that nobody can tell where the options end without its parser. */
function optionsOf(argv: string[]): Option[] {
	return argv.flatMap((argument, at) => {
		const next = argv[at + 1] ?? ""
		const long = /^--([^=]+)(?:=([\s\S]*))?$/.exec(argument)
		if (long !== null) return [{ name: kebab(long[1] ?? ""), value: long[2] ?? next }]
		if (!/^-[a-zA-Z]/.test(argument)) return []
		const letters = [...argument.slice(1)]
		const first = letters.findIndex((letter) => TAKES_VALUE.includes(letter))
		const [flags, value] = first === -1 ? [letters, ""] : [letters.slice(0, first + 1), argument.slice(first + 2)]
		return flags.map((name) => ({ name, value: value.replace(/^=/, "") || next }))
	})
}

/** Letters whose rest is a value, in codex and gemini. */
const TAKES_VALUE = "mcaspCio"

function kebab(name: string): string {
	return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
