// `homeport image`: what containers are made from.

import { Image } from "../../protocol/substrate.ts"
import { Failure } from "../exit.ts"
import { runJob } from "../job.ts"
import { findMachine } from "../lookup.ts"
import { action, verb } from "../verb.ts"

export function image() {
	const image = verb("image", {
		summary: "what containers are made from",
		description: "An image that a session asks for by --image is got by itself where the machine does not have it.",
		examples: [["homeport image build", "Debian with what agents need, from packages: no registry is asked"]],
	})
	image.addCommand(build())
	return image
}

function build() {
	return verb("build", {
		summary: "make the image that containers have by default",
		description:
			"It takes some minutes, with mmdebstrap on the machine. The first session without --image does it, too.",
		examples: [
			["homeport image build", "make it, or make it anew"],
			["homeport image build --name team/debian:1", "under another name, for spawn --image"],
		],
	})
		.option("--name <name>", "what it is called (default: homeport/debian:12)")
		.option("--machine <name>", "on which machine (default: this computer, or the only machine)")
		.action(
			action<[], { name?: string; machine?: string }>(async ({ folder, out, signIn }, { name, machine: wanted }) => {
				if (name !== undefined && !Image.safeParse(name).success)
					throw new Failure("usage", `"${name}" is no image's name, such as team/debian:1.`)
				const { call, credentials } = await signIn()
				const machine = await findMachine(call, wanted, folder.identity)
				const argv = ["container-image", ...(name === undefined ? [] : ["--name", name])]
				await runJob({ call, credentials, out, machine, argv })
			}),
		)
}
