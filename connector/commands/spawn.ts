// `homeport spawn`: starts a session.
import { attachTo } from "../attach.ts"
import { typed } from "../invocation.ts"
import { shortestName } from "../lookup.ts"
import { style } from "../output.ts"
import { type StartOptions, startSession, withStartOptions } from "../start-session.ts"
import { action, verb } from "../verb.ts"

interface Options extends StartOptions {
	attach?: boolean
}

export function spawn() {
	const command = verb("spawn", {
		summary: "start a session",
		description:
			"Without a command it starts your shell. With --runtime the words after -- are further arguments for it; without, they are the command itself, taken as they are: no shell reads them.",
		examples: [
			["homeport spawn", "a shell here"],
			["homeport spawn --name build -- make -j4", "a command, by name"],
			["homeport spawn --runtime claude-code --attach", "an agent, and watch it at once"],
			["homeport spawn --machine server --cwd /srv", "on another machine"],
			["homeport spawn --substrate container --loadout base", "in a container with that loadout"],
			["homeport spawn --substrate sandbox --allow *.github.com --memory 2G", "where it can do little harm"],
			["homeport spawn --runtime codex --from-git https://github.com/me/app --ref main", "in a clone of its own"],
		],
	}).argument("[argv...]", "after --: the command, or further arguments for the runtime")
	return withStartOptions(command)
		.option("--attach", "attach to it at once")
		.action(
			action<[string[]], Options>(async ({ folder, out, signIn }, options, argv) => {
				const { call, credentials } = await signIn()
				const started = await startSession(call, folder, options, argv)
				if (options.attach) return attachTo({ session: started, credentials, out })
				const called = out.json ? started.name : await shortestName(call, started)
				out.result(
					started,
					({ name, machineName }) =>
						`${style("bold", name)} runs on ${machineName}. Attach: ${typed("attach", called)}`,
				)
			}),
		)
}
