// `homeport keys`: which runtimes a machine has, and which of them have their keys.
import type { RuntimeInfo } from "../../protocol/session.ts"
import { findMachine } from "../lookup.ts"
import { style, table } from "../output.ts"
import { action, verb } from "../verb.ts"

export function keys() {
	return verb("keys", {
		summary: "which runtimes a machine has, and which of them are ready",
		description:
			"A runtime is ready by a variable of the connector, or by a sign-in on the machine. Secrets of the workspace come with each start, and are listed by `homeport secrets`.",
		examples: [
			["homeport keys", "this computer's"],
			["homeport keys --machine server", "another machine's"],
		],
	})
		.option("--machine <name>", "which machine (default: this computer, or the only machine)")
		.action(
			action<[], { machine?: string }>(async ({ folder, out, signIn }, options) => {
				const { call } = await signIn()
				const machine = await findMachine(call, options.machine, folder.identity)
				const { runtimes } = await call("listRuntimes", { params: { machine: machine.id } })
				out.result({ machine: machine.id, runtimes }, () => table(HEAD, runtimes.map(row)))
			}),
		)
}

const HEAD = ["RUNTIME", "VERSION", "READY", "PROGRAM"]

function row(runtime: RuntimeInfo): string[] {
	const { id, isProfile, version, program } = runtime
	return [`${style("bold", id)}${isProfile ? " (profile)" : ""}`, version ?? "-", ready(runtime), program ?? "-"]
}

function ready({ program, install, missingKeys, signsIn }: RuntimeInfo): string {
	if (program === null) return install === "" ? "not installed" : `not installed: ${install}`
	if (missingKeys.length === 0) return "ready"
	return `no key: ${missingKeys.join(" or ")}${signsIn ? ", or sign in with --without-key" : ""}`
}
