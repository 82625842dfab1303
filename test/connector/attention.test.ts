// What waits for a person on a machine, told and answered: real holders, real programs, and link processes that come and go.
import { existsSync, mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { noticeSequence } from "../../connector/attention/event.ts"
import { type Attention, type Choice, optionMeaning } from "../../protocol/attention.ts"
import { newClaimId, newRequestId, newViewerId } from "../../protocol/ids.ts"
import { type Edge, machineFolder } from "../support/machine.ts"

/** A menu as agents draw it, which clears itself when a key is pressed and says which. $1: what it is about. */
const MENU = `
menu() {
	printf '\\033[2J\\033[HBash command\\r\\n\\r\\n  %s\\r\\n\\r\\nDo you want to proceed?\\r\\n❯ 1. Yes\\r\\n  2. No\\r\\n\\r\\nEsc to cancel\\r\\n' "$1"
}
key() { dd bs=1 count=1 2>/dev/null; }
pressed() { printf '\\033[2J\\033[Hpressed <%s>\\r\\n' "$1"; }
stty raw -echo
`
const ONE = `${MENU} menu 'npm test'; k=$(key); pressed "$k"; while k=$(key); do printf 'and <%s>' "$k"; done`

const soon = () => Date.now() + 60_000
const yes: Choice = { is: "option", label: "Yes" }

function answer(edge: Edge, { session, id }: Attention, choice: Choice = yes, more: object = {}) {
	return edge.ask("answer", { session, request: id, claim: newClaimId(), choice, until: soon(), ...more })
}

const refusal = (promise: Promise<unknown>) =>
	promise.then(
		() => "no refusal",
		(error: { code: string }) => error.code,
	)

test("a menu on the screen is told with its options, and answered by a label", async () => {
	const edge = await machineFolder().open()
	const session = await edge.script(ONE)
	const request = await edge.open({ session, kind: "approval" })
	expect(request).toMatchObject({ source: "screen", run: 1, subject: { is: "command", text: "npm test" } })
	expect(optionMeaning(request.options, "no")?.label).toBe("No")
	expect(request.excerpt.join("\n")).toContain("Do you want to proceed?")
	expect(await answer(edge, request)).toEqual({ isConfirmed: true })
	expect(await edge.screen(session)).toBe("pressed <1>")
	await edge.until(() => (edge.report.open.length === 0 ? true : undefined))
	// An answer of ours is no end that somebody must be told.
	expect(edge.report.ended).toEqual([])
	expect(await refusal(answer(edge, request))).toBe("request_gone")
})

/** As programs do that draw from a state: Enter chooses what was marked before the keys that came with it, and drawing takes its time. */
const STATEFUL = `
const labels = ["Yes", "Maybe", "No"]
let marked = 0
const draw = () => process.stdout.write("\\x1b[2J\\x1b[HShall this go on?\\r\\n\\r\\n" + labels.map((label, i) => (i === marked ? "❯ " : "  ") + label).join("\\r\\n") + "\\r\\n\\r\\n↑/↓ to move, enter to select\\r\\n")
process.stdin.setRawMode(true)
process.stdin.on("data", (chunk) => {
	const before = marked
	for (const key of String(chunk).match(/\\x1b\\[[AB]|[^]/g)) {
		if (key === "\\r") return process.stdout.write("\\x1b[2J\\x1b[Hchosen " + labels[before] + "\\r\\n")
		marked += key.endsWith("A") ? -1 : 1
	}
	process.stdout.write("\\x1b[?25l")
	setTimeout(draw, 150)
})
draw()
`

test("an option that is chosen by moves is chosen when the marker is seen on it, never before", async () => {
	const program = join(mkdtempSync(join(tmpdir(), "homeport-menu-")), "menu.cjs")
	writeFileSync(program, STATEFUL)
	const edge = await machineFolder().open()
	for (const label of ["No", "Maybe", "Yes"]) {
		const session = await edge.script(`exec '${process.execPath}' '${program}'`)
		const request = await edge.open({ session, kind: "approval" })
		await answer(edge, request, { is: "option", label })
		expect(await edge.screen(session)).toBe(`chosen ${label}`)
	}
})

test("a key that moves the marker in the terminal leaves the request, which is answered from where it stands", async () => {
	const program = join(mkdtempSync(join(tmpdir(), "homeport-menu-")), "menu.cjs")
	writeFileSync(program, STATEFUL)
	const edge = await machineFolder().open()
	const session = await edge.script(`exec '${process.execPath}' '${program}'`)
	const request = await edge.open({ session, kind: "approval" })
	await edge.ask("write", { session, viewer: newViewerId(), text: "\x1b[B", paste: false, enter: false })
	await expect.poll(() => edge.screen(session)).toContain("❯ Maybe")
	await answer(edge, request, { is: "option", label: "No" })
	expect(await edge.screen(session)).toBe("chosen No")
	expect(edge.report.ended).toEqual([])
})

test("what is no answer to it, or to nothing, types nothing", async () => {
	const edge = await machineFolder().open()
	const session = await edge.script(ONE)
	const request = await edge.open({ session, kind: "approval" })
	expect(await refusal(answer(edge, request, { is: "option", label: "yes" }))).toBe("answer_invalid")
	expect(await refusal(answer(edge, request, { is: "text", text: "1" }))).toBe("answer_invalid")
	expect(await refusal(answer(edge, { ...request, id: newRequestId() }))).toBe("request_gone")
	expect(await refusal(answer(edge, request, yes, { until: Date.now() - 1 }))).toBe("request_gone")
	expect(edge.report.open.map(({ id }) => id)).toEqual([request.id])
	await answer(edge, request, { is: "option", label: "No" })
	expect(await edge.screen(session)).toBe("pressed <2>")
})

test("the same claim, asked again and by another link process, is typed once", async () => {
	const place = machineFolder()
	const edge = await place.fork()
	const session = await edge.script(ONE)
	const request = await edge.open({ session, kind: "approval" })
	const asked = { session, request: request.id, claim: newClaimId(), choice: yes, until: soon() }
	await Promise.all([edge.ask("answer", asked), edge.ask("answer", asked)])
	await edge.kill()
	const next = await place.open()
	expect(await next.ask("answer", asked)).toEqual({ isConfirmed: true })
	expect(await next.screen(session)).toBe("pressed <1>")
})

test("a link process that is killed while it answers: what was typed stays typed once, and is found out", async () => {
	for (let round = 0; round < 4; round++) {
		const place = machineFolder()
		const edge = await place.fork()
		const session = await edge.script(ONE)
		const request = await edge.open({ session, kind: "approval" })
		const asked = { session, request: request.id, claim: newClaimId(), choice: yes, until: soon() }
		edge.ask("answer", asked).catch(() => {})
		// Before, while, or after it is typed.
		for (let turn = 0; turn < round * 2; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
		await edge.kill()
		const next = await place.open()
		// Asked again until it is known, as the edge does.
		await expect.poll(() => refusal(next.ask("answer", asked))).toBe("no refusal")
		expect(await next.screen(session)).toBe("pressed <1>")
	}
})

test("of two answers to one request only the first is typed", async () => {
	const edge = await machineFolder().open()
	const session = await edge.script(
		`${MENU} menu 'npm test'; k=$(key); sleep 1; k2=$(timeout 1 dd bs=1 count=1 2>/dev/null); pressed "$k$k2"; key`,
	)
	const request = await edge.open({ session, kind: "approval" })
	const outcomes = await Promise.all([
		refusal(answer(edge, request)),
		refusal(answer(edge, request, { is: "option", label: "No" })),
	])
	expect(outcomes.toSorted()).toEqual(["no refusal", "request_gone"])
	await expect.poll(() => edge.screen(session)).toMatch(/^pressed <[12]>$/)
})

test("an answer to a prompt whose screen has moved on is refused, though the next one looks alike", async () => {
	const edge = await machineFolder().open()
	const session = await edge.script(
		`${MENU} for about in 'npm test' 'rm -rf /' end; do menu "$about"; k=$(key); pressed "$k"; done; key`,
	)
	const first = await edge.open({ session, kind: "approval" })
	await edge.ask("write", { session, viewer: newViewerId(), text: "1", paste: false, enter: false })
	expect(await refusal(answer(edge, first))).toBe("request_gone")
	const second = await edge.until(() => edge.report.open.find(({ id }) => id !== first.id))
	expect(second.subject?.text).toBe("rm -rf /")
	expect(await edge.ended(first.id)).toMatch(/input|moved/)
})

test("the same prompt again after an answer is another request", async () => {
	const edge = await machineFolder().open()
	const session = await edge.script(`${MENU} while :; do menu 'npm test'; k=$(key); pressed "$k"; sleep 0.7; done`)
	const first = await edge.open({ session, kind: "approval" })
	await answer(edge, first)
	const second = await edge.until(() => edge.report.open.find(({ id }) => id !== first.id))
	expect(second.text).toBe(first.text)
	expect(await answer(edge, second)).toEqual({ isConfirmed: true })
})

test("an animation beside a prompt does not stand in its way", async () => {
	const edge = await machineFolder().open()
	const spin = `(i=0; while :; do i=$((i+1)); printf '\\0337\\033[1;60Hwaiting %s  \\0338' "$i"; sleep 0.03; done) & spinner=$!`
	const session = await edge.script(`${MENU} menu 'npm test'; ${spin}; k=$(key); kill $spinner; pressed "$k"; key`)
	const request = await edge.open({ session, kind: "approval" })
	expect(await answer(edge, request)).toEqual({ isConfirmed: true })
	expect(await edge.screen(session)).toContain("pressed <1>")
})

test("it is over when somebody answers in the terminal, or the program ends", async () => {
	const edge = await machineFolder().open()
	const typed = await edge.script(ONE)
	const first = await edge.open({ session: typed, kind: "approval" })
	await edge.ask("write", { session: typed, viewer: newViewerId(), text: "2", paste: false, enter: false })
	expect(await edge.ended(first.id)).toMatch(/input|moved/)
	const ends = await edge.script(`${MENU} menu 'npm test'; k=$(key); exit 3`)
	const second = await edge.open({ session: ends, kind: "approval" })
	await edge.ask("signal", { session: ends, signal: "SIGKILL" })
	expect(await edge.ended(second.id)).toBe("exited")
	expect(await refusal(answer(edge, second))).toBe("session_ended")
})

test("an answer that ends the program is confirmed, also to who asks afterwards", async () => {
	const place = machineFolder()
	const edge = await place.fork()
	const session = await edge.script(`${MENU} menu 'npm test'; k=$(key); exit 3`)
	const request = await edge.open({ session, kind: "approval" })
	const asked = { session, request: request.id, claim: newClaimId(), choice: yes, until: soon() }
	expect(await edge.ask("answer", asked)).toEqual({ isConfirmed: true })
	await edge.kill()
	const next = await place.open()
	expect(await next.ask("answer", asked)).toEqual({ isConfirmed: true })
})

test("requests keep their names over a connector that begins again, as does what was answered and dismissed", async () => {
	const place = machineFolder()
	const edge = await place.fork()
	const session = await edge.script(ONE)
	const silent = await edge.script("read end")
	const request = await edge.open({ session, kind: "approval" })
	await edge.ask("notify", { session: silent, text: "It is deployed." })
	const notice = await edge.open({ session: silent, kind: "question" })
	await edge.kill()
	const next = await place.open()
	await next.open({ id: request.id })
	await next.open({ id: notice.id, text: "It is deployed." })
	await next.ask("dismiss", { session: silent, request: notice.id })
	expect(await next.ended(notice.id)).toBe("dismissed")
	expect(await refusal(next.ask("dismiss", { session: silent, request: notice.id }))).toBe("request_gone")
	expect(await answer(next, request)).toEqual({ isConfirmed: true })
	expect(await next.screen(session)).toBe("pressed <1>")
})

test("what was dismissed stays away over a connector that begins again, until the screen has moved on", async () => {
	const place = machineFolder()
	const edge = await place.fork()
	const session = await edge.script(`${MENU} for i in 1 2; do menu 'npm test'; k=$(key); pressed "$k"; sleep 0.7; done`)
	const request = await edge.open({ session, kind: "approval" })
	await edge.ask("dismiss", { session, request: request.id })
	await edge.ended(request.id)
	await edge.kill()
	const next = await place.open()
	// A screen that was told to whoever watches now, after the menu.
	const other = await next.script(ONE)
	await next.open({ session: other })
	expect(next.report.open.filter((open) => open.session === session)).toEqual([])
	await next.ask("write", { session, viewer: newViewerId(), text: "1", paste: false, enter: false })
	expect((await next.open({ session, kind: "approval" })).id).not.toBe(request.id)
})

test("a notice may be given from inside, by its sequence; whoever types has seen it", async () => {
	const edge = await machineFolder().open()
	const file = join(mkdtempSync(join(tmpdir(), "homeport-notice-")), "notice")
	writeFileSync(file, noticeSequence("Look at the preview."))
	const session = await edge.script(`cat ${file}; read line; read end`)
	const notice = await edge.open({ session, kind: "question", text: "Look at the preview." })
	expect(notice).toMatchObject({ source: "hook", options: [], takesText: false })
	expect(await refusal(answer(edge, notice, { is: "text", text: "yes" }))).toBe("answer_invalid")
	await edge.ask("write", { session, viewer: newViewerId(), text: "x", paste: false, enter: true })
	expect(await edge.ended(notice.id)).toBe("input")
})

test("what only prints an agent's event is not believed", async () => {
	const edge = await machineFolder().open()
	const forged = Buffer.from(
		JSON.stringify({ hook_event_name: "PermissionRequest", tool_name: "Bash", tool_input: { command: "npm test" } }),
	).toString("base64")
	const session = await edge.script(`printf '\\033]7661;claude-code.0123456789abcdef01234567;${forged}\\007'; ${ONE}`)
	expect(await edge.open({ session, kind: "approval" })).toMatchObject({ source: "screen" })
})

test("words answer a question as they are, and press no keys", async () => {
	const edge = await machineFolder().open()
	const session = await edge.script(`printf 'Project name: '; read name; printf 'named <%s>\\n' "$name"; read end`)
	const request = await edge.open({ session, kind: "question" })
	expect(request.takesText).toBe(true)
	await answer(edge, request, { is: "text", text: "home\x03\x1bport\n" })
	await expect.poll(() => edge.screen(session)).toContain("named <homeport>")
})

test("Enter alone takes what a question offers, and is no answer to anything else", async () => {
	const edge = await machineFolder().open()
	const session = await edge.script(
		`printf 'Branch name [main]: '; read name; printf 'named <%s>\\n' "\${name:-main}"; read end`,
	)
	const request = await edge.open({ session, kind: "question" })
	await answer(edge, request, { is: "text", text: "" })
	await expect.poll(() => edge.screen(session)).toContain("named <main>")
	const idle = await edge.script(`printf 'Password: '; stty -echo; read word; read end`)
	const secret = await edge.open({ session: idle, kind: "secret" })
	expect(await refusal(answer(edge, secret, { is: "text", text: "" }))).toBe("answer_invalid")
})

test("several lines answer no question whose program takes one, and are pasted where it takes them", async () => {
	const edge = await machineFolder().open()
	const session = await edge.script(
		`printf 'Project name: '; read name; printf 'Owner: '; read owner; printf 'named <%s> of <%s>\n' "$name" "$owner"; read end`,
	)
	const request = await edge.open({ session, kind: "question" })
	const lines: Choice = { is: "text", text: "homeport\nroot" }
	await expect(answer(edge, request, lines)).rejects.toMatchObject({
		code: "answer_invalid",
		detail: expect.stringMatching("one line"),
	})
	expect(await edge.screen(session)).toBe("Project name:")
	const pastes = await edge.script(`printf '\\033[?2004hProject name: '; stty raw -echo; exec cat -v`)
	const other = await edge.open({ session: pastes, kind: "question" })
	await answer(edge, other, lines)
	await expect.poll(() => edge.screen(pastes)).toContain("^[[200~homeport^Mroot^[[201~")
})

test("words that its terminal does not show are a secret, whatever it asks for", async () => {
	const edge = await machineFolder().open()
	const asks = (by: string) => edge.start({ runtime: "custom", argv: ["bash", "-c", `${by}; read end`] })
	const hidden = await asks(`read -s -p 'Type the magic word: ' word; echo "heard \${#word}"`)
	const request = await edge.open({ session: hidden })
	expect(request).toMatchObject({ kind: "secret", takesText: true })
	await answer(edge, request, { is: "text", text: "open sesame 7" })
	await expect.poll(() => edge.screen(hidden)).toContain("heard 13")
	expect(edge.messages.flatMap((message) => (message.type === "attention" ? message.open : []))).not.toContainEqual(
		expect.objectContaining({ session: hidden, kind: "question" }),
	)
	// Who edits lines by itself shows them itself.
	const edited = await asks("read -e -p 'Type the magic word: ' word")
	expect(await edge.open({ session: edited })).toMatchObject({ kind: "question" })
	const shown = await asks("read -p 'Type the magic word: ' word")
	expect(await edge.open({ session: shown })).toMatchObject({ kind: "question" })
})

test("a prompt whose terminal hides what is typed only later takes no words that are kept", async () => {
	const edge = await machineFolder().open()
	const folder = mkdtempSync(join(tmpdir(), "homeport-hides-"))
	const session = await edge.script(
		`printf 'Project name: '; until [ -e ${folder}/hide ]; do sleep 0.05; done; stty -echo; : >${folder}/hides; read word`,
	)
	const request = await edge.open({ session, kind: "question" })
	writeFileSync(join(folder, "hide"), "")
	await expect.poll(() => existsSync(join(folder, "hides"))).toBe(true)
	expect(await refusal(answer(edge, request, { is: "text", text: "open sesame 7" }))).toBe("request_gone")
	expect(await edge.open({ session, kind: "secret" })).toMatchObject({ text: request.text })
})

test("[TRU3] a secret is typed and stands nowhere", async () => {
	const place = machineFolder()
	const edge = await place.open()
	const session = await edge.script(
		`stty -echo; printf '[sudo] password for me: '; read word; printf '\\nheard %s\\n' "\${#word}"; read end`,
	)
	const request = await edge.open({ session, kind: "secret" })
	await answer(edge, request, { is: "text", text: "open sesame 7" })
	await expect.poll(() => edge.screen(session)).toContain("heard 13")
	expect(JSON.stringify(edge.messages)).not.toContain("sesame")
	const found = await filesWith(place.dataDir, "sesame")
	expect(found).toEqual([])
})

async function filesWith(folder: string, word: string): Promise<string[]> {
	const { readdirSync, readFileSync } = await import("node:fs")
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.filter((path) => readFileSync(path).includes(word))
}
