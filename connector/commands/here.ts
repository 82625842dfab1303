// `homeport here`: the program of a job's session, which works on this machine itself. Not for people, and so not in the help.
import { containerImage } from "../jobs/container-image.ts"
import { loadoutApply } from "../jobs/loadout-apply.ts"
import { vmImageAdd, vmImageBuild } from "../jobs/vm-image.ts"
import { workdir } from "../jobs/workdir.ts"
import { verb } from "../verb.ts"

export function here() {
	const here = verb("here", {
		summary: "do a job on this machine, in its session",
		examples: [["homeport here loadout-apply base", "what `homeport loadout apply base` starts"]],
	})
	for (const make of [containerImage, workdir, loadoutApply, vmImageBuild, vmImageAdd]) here.addCommand(make())
	return here
}
