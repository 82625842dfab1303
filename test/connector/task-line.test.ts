// Reports on the link: each waits for its own verdict, is told once on each link, and again on the next.
import { expect, test } from "vitest"
import { Line } from "../../connector/tasks/line.ts"
import { newTaskId } from "../../protocol/ids.ts"
import type { FromConnector } from "../../protocol/messages.ts"
import { TaskReport, type Verdict } from "../../protocol/task-report.ts"

function world() {
	const stopped: object[] = []
	const line = new Line((of) => stopped.push(of))
	/** A new link, on which these were told with all the others. */
	const link = (told: TaskReport[] = []) => {
		const said: FromConnector[] = []
		line.unlinked()
		line.linked((message) => said.push(message), told)
		return said
	}
	const verdict = ({ task, fence, sequence }: TaskReport, verdict: Verdict) =>
		line.verdict({ type: "verdict", task, fence, sequence, verdict })
	return { line, link, stopped, verdict }
}

const report = (sequence: number) => TaskReport.parse({ task: newTaskId(), fence: 1, sequence, is: "running" })

test("a report that no link could carry is told on the next one, and on each until its verdict has come", async () => {
	const { line, link, verdict } = world()
	const [one, other] = [report(3), report(1)]
	const told = line.report(one)
	expect(line.report(one)).toBe(told)
	for (const said of [link(), link()]) expect(said).toEqual([{ type: "task", report: one }])
	verdict(other, "forget")
	verdict(one, "go-on")
	expect(await told).toBe("go-on")
	expect(link()).toEqual([])
})

test("what was told with all the others is not told twice on a link, whichever comes first, its verdict or its turn", async () => {
	const { line, link, verdict, stopped } = world()
	const [early, late, given] = [report(1), report(1), report(1)]
	const said = link([early, late, given])
	verdict(early, "forget")
	verdict(given, "stop")
	const told = [line.report(early), line.report(late)]
	verdict(late, "go-on")
	expect(await Promise.all(told)).toEqual(["forget", "go-on"])
	expect(said).toEqual([])
	expect(stopped).toEqual([{ task: given.task, fence: 1 }])
})
