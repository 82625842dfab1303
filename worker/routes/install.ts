// The install script, for the home at which it was asked.
import type { Handlers } from "../call.ts"
import { installScript } from "../install.ts"

export const install: Handlers<"installScript"> = {
	async installScript({ env, origin }) {
		return new Response(installScript(origin, env.VERSION), {
			headers: { "content-type": "text/x-shellscript; charset=utf-8" },
		})
	},
}
