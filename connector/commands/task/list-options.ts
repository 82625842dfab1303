// The options by which tasks are listed.
import { type Command, InvalidArgumentError, Option } from "commander"
import { TASK_STATES, type TaskStateName } from "../../../protocol/task.ts"

export interface TaskListOptions {
	state?: TaskStateName
	machine?: string
	runtime?: string
	group?: string
	from?: string
	before?: string
	ended: number
}

export function listOptions(command: Command): Command {
	return command
		.addOption(new Option("--state <state>", "only those in this state").choices(TASK_STATES))
		.option("--machine <name>", "only those that are on this machine, or ran there last")
		.option("--runtime <runtime>", "only those of this runtime")
		.option("--group <group>", "only those of this submission")
		.option("--from <name>", "only those of this trigger, schedule, person or token")
		.option("--before <task>", "of those that are over, only those that ended before this one: further pages")
		.option("--ended <count>", "how many of those that are over", ended, 20)
}

function ended(text: string): number {
	const number = Number(text)
	if (!Number.isInteger(number) || number < 0 || number > 500)
		throw new InvalidArgumentError("It must be a whole number from 0 to 500.")
	return number
}
