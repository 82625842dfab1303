// The real control plane, whose machine objects count how often they are woken. Nothing in them asks for the count.

import type { Env } from "../../../durable-objects/env.ts"
import { MachineObject as RealMachineObject } from "../../../durable-objects/machine-object.ts"
import worker, { Outside, WorkspaceObject } from "../../../worker/index.ts"

export { Outside, WorkspaceObject }

/** Objects and Worker are in one isolate here, so that this needs no storage, and no call that would itself wake them. */
const wakes = { constructed: 0, fetched: 0, messages: 0, closed: 0, alarms: 0 }

export class MachineObject extends RealMachineObject {
	constructor(context: DurableObjectState, env: Env) {
		super(context, env)
		wakes.constructed++
	}

	override fetch(request: Request): Response {
		wakes.fetched++
		return super.fetch(request)
	}

	override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
		wakes.messages++
		return super.webSocketMessage(socket, data)
	}

	override webSocketClose(socket: WebSocket): void {
		wakes.closed++
		return super.webSocketClose(socket)
	}

	override alarm(): void {
		wakes.alarms++
		return super.alarm()
	}
}

export default {
	fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> {
		if (new URL(request.url).pathname === "/wakes") return Response.json(wakes)
		return worker.fetch(request, env, context)
	},
}
