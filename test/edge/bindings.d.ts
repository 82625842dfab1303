// What the edge's tests get from the runtime: the bindings, and the Worker itself.
declare namespace Cloudflare {
	interface Env extends HomeportEnv {}
	interface GlobalProps {
		mainModule: typeof import("../../worker/index.ts")
	}
}
type HomeportEnv = import("../../durable-objects/env.ts").Env
