// Names mean one thing or nothing.
import { expect, test } from "vitest"
import { EXIT, Failure } from "../../connector/exit.ts"
import { pickMachine, pickSession } from "../../connector/lookup.ts"
import { newMachineId, newSessionId } from "../../protocol/ids.ts"
import type { Machine } from "../../protocol/routes/machines.ts"
import type { Session } from "../../protocol/routes/sessions.ts"
import { ON_HOST } from "../support/on-host.ts"

const presence = { is: "linked", since: 1, provenAt: 1, epoch: 1, now: 1 } as const

function session(machineName: string, name: string): Session {
	return {
		...{ id: newSessionId(), name, machine: newMachineId(), machineName, machinePresence: presence },
		...{ runtime: "shell", argv: [], cwd: "/", substrate: "host", ...ON_HOST, cols: 80, rows: 24, title: "" },
		...{ state: { is: "running" }, createdAt: 1, lastOutputAt: null, sequence: 0 },
	}
}

function machine(name: string): Machine {
	return {
		...{ id: newMachineId(), name, tags: [], members: null, enrolledBy: null, platform: null },
		...{ key: "did:key:z", createdAt: 1, presence, running: 0 },
	}
}

function exitOf(deed: () => unknown): number | undefined {
	try {
		deed()
		return undefined
	} catch (error) {
		return error instanceof Failure ? error.exit : undefined
	}
}

test("a session is found by its whole name or id, never by how the name begins", () => {
	const build = session("laptop", "build")
	const build2 = session("laptop", "build-2")
	expect(pickSession([build, build2], "build")).toBe(build)
	expect(pickSession([build, build2], build2.id)).toBe(build2)
	expect(exitOf(() => pickSession([build2], "build"))).toBe(EXIT.notFound)
	expect(exitOf(() => pickSession([build], "Build"))).toBe(EXIT.notFound)
	expect(exitOf(() => pickSession([build], build.id.slice(0, -1)))).toBe(EXIT.notFound)
})

test("a name on two machines is refused with the candidates; the machine before a slash decides", () => {
	const here = session("laptop", "build")
	const there = session("server", "build")
	expect(exitOf(() => pickSession([here, there], "build"))).toBe(EXIT.usage)
	expect(() => pickSession([here, there], "build")).toThrow(/laptop\/build.*server\/build/s)
	expect(pickSession([here, there], "server/build")).toBe(there)
	expect(exitOf(() => pickSession([here, there], "serv/build"))).toBe(EXIT.notFound)
})

test("machines are found the same way", () => {
	const laptop = machine("laptop")
	const twin = machine("twin")
	const other = machine("twin")
	expect(pickMachine([laptop, twin], "laptop")).toBe(laptop)
	expect(exitOf(() => pickMachine([laptop], "lap"))).toBe(EXIT.notFound)
	expect(exitOf(() => pickMachine([twin, other], "twin"))).toBe(EXIT.usage)
	expect(pickMachine([twin, other], other.id)).toBe(other)
})
