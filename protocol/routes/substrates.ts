// Routes about what a machine runs sessions in: substrates, usage, VMs, loadouts and runtime profiles.
import * as z from "zod"
import { ASKS, Loadout, Usage } from "../ask.ts"
import { MachineId } from "../ids.ts"
import { Profile } from "../profile.ts"
import type { Shape } from "../route.ts"
import { Label } from "../substrate.ts"

const ofMachine = z.object({ machine: MachineId })
const ofVm = z.object({ machine: MachineId, vm: Label })
const ofLoadout = z.object({ machine: MachineId, loadout: Label })
const ofProfile = z.object({ machine: MachineId, profile: Label })
const done = z.object({})

export const substrateRoutes = {
	listSubstrates: {
		method: "GET",
		path: "/api/machines/:machine/substrates",
		may: "machine:read",
		summary: "What the machine can run sessions in, as it found by trying",
		params: ofMachine,
		query: z.object({ again: z.stringbool().default(false) }),
		answer: ASKS.substrates.answered,
	},
	configureMachine: {
		method: "PUT",
		path: "/api/machines/:machine/default-substrate",
		may: "machine:manage",
		summary: "Set what sessions run in that do not say so; null for what is best there",
		params: ofMachine,
		body: ASKS.configure.asked,
		answer: done,
		shown: ["substrate"],
	},
	configureTasks: {
		method: "PUT",
		path: "/api/machines/:machine/task-slots",
		may: "machine:manage",
		summary: "Set how many tasks the machine runs at once; 0 for none",
		params: ofMachine,
		body: ASKS.configureTasks.asked,
		answer: done,
		shown: ["slots"],
	},
	readUsage: {
		method: "GET",
		path: "/api/machines/:machine/usage",
		may: "machine:read",
		summary: "What the machine and each of its sessions use now",
		params: ofMachine,
		answer: Usage,
	},
	listVms: {
		method: "GET",
		path: "/api/machines/:machine/vms",
		may: "machine:read",
		summary: "The machine's VMs and the images that it has for them",
		params: ofMachine,
		answer: ASKS.vms.answered,
	},
	changeVm: {
		method: "POST",
		path: "/api/machines/:machine/vms/:vm",
		may: "vm:manage",
		summary: "Create a VM, or begin a deed on one; what comes of it is read from the list",
		params: ofVm,
		body: z.object({ deed: ASKS.vm.asked.shape.deed }),
		answer: ASKS.vm.answered,
		shown: ["deed"],
	},
	listLoadouts: {
		method: "GET",
		path: "/api/machines/:machine/loadouts",
		may: "machine:read",
		summary: "The machine's loadouts",
		params: ofMachine,
		answer: ASKS.loadouts.answered,
	},
	readLoadout: {
		method: "GET",
		path: "/api/machines/:machine/loadouts/:loadout",
		may: "machine:read",
		summary: "A loadout, and what it will do, each step with the loadout that it comes from",
		params: ofLoadout,
		answer: Loadout,
	},
	saveLoadout: {
		method: "PUT",
		path: "/api/machines/:machine/loadouts/:loadout",
		may: "machine:manage",
		summary: "Save a loadout; one that cannot be applied is refused by line",
		params: ofLoadout,
		body: ASKS.saveLoadout.asked.omit({ name: true }),
		answer: Loadout,
	},
	removeLoadout: {
		method: "DELETE",
		path: "/api/machines/:machine/loadouts/:loadout",
		may: "machine:manage",
		summary: "Forget a loadout; what it has installed stays",
		params: ofLoadout,
		answer: done,
	},
	listProfiles: {
		method: "GET",
		path: "/api/machines/:machine/profiles",
		may: "machine:read",
		summary: "Runtimes that people made on this machine",
		params: ofMachine,
		answer: ASKS.profiles.answered,
	},
	saveProfile: {
		method: "PUT",
		path: "/api/machines/:machine/profiles/:profile",
		may: "machine:manage",
		summary: "Save a runtime profile",
		params: ofProfile,
		body: Profile.omit({ id: true }),
		answer: done,
		shown: ["label", "program"],
	},
	removeProfile: {
		method: "DELETE",
		path: "/api/machines/:machine/profiles/:profile",
		may: "machine:manage",
		summary: "Forget a runtime profile; its sessions go on",
		params: ofProfile,
		answer: done,
	},
} as const satisfies Record<string, Shape>
