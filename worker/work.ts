// The way to what a workspace's object does of tasks, schedules and triggers: each method of its `Work`, called there.
import type { Env } from "../durable-objects/env.ts"
import type { Work } from "../durable-objects/work.ts"
import { workspaceOf } from "./feed.ts"

export function workOf(env: Env, workspaceId: string): RemoteWork {
	const call =
		(name: string) =>
		(...of: unknown[]) =>
			workspaceOf(env, workspaceId).work(workspaceId, name as keyof Work, of)
	// A promise is looked for `then`: this has none.
	return new Proxy({}, { get: (_, name) => (name === "then" ? undefined : call(String(name))) }) as RemoteWork
}

type RemoteWork = {
	[Name in keyof Work]: (...of: Parameters<Work[Name]>) => Promise<Awaited<ReturnType<Work[Name]>>>
}
