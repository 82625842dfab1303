// Why no machine can ever do a task, as far as its manifest tells: said before it waits for one.
import { BUILT_IN, CUSTOM, JOB } from "./session.ts"
import type { Manifest } from "./task.ts"

type Asked = Pick<Manifest, "runtime" | "prompt" | "argv" | "workOn" | "changes" | "substrate" | "target">

/** For a person; null where a machine may be able to. A profile of a machine decides for itself whether it needs a prompt. */
export function undoable(task: Asked): string | null {
	return nothingToDo(task) ?? misplaced(task)
}

function nothingToDo({ runtime, prompt, argv }: Asked): string | null {
	if (runtime === CUSTOM)
		return argv.length === 0 ? "There is nothing to do: the runtime custom needs its command." : null
	const needsPrompt = BUILT_IN.includes(runtime) && runtime !== JOB
	return needsPrompt && prompt.trim() === "" ? `There is nothing to do: the runtime ${runtime} needs a prompt.` : null
}

/** Of these: why what it works on, what it runs in and what becomes of its changes do not go together. */
export function misplaced({ workOn, changes, substrate, target }: Asked): string | null {
	if (target.newVm !== undefined && substrate !== undefined && substrate !== "vm")
		return `A new VM cannot be a ${substrate}: leave out one of the two.`
	if (isInVm({ target, substrate })) {
		if (workOn?.is === "directory") return "A VM sees no folder of its machine: name a repository by its address."
		if (changes.do !== "keep")
			return "Nothing in a VM is trusted to write a commit here: let the task push it itself, or take a container."
	}
	if (workOn?.is === "directory" && workOn.worktree && substrate !== "host")
		return "A worktree shares its repository's hooks and settings with the host: say substrate: host, or take a clone."
	if (changes.do === "keep") return null
	if (workOn === undefined) return `There is no repository whose changes could be kept by "${changes.do}".`
	return changes.do === "pull-request" && workOn.is === "repository" && workOn.credential === undefined
		? "A pull request needs the repository's credential: name its secret."
		: null
}

/** Whether it works in a VM: it is prepared on its machine, and everything goes into it then. */
export function isInVm({ target, substrate }: Pick<Manifest, "target" | "substrate">): boolean {
	return target.newVm !== undefined || substrate === "vm"
}
