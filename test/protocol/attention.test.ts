// Requests as the command and chats tell them.
import { expect, test } from "vitest"
import { describeRequest } from "../../connector/requests.ts"
import type { InboxItem, Option } from "../../protocol/attention.ts"
import { newMachineId, newRequestId, newSessionId } from "../../protocol/ids.ts"
import { requestMessage } from "../../worker/channels/render.ts"

function item(kind: InboxItem["kind"], options: Option[], takesText: boolean): InboxItem {
	return {
		...{ id: newRequestId(), machine: newMachineId(), machineName: "box", session: newSessionId(), sessionName: "app" },
		...{ run: 1, runtime: "custom", cwd: "/srv", kind, text: "Pick tools", subject: null, options, takesText },
		...{ source: "screen", rule: "generic/corner@2", confidence: 0.85, excerpt: [], at: 1, raisedAt: 1, risk: "low" },
		...{ deadline: null, state: { is: "open" } },
	}
}

test("what only its terminal can answer says so to whoever reads it by the command or in a chat", () => {
	const told = (one: InboxItem) => {
		const settings = { showsContent: true, language: "en" } as Parameters<typeof requestMessage>[0]["settings"]
		const { blocks } = requestMessage({ item: one, settings, mayAnswer: "high", origin: null })
		return [describeRequest(one, 1).includes("in its terminal only"), JSON.stringify(blocks).includes("console only")]
	}
	const keyless: Option = { label: "ESLint", keys: "", means: "other" }
	expect(told(item("choice", [], false))).toEqual([true, true])
	expect(told(item("choice", [keyless], false))).toEqual([true, true])
	expect(told(item("choice", [{ ...keyless, keys: "\r" }], false))).toEqual([false, false])
	expect(told(item("question", [], true))).toEqual([false, false])
	expect(told(item("idle", [], false))).toEqual([false, false])
})
