// Limits of a sandbox, each run against for real, while a neighbour goes on.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Contained } from "../../connector/substrates/contained.ts"
import { PEOPLE, sandboxWorld, type World } from "../support/sandbox.ts"

const MIB = 1024 * 1024

describe.each(PEOPLE)("as $name", (person) => {
	let world: World
	beforeAll(() => {
		world = sandboxWorld(person)
	})
	afterAll(() => world.forget())

	/** A session that answers what is typed, all the while. */
	const besideNeighbour = async (deed: () => Promise<void>) => {
		const program = await world.run(world.contained({ argv: ["/bin/cat"] }))
		program.type("before\r")
		await program.shows(/before\r\nbefore/)
		await deed()
		program.type("after\r")
		await program.shows(/after\r\nafter/)
		program.type("\x04")
		await program.ended
	}

	test("[SES3] a program that starts itself again and again comes to its end", () =>
		besideNeighbour(async () => {
			const bomb = "b() { b | b & }; b 2>/dev/null; sleep 1; ls -d /proc/[0-9]* | wc -l; echo bounded"
			const { output } = await world.sh(world.contained({ limits: { processes: 30 } }), bomb)
			const [count] = output.split("\n")
			// The shell may be among those that can start nothing more.
			if (count !== undefined && count !== "") expect(Number(count)).toBeLessThanOrEqual(34)
		}))

	test.skipIf(person.uid !== 0)("[SES3] a program that takes more memory than it may is killed", () =>
		besideNeighbour(async () => {
			const hog = `perl -e '$x = "x" x (400 * 1024 * 1024); print "OUT"'; echo ended`
			const { output } = await world.sh(world.contained({ limits: { memory: 96 * MIB } }), hog)
			expect(output).not.toContain("OUT")
		}),
	)

	test.skipIf(person.uid !== 0)("[SES3] a program that fills its home and /tmp fills nothing else", () =>
		besideNeighbour(async () => {
			const contained = world.contained({ limits: { disk: 48 * MIB } })
			const fill = (folder: string) =>
				`i=0; while dd if=/dev/zero of=${folder}/$i bs=1M count=8 2>/dev/null && [ $i -lt 40 ]; do i=$((i + 1)); done; echo $i`
			const { output } = await world.sh(
				contained,
				`${fill('"$HOME"')}; ${fill("/tmp")}; dd if=/dev/zero of=big bs=1M count=64 2>/dev/null; stat -c %s big`,
			)
			const [home, tmp, big] = output.trim().split("\n").map(Number)
			expect((home ?? 99) + (tmp ?? 99)).toBeLessThan(6)
			expect(big).toBe(48 * MIB)
			// Also for a command beside it, and after its end.
			expect((await world.sh(contained, 'ls "$HOME" | wc -l; echo x > "$HOME/more" || true')).output).not.toBe("0\n")
			expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(contained.folder)
			await world.call({ method: "remove", contained })
			expect(existsSync(join(contained.folder, "inside.img"))).toBe(false)
			expect(loops().filter((file) => file.startsWith(contained.folder))).toEqual([])
		}),
	)

	test.skipIf(person.uid !== 0)("[SES3] a session's group is gone with it, and says before what it uses", async () => {
		const contained = world.contained({
			...{ limits: { memory: 256 * MIB, cpus: 0.5, processes: 50 } },
			argv: ["/usr/bin/perl", "-e", '$x = "x" x (50 * 1024 * 1024); $| = 1; print "ready\\n"; sleep 60'],
		})
		const program = await world.run(contained)
		await program.shows(/ready/)
		const used = (await world.call({ method: "used", contained })) as {
			memory: number
			processes: number
			seconds: number
		}
		expect(used.memory).toBeGreaterThan(50 * MIB)
		expect(used.memory).toBeLessThan(256 * MIB)
		expect(used.seconds).toBeGreaterThan(0)
		expect(used.processes).toBe(1)
		await world.call({ method: "kill", contained })
		await program.ended
		expect(groups(contained)).toEqual([])
	})

	test.skipIf(person.uid === 0)(
		"[SES3] limits that would not hold are refused with a remedy, and nothing is left",
		async () => {
			const contained = world.contained({ limits: { memory: 64 * MIB } })
			await expect(world.sh(contained, "true")).rejects.toMatchObject({
				code: "substrate_unavailable",
				message: expect.stringContaining("--service"),
			})
			await expect(world.sh(world.contained({ limits: { disk: 64 * MIB } }), "true")).rejects.toMatchObject({
				code: "substrate_unavailable",
				message: expect.stringContaining("as root"),
			})
		},
	)
})

/** Files that are devices now. */
function loops(): string[] {
	const devices = readdirSync("/sys/block").filter((name) => name.startsWith("loop"))
	const files = devices.map((name) => join("/sys/block", name, "loop/backing_file")).filter((file) => existsSync(file))
	return files.map((file) => readFileSync(file, "utf8"))
}

/** Control groups of this session that there are, in any hierarchy. */
function groups({ session }: Contained): string[] {
	return readdirSync("/sys/fs/cgroup", { recursive: true, encoding: "utf8" }).filter((path) => path.includes(session))
}
