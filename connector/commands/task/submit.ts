// `homeport task submit`: gives work to a machine, whichever it is and whenever it is there.
import { InvalidArgumentError } from "commander"
import { type Matrix, MOST_AT_ONCE, type TaskView } from "../../../protocol/task.ts"
import { commas } from "../../commas.ts"
import { isOver, mentionTask } from "../../describe-task.ts"
import { duration } from "../../duration.ts"
import { EXIT, Failure } from "../../exit.ts"
import { typed } from "../../invocation.ts"
import { manifestFrom, type TaskOptions, withTaskOptions } from "../../task-options.ts"
import { action, type Context, verb } from "../../verb.ts"
import { waitForTasks } from "../../wait-for-tasks.ts"

export interface SubmitOptions extends TaskOptions {
	count?: number
	matrix: Matrix
	once?: string
	wait?: boolean
	timeout?: number
}

export function submit() {
	const command = verb("submit", {
		summary: "submit a task: work for a runtime on some machine, which waits until one can do it",
		description: `docs/tasks.md teaches the manifest. Options go before what stands in its file. Words after -- are the command of \`custom\`, or further arguments of the runtime. With --wait the exit code is ${EXIT.ok} where it succeeded, ${EXIT.failed} where it did not, and ${EXIT.timedOut} when --timeout is over first.`,
		examples: [
			["homeport task submit -f task.yaml --wait", "a manifest; ends when the task does"],
			[
				'homeport task submit --prompt "Fix the tests" --cwd . --worktree --substrate host',
				"an agent, on a branch of its own",
			],
			["homeport task submit --machine laptop -- make -j4", "a command, when the laptop is there"],
			["homeport task submit -f task.yaml --matrix os=linux,mac --matrix node=22,24", "four, one for each combination"],
			["homeport task submit -f task.yaml --once release-1.2", "said again with the same word, it is the same task"],
		],
	}).argument("[argv...]", "after --: the command, or further arguments for the runtime")
	return withSubmitOptions(command)
		.option("--count <number>", "so many of them, told apart by {{index}}", count)
		.action(action<[string[]], SubmitOptions>((context, options, argv) => submitFrom(context, options, argv)))
}

export function withSubmitOptions(command: ReturnType<typeof verb>) {
	return withTaskOptions(command)
		.option(
			"--matrix <name=values>",
			"one for each value, with commas between, as {{matrix.NAME}}; repeat it",
			matrix,
			{},
		)
		.option("--once <word>", "the same word again submits nothing, and answers with the same tasks")
		.option("--wait", "wait until it is over")
		.option("--timeout <time>", "with --wait: at most so long, such as 90, 15m or 2h", duration)
}

/** Submits what the command line says, and waits for it where that is said. Sets the exit code. */
export async function submitFrom(context: Context, options: SubmitOptions, argv: string[]): Promise<void> {
	const { folder, out, signIn } = context
	if (options.timeout !== undefined && !options.wait) throw new Failure("usage", "--timeout goes with --wait.")
	const { call, credentials } = await signIn()
	const manifest = await manifestFrom(options, argv, { credentials, identity: folder.identity })
	const { count, matrix, once } = options
	const { tasks } = await call("submitTasks", {
		body: {
			manifest,
			...(once === undefined ? {} : { key: once }),
			...(count === undefined ? {} : { count }),
			...(Object.keys(matrix).length === 0 ? {} : { matrix }),
		},
	})
	if (!options.wait) return out.result({ tasks }, () => submitted(tasks))
	await waitAndTell(context, tasks, options)
}

/** Waits, tells on the way what changes, and sets the exit code. */
export async function waitAndTell(
	{ out, signIn }: Context,
	tasks: TaskView[],
	{ timeout, any = false }: { timeout?: number; any?: boolean },
): Promise<void> {
	const { call, credentials } = await signIn()
	for (const task of tasks) if (!isOver(task.state)) out.note(mentionTask(task))
	const changed = (task: TaskView) => {
		if (!isOver(task.state)) out.note(mentionTask(task))
	}
	const over = await waitForTasks({ call, credentials, tasks, any, timeout, changed })
	out.result({ tasks: over }, () => over.map(mentionTask).join("\n"))
	if (over.some(({ state }) => state.is !== "succeeded")) process.exitCode = EXIT.failed
}

function submitted(tasks: TaskView[]): string {
	const [first] = tasks
	const hint = `Watch: ${typed("task", "logs", "-f", first?.id ?? "")}`
	return [...tasks.map((task) => `${mentionTask(task)}  ${task.id}`), ...(tasks.length === 1 ? [hint] : [])].join("\n")
}

export function count(text: string): number {
	const number = Number(text)
	if (!Number.isInteger(number) || number < 1 || number > MOST_AT_ONCE)
		throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_AT_ONCE}.`)
	return number
}

function matrix(word: string, before: Matrix): Matrix {
	const [, name = "", values = ""] = /^([^=]+)=(.*)$/s.exec(word) ?? []
	if (name === "" || commas(values).length === 0)
		throw new InvalidArgumentError("It must be a name and its values, such as os=linux,mac.")
	return { ...before, [name]: commas(values) }
}
