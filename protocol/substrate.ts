// What a session runs in: its network, its limits, and what a machine can really give of each.
import * as z from "zod"
import { NAME_CHARS, NETWORK_HOSTS } from "./limits.ts"

export const SUBSTRATES = ["host", "sandbox", "container", "vm"] as const
export const Substrate = z.enum(SUBSTRATES)
export type Substrate = z.infer<typeof Substrate>

/** A host's name, or `*.` and a name for all below it; with `:port` for that port alone, else 80 and 443. */
export const HostPattern = z
	.string()
	.max(260)
	.regex(
		/^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[1-9][0-9]{0,4})?$/,
		"must be a host name in lower case, such as api.example.com, *.example.com or example.com:8443",
	)
	.refine((pattern) => Number(/:(\d+)$/.exec(pattern)?.[1] ?? 1) <= 65_535, "must have a port up to 65535")

/** What of the network a session reaches. An allow-list is kept outside of what it holds in, by host name. */
export const Network = z
	.discriminatedUnion("is", [
		z.object({ is: z.literal("full") }),
		z.object({ is: z.literal("none") }),
		z.object({ is: z.literal("allow-list"), hosts: z.array(HostPattern).min(1).max(NETWORK_HOSTS) }),
	])
	.meta({ id: "Network" })
export type Network = z.infer<typeof Network>
export const NETWORKS = ["full", "none", "allow-list"] as const satisfies Network["is"][]

const MIB = 1024 * 1024

/** Bounds of one session, all of its processes together. What is not said has the substrate's default, if it has one. */
export const Limits = z
	.object({
		/** Bytes. */
		memory: z
			.int()
			.min(16 * MIB)
			.optional(),
		/** How many processors' worth of time, such as 1.5. */
		cpus: z.number().min(0.05).max(1024).optional(),
		processes: z.int().min(4).max(1_000_000).optional(),
		/** Bytes that it may write where only it writes: its home, /tmp, a VM's disk. No file elsewhere gets larger either. */
		disk: z
			.int()
			.min(16 * MIB)
			.optional(),
	})
	.meta({ id: "Limits" })
export type Limits = z.infer<typeof Limits>
export const LIMITS = ["memory", "cpus", "processes", "disk"] as const satisfies (keyof Limits)[]

/** A folder or file of the machine, seen inside under the same path unless `at` says another. */
export const Mount = z.object({
	path: z.string().startsWith("/", "must be an absolute path").max(4096),
	at: z.string().startsWith("/", "must be an absolute path").max(4096).optional(),
	writable: z.boolean().default(false),
})
export type Mount = z.infer<typeof Mount>

/** A container's image, such as debian:bookworm or ghcr.io/owner/name@sha256:…; or the name of a VM image. */
export const Image = z
	.string()
	.max(256)
	.regex(/^[a-zA-Z0-9][a-zA-Z0-9._/:@-]*$/, "must be an image's name, such as debian:bookworm")

/** A loadout's or profile's or VM's name, which is a file's name, too. */
export const Label = z
	.string()
	.regex(/^[a-z0-9][a-z0-9-]*$/, "must have only lower-case letters, digits and dashes, and begin with no dash")
	.max(NAME_CHARS)
export type Label = z.infer<typeof Label>

/** One substrate as a machine has it. Each word was found by trying it there, not by the presence of a program. */
export const SubstrateInfo = z
	.discriminatedUnion("is", [
		z.object({
			is: z.literal("ready"),
			substrate: Substrate,
			/** What gives it, such as "bubblewrap 0.8.0". */
			by: z.string(),
			networks: z.array(z.enum(NETWORKS)),
			/** Those that are enforced. */
			limits: z.array(z.enum(LIMITS)),
			/** What a person should know before they choose it; empty when there is nothing. */
			notes: z.array(z.string()),
		}),
		z.object({
			is: z.literal("absent"),
			substrate: Substrate,
			reason: z.string(),
			/** What to do to have it. */
			remedy: z.string(),
		}),
	])
	.meta({ id: "SubstrateInfo" })
export type SubstrateInfo = z.infer<typeof SubstrateInfo>

/** A connection that a session's allow-list refused, counted by where it went. */
export const Denied = z.object({ host: z.string(), port: z.int(), count: z.int(), at: z.int() })
export type Denied = z.infer<typeof Denied>
