// Which deeds are offered for a VM as it is.
import { expect, it } from "vitest"
import type { Vm } from "../../protocol/vm.ts"
import { possibleDeeds } from "../../web/vm-deeds.ts"

const vm = (state: Vm["state"], more: Partial<Vm> = {}) =>
	possibleDeeds({ state, snapshots: [{ name: "before", at: 1 }], doing: null, ...more })

const STOPPED = { is: "stopped" } as const
const RUNNING = { is: "running", since: 1 } as const

it("a stopped one is started first, a paused one resumed, a running one stopped", () => {
	expect(vm(STOPPED)[0]).toBe("start")
	expect(vm({ is: "crash-loop", since: 1, reason: "" })[0]).toBe("start")
	expect(vm({ is: "paused", since: 1, because: "idle" })[0]).toBe("resume")
	expect(vm(RUNNING)[0]).toBe("stop")
})

it("only one that rests is cloned or rebuilt, and only one that runs has ports", () => {
	for (const verb of ["clone", "rebuild"] as const) {
		expect(vm(STOPPED)).toContain(verb)
		expect(vm(RUNNING)).not.toContain(verb)
	}
	expect(vm(RUNNING)).toContain("forward")
	expect(vm(STOPPED)).not.toContain("forward")
})

it("while something is being done, only what ends everything can be", () => {
	expect(vm(RUNNING, { doing: "snapshot" })).toEqual(["kill", "destroy"])
	expect(vm(STOPPED, { doing: "rebuild" })).toEqual(["destroy"])
	expect(vm({ is: "starting", since: 1 })).toEqual(["kill", "destroy"])
})

it("without a snapshot there is nothing to restore", () => {
	expect(vm(STOPPED)).toContain("restore")
	expect(vm(STOPPED, { snapshots: [] })).not.toContain("restore")
})
