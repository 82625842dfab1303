// What wrangler.toml and the local home bind.
import type { MachineObject } from "./machine-object.ts"
import type { WorkspaceObject } from "./workspace-object.ts"

export interface Env {
	/** One object a machine, named by the machine's id. */
	MACHINE: DurableObjectNamespace<MachineObject>
	/** One object a workspace, named by the workspace's id. */
	WORKSPACE: DurableObjectNamespace<WorkspaceObject>
	/** The registry. */
	DB: D1Database
	/** The built console, the connector's bundles and the API's description. */
	ASSETS: Fetcher
	/** Signs the cookies of people. */
	AUTH_SECRET: string
	/** Signs one-time sign-in links; whoever has it is the owner. */
	SIGN_IN_KEY: string
	/** The version of this control plane, and of the connector that it serves. */
	VERSION: string
	/** Set by a home that nothing migrates from outside: the Worker then brings the registry up to date itself. */
	SELF_MIGRATE?: string
}
