// Our own way: a real home, its link and holders, and viewers with the console's protocol code.
import { newSessionId } from "../../protocol/ids.ts"
import { startHome } from "../support/home.ts"
import { type Place, Viewer } from "../support/viewer.ts"
import { startCrowd } from "./crowd.ts"
import type { Output, Rig, Run, View } from "./rig.ts"

export type HomeportRig = Rig & { place: Place; dataDir: string; connectorPid: number }

export async function startHomeport(): Promise<HomeportRig> {
	const home = await startHome()
	const place: Place = { url: home.url, token: home.token, machine: home.machine.id }
	return {
		name: "homeport",
		place,
		dataDir: home.dataDir,
		relayPid: home.pids.controlPlane,
		connectorPid: home.pids.connector,
		async run(argv): Promise<Run> {
			const id = newSessionId()
			const params = { machine: home.machine.id, session: id }
			await home.call("startSession", { params, body: { id, runtime: "custom", substrate: "host", argv } })
			return {
				view: (output) => view(place, id, output),
				crowd: (count, { parses } = { parses: false }) =>
					startCrowd({ homeport: { place, session: id }, count, parses }),
				async end() {
					await home.call("signalSession", { params, body: { signal: "SIGKILL" } })
				},
			}
		},
		stop: () => home.stop(),
	}
}

export async function view(place: Place, session: ReturnType<typeof newSessionId>, output: Output): Promise<View> {
	const viewer = new Viewer(place, { keeps: false })
	const viewing = viewer.socket.attach(
		session,
		{ reset: () => output.reset(), resize: () => {}, write: (bytes, parsed) => output.write(bytes, parsed) },
		{ cols: 80, rows: 24 },
	)
	const live = () => viewer.until("live", () => viewing.status.is === "live")
	await live()
	return {
		type: (text) => void viewing.type(Buffer.from(text)),
		stall: () => viewer.stall(),
		resume: () => viewer.resume(),
		async drop() {
			viewer.cut()
			await viewer.until("cut", () => viewing.status.is !== "live")
		},
		close: () => viewer.close(),
	}
}
