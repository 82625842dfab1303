// A session's later runs as the object tells them: viewers attach anew, and an older run's news is none.
import { expect, test } from "vitest"
import { KIND } from "../../protocol/frames.ts"
import { KEEPER, newSessionId } from "../../protocol/ids.ts"
import { session, World } from "./world.ts"

const exited = { is: "exited", code: 0, signal: null, at: 1 } as const

test("[OUT3] whoever watches a session that begins again is told to attach anew, after the news of it", () => {
	const world = new World()
	const shell = session()
	const link = world.link([shell])
	const viewer = world.following(link, shell.id)
	world.output(link, shell.id, 0, 100)
	world.ack(viewer, shell.id, 100)
	viewer.take()
	const next = { ...shell, run: 2 }
	world.fromConnector(link, { type: "session", session: next })
	expect(viewer.take().said).toEqual([
		{ type: "session", session: next },
		{ type: "again", session: shell.id },
	])
	// Until it has: nothing of the new run, whose holder may begin at an earlier sequence.
	world.output(link, shell.id, 50, 10)
	expect(viewer.take().frames).toEqual([])
	link.take()
	world.fromViewer(viewer, { type: "attach", session: shell.id, have: null, cols: 80, rows: 24 })
	expect(link.take().said).toEqual([{ type: "watch", session: shell.id, viewer: viewer.id, have: null }])
	world.fromConnector(link, { type: "joined", session: shell.id, viewer: viewer.id, sequence: 60 })
	world.output(link, shell.id, 60, 10)
	world.ack(viewer, shell.id, 70)
	// What everyone had acknowledged of the run before does not hold this one's back.
	expect(link.take().frames).toMatchObject([{ kind: KIND.ACK, sequence: 70 }])
})

test("[OUT3] a screen that was kept of the run before is shown to nobody", () => {
	const world = new World()
	const shell = session()
	const link = world.link([shell])
	const kept = { kind: KIND.SNAPSHOT, session: shell.id, viewer: KEEPER, sequence: 90, cols: 80, rows: 24 } as const
	world.frame(link, { ...kept, bytes: new TextEncoder().encode("old") })
	world.fromConnector(link, { type: "session", session: { ...shell, run: 2 } })
	world.core.closed(link)
	const viewer = world.viewer()
	viewer.take()
	world.fromViewer(viewer, { type: "attach", session: shell.id, have: null, cols: 80, rows: 24 })
	expect(viewer.take().frames).toEqual([])
})

test("[SES2] the end of an older run does not end a newer one, and each run ends by its own", () => {
	const world = new World()
	const shell = session()
	const link = world.link([shell])
	world.fromConnector(link, { type: "session", session: { ...shell, state: exited } })
	world.fromConnector(link, { type: "session", session: { ...shell, run: 2 } })
	world.fromConnector(link, { type: "session", session: { ...shell, state: exited } })
	expect(world.core.describe().sessions).toMatchObject([{ run: 2, state: { is: "running" } }])
	world.fromConnector(link, { type: "session", session: { ...shell, run: 2, state: exited } })
	expect(world.core.describe().sessions).toMatchObject([{ run: 2, state: { is: "exited" } }])
})

test("[TRU3] what a session was given is remembered by name, until the session is forgotten", async () => {
	const world = new World()
	const id = newSessionId()
	const link = world.link()
	const secrets = [{ name: "KEY", variable: "API_KEY", value: "never kept" }]
	void world.core.ask("restart", { session: id, resume: false, secrets })
	expect(world.core.granted(id)).toEqual(["KEY"])
	expect(world.core.granted(newSessionId())).toEqual([])
	world.fromConnector(link, { type: "session", session: session({ id }) })
	world.fromConnector(link, { type: "removed", session: id })
	expect(world.core.granted(id)).toEqual([])
})
