// The job `container-image`: the image that containers have by default, made on this machine from Debian's packages.

import { Image } from "../../protocol/substrate.ts"
import { Failure } from "../exit.ts"
import { Engine } from "../substrates/container/engine.ts"
import { buildDefault, DEFAULT_IMAGE } from "../substrates/container/images.ts"
import { action, verb } from "../verb.ts"

export function containerImage() {
	return verb("container-image", {
		summary: "make the image of containers",
		examples: [["homeport here container-image", "what `homeport image build` starts"]],
	})
		.option("--name <name>", "what it is called", DEFAULT_IMAGE)
		.action(
			action<[], { name: string }>(async ({ folder, out }, { name }) => {
				if (!Image.safeParse(name).success) throw new Failure("usage", `"${name}" is no image's name.`)
				const say = (line: string) => out.note(line)
				await buildDefault(await Engine.get(), name, folder.path, { say, progress: say })
			}),
		)
}
