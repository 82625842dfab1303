// Limits hold whatever a program does, while a neighbour goes on as if nothing were.
import assert from "node:assert/strict"
import { cpus } from "node:os"
import { setTimeout as wait } from "node:timers/promises"
import { LIMITS } from "../../../protocol/substrate.ts"
import { until } from "../../support/until.ts"
import { type Case, needsLimit } from "../case.ts"
import type { Place } from "../place.ts"

const MIB = 1024 * 1024
const ASK_EVERY_MS = 250
/** Room that a substrate may leave for the processes that hold the program in. */
const OWN_PROCESSES = 4

export const LIMIT_CASES: Case[] = [
	{
		what: "a fork bomb makes no more processes than it may, its neighbour answers, and nothing of it is left",
		lacks: needsLimit("processes"),
		async run(place) {
			// None of its processes ends by itself: they can be counted.
			const bomb =
				'$| = 1; print "begun\n"; $0 = $ENV{BOMB}; $SIG{HUP} = $SIG{TERM} = "IGNORE"; for (;;) { fork // select(undef, undef, undef, 0.02) }'
			const mark = `bomb${place.mark()}`
			await beside(place, async () => {
				const environment = { BOMB: mark }
				const run = await place.start(["perl", "-e", bomb], { environment, limits: { processes: 64 } })
				try {
					await run.writes("begun")
					await until("the bomb has gone off", async () => (await place.count(mark, run.vm)) > 40, 60_000)
					for (let look = 0; look < 5; look++) {
						const count = await place.count(mark, run.vm)
						assert.ok(count <= 64 + OWN_PROCESSES, `${count} processes`)
						await wait(ASK_EVERY_MS)
					}
				} finally {
					await run.end()
				}
				await until("all of it is gone", async () => (await place.count(mark, run.vm)) === 0, 60_000)
				await run.forget()
			})
		},
	},
	{
		what: "a program that takes more memory than it may is ended, and its neighbour answers",
		lacks: needsLimit("memory"),
		async run(place) {
			const memory = (place.substrate === "vm" ? 384 : 96) * MIB
			await beside(place, async () => {
				const { text } = await place.sh(`head -c ${memory * 4} /dev/zero | tail -c ${memory * 3} | wc -c; echo ended`, {
					limits: { memory },
				})
				assert.ok(!text.includes(`${memory * 3}`), text)
			})
		},
	},
	{
		what: "a program that fills its disk is told that it is full, and its neighbour goes on writing",
		lacks: needsLimit("disk"),
		async run(place) {
			const disk = (place.substrate === "vm" ? 1024 : 64) * MIB
			const script = `ulimit -c 0; trap '' XFSZ
				for folder in /tmp "$HOME"; do
					for file in 1 2 3 4 5 6 7 8; do fallocate -l ${disk / 4} "$folder/fill$file" 2>/dev/null || break; done
					du -s -B1 "$folder" | cut -f1
				done`
			await beside(place, async () => {
				const { text } = await place.sh(script, { limits: { disk } })
				const found = text.trim().split("\n").map(Number)
				assert.equal(found.length, 2, text)
				for (const bytes of found) assert.ok(bytes <= disk, `it wrote ${bytes} of ${disk}`)
			})
		},
	},
	{
		what: "no file in the working directory gets larger than the disk limit",
		lacks: (info) =>
			needsLimit("disk")(info) ?? (info.substrate === "vm" ? "A VM has its own folders, not the machine's." : null),
		async run(place) {
			const cwd = place.folder()
			const script = "ulimit -c 0; trap '' XFSZ; head -c 40000000 /dev/zero > file; wc -c < file"
			const { text } = await place.sh(script, { limits: { disk: 16 * MIB }, ...(cwd !== undefined && { cwd }) })
			assert.ok(Number(text.trim().split("\n").at(-1)) <= 16 * MIB, text)
		},
	},
	{
		what: "programs that want all processors get what they may",
		lacks: (info) => needsLimit("cpus")(info) ?? (cpus().length < 2 ? "The machine has one processor only." : null),
		async run(place) {
			const script = `begun=$EPOCHREALTIME; for i in 1 2 3 4; do timeout 4 sh -c 'while :; do :; done' & done; wait
				echo "elapsed $begun $EPOCHREALTIME"; times`
			const { text } = await place.sh(script, { limits: { cpus: 1 } })
			const [, from, to] = /elapsed ([\d.]+) ([\d.]+)/.exec(text) ?? []
			const elapsed = Number(to) - Number(from)
			const used =
				text
					.trim()
					.split("\n")
					.at(-1)
					?.split(" ")
					.reduce((sum, time) => sum + seconds(time), 0) ?? 0
			assert.ok(used > 0.1, text)
			assert.ok(used < elapsed * 1.35, `${used} s of processor time in ${elapsed} s`)
		},
	},
	{
		what: "[SES4] a limit that cannot be kept is refused, and nothing is left",
		lacks: ({ limits }) => (limits.length === LIMITS.length ? "It has every limit." : null),
		async run(place) {
			const values = { memory: 512 * MIB, cpus: 1, processes: 100, disk: 1024 * MIB }
			const before = place.sessionFolders()
			for (const limit of LIMITS.filter((one) => !place.info.limits.includes(one)))
				await assert.rejects(place.start(["true"], { limits: { [limit]: values[limit] } }), {
					code: "substrate_unavailable",
				})
			assert.deepEqual(place.sessionFolders(), before)
		},
	},
]

/** While `attack` goes on, a neighbour writes down what it is sent and says it; afterwards, too. */
async function beside(place: Place, attack: () => Promise<void>): Promise<void> {
	const script = `stty -echo; echo ready; while read word; do echo "$word" > ~/word; echo heard $(cat ~/word); done`
	const neighbour = await place.start(["bash", "-c", script])
	const ask = async (word: string) => {
		await neighbour.type(word)
		await neighbour.writes(`heard ${word}\n`)
	}
	await neighbour.writes("ready")
	let isOver = false
	const asking = (async () => {
		for (let asked = 0; !isOver; asked++) {
			await ask(`word${asked}`)
			await wait(ASK_EVERY_MS)
		}
	})()
	// Whatever is wrong with either is told once both are over.
	const over = () => {
		isOver = true
	}
	const [attacked, answered] = await Promise.allSettled([attack().finally(over), asking])
	if (attacked.status === "rejected") throw attacked.reason
	if (answered.status === "rejected") throw answered.reason
	await ask("last")
	assert.ok(neighbour.isRunning)
	await neighbour.end()
}

/** Of a time as bash prints it: 0m1.234s. */
function seconds(time: string): number {
	const [, minutes, rest] = /^(\d+)m([\d.]+)s$/.exec(time) ?? []
	return Number(minutes) * 60 + Number(rest)
}
