// A virtual machine on a machine: what it is made of, its states, and what can be done with it.
import * as z from "zod"
import { Image, Label, Network } from "./substrate.ts"

const MIB = 1024 * 1024

/** What a VM is made from. What is not said has the machine's default. */
export const VmSpec = z
	.object({
		name: Label,
		/** One of `homeport vm image ls`. */
		image: Image.optional(),
		cpus: z.int().min(1).max(256).optional(),
		/** Bytes. */
		memory: z
			.int()
			.min(128 * MIB)
			.optional(),
		/** Bytes; it grows to this. */
		disk: z
			.int()
			.min(512 * MIB)
			.optional(),
		network: Network.optional(),
		/** What is installed in it, once. */
		loadout: Label.optional(),
		/** Paused after so many minutes in which nothing in it has worked; 0 for never. */
		idleMinutes: z.int().min(0).max(100_000).optional(),
	})
	.meta({ id: "VmSpec" })
export type VmSpec = z.infer<typeof VmSpec>

export const VM_VERBS = [
	"create",
	"start",
	"stop",
	"kill",
	"pause",
	"resume",
	"snapshot",
	"restore",
	"clone",
	"rebuild",
	"destroy",
	"forward",
] as const
export type VmVerb = (typeof VM_VERBS)[number]

/** One deed on a VM. */
export const VmDeed = z
	.discriminatedUnion("verb", [
		z.object({ verb: z.literal("create"), spec: VmSpec.omit({ name: true }) }),
		z.object({ verb: z.literal("start") }),
		/** Asks the system inside to shut down. */
		z.object({ verb: z.literal("stop") }),
		/** As if the power were cut. */
		z.object({ verb: z.literal("kill") }),
		z.object({ verb: z.literal("pause") }),
		z.object({ verb: z.literal("resume") }),
		z.object({ verb: z.literal("snapshot"), snapshot: Label }),
		z.object({ verb: z.literal("restore"), snapshot: Label }),
		/** Of a stopped one: a new VM with a copy of its disk. */
		z.object({ verb: z.literal("clone"), to: Label }),
		/** The system anew from its image; the disk of the home folder stays. */
		z.object({ verb: z.literal("rebuild") }),
		z.object({ verb: z.literal("destroy") }),
		/** A port of the VM on 127.0.0.1 of its machine. */
		z.object({ verb: z.literal("forward"), port: z.int().min(1).max(65_535) }),
	])
	.meta({ id: "VmDeed" })
export type VmDeed = z.infer<typeof VmDeed>

export const Vm = z
	.object({
		name: Label,
		state: z.discriminatedUnion("is", [
			z.object({ is: z.literal("stopped") }),
			/** Booting, until its SSH answers. */
			z.object({ is: z.literal("starting"), since: z.int() }),
			z.object({ is: z.literal("running"), since: z.int() }),
			z.object({ is: z.literal("paused"), since: z.int(), because: z.enum(["asked", "idle"]) }),
			/** It crashed too often in a short time, so it is not started again until somebody says so. */
			z.object({ is: z.literal("crash-loop"), since: z.int(), reason: z.string() }),
		]),
		image: Image,
		/** How its processors run: really, or in software. */
		by: z.enum(["kvm", "tcg", "hvf"]),
		cpus: z.int(),
		memory: z.int(),
		disk: z.int(),
		network: Network,
		loadout: Label.nullable(),
		idleMinutes: z.int(),
		snapshots: z.array(z.object({ name: Label, at: z.int() })),
		/** Ports of it on 127.0.0.1 of its machine. */
		forwards: z.array(z.object({ port: z.int(), at: z.int() })),
		/** The deed that is under way, if one is. */
		doing: z.enum(VM_VERBS).nullable(),
		/** Why the last deed failed; null once one has succeeded. */
		fault: z.string().nullable(),
		createdAt: z.int(),
	})
	.meta({ id: "Vm" })
export type Vm = z.infer<typeof Vm>

/** An image that VMs are made from. */
export const VmImage = z
	.object({ name: Image, bytes: z.int(), createdAt: z.int(), /** What it was made from. */ from: z.string() })
	.meta({ id: "VmImage" })
export type VmImage = z.infer<typeof VmImage>
