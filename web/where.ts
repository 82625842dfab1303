// Where a session is to run, while a person chooses it; and what of that a start asks for.
import type { Request } from "../protocol/routes.ts"
import type { From } from "../protocol/session.ts"
import type { LIMITS, Limits, NETWORKS, Network, Substrate, SubstrateInfo } from "../protocol/substrate.ts"

type Ready = Extract<SubstrateInfo, { is: "ready" }>

/** What is chosen is kept while another substrate is looked at, which may not have it. */
export interface WhereDraft {
	/** Null: the machine's default. */
	substrate: Substrate | null
	network: NetworkDraft
	limits: LimitsDraft
	image: string
	/** Null: one of its own. */
	vm: string | null
	/** Of a VM of its own. */
	vmImage: string
	loadout: string
}

export interface NetworkDraft {
	is: (typeof NETWORKS)[number]
	/** Of an allow-list. */
	hosts: string[]
}

/** As typed: in the units that people think in. */
export type LimitsDraft = Record<(typeof LIMITS)[number], string>

export const FIRST_WHERE: WhereDraft = {
	substrate: null,
	network: { is: "full", hosts: [] },
	limits: { memory: "", cpus: "", processes: "", disk: "" },
	image: "",
	vm: null,
	vmImage: "",
	loadout: "",
}

/** What a start can have of the substrate, which is null while that is not known. */
export function optionsOf(draft: WhereDraft, info: Ready | null) {
	const substrate = info?.substrate ?? null
	// What a VM is made with is not for one of its sessions to choose.
	const isShared = substrate === "vm" && draft.vm !== null
	return {
		networks: isShared ? [] : (info?.networks ?? []),
		limits: isShared ? [] : (info?.limits ?? []),
		hasImage: substrate === "container" || (substrate === "vm" && !isShared),
		hasVm: substrate === "vm",
		hasLoadout: substrate === "container" || (substrate === "vm" && !isShared),
		/** The machine's own programs are those inside. */
		hasOwnPrograms: substrate === "host" || substrate === "sandbox" || substrate === null,
	}
}

/** Only what the substrate can have is asked for. */
export function askedOf(draft: WhereDraft, info: Ready | null): Partial<Request<"startSession">["body"]> {
	const options = optionsOf(draft, info)
	const network = options.networks.length > 0 ? networkOf(possible(draft.network, options.networks)) : null
	const limits = limitsOf(draft.limits, options.limits)
	const image = (info?.substrate === "vm" ? draft.vmImage : draft.image).trim()
	return {
		...(draft.substrate !== null && { substrate: draft.substrate }),
		...(network !== null && network.is !== "full" && { network }),
		...(Object.keys(limits).length > 0 && { limits }),
		...(options.hasImage && image !== "" && { image }),
		...(options.hasVm && draft.vm !== null && { vm: draft.vm }),
		...(options.hasLoadout && draft.loadout !== "" && { loadout: draft.loadout }),
	}
}

/** The chosen one if it can be had, else one that can. */
export function possible(draft: NetworkDraft, networks: readonly NetworkDraft["is"][]): NetworkDraft {
	return networks.includes(draft.is) ? draft : { ...draft, is: networks[0] ?? draft.is }
}

export function networkOf({ is, hosts }: NetworkDraft): Network {
	return is === "allow-list" ? { is, hosts } : { is }
}

/** An allow-list without a host would be another word for none. */
export function lacksHosts({ is, hosts }: NetworkDraft): boolean {
	return is === "allow-list" && hosts.length === 0
}

function limitsOf(draft: LimitsDraft, known: readonly (keyof LimitsDraft)[]): Limits {
	const { memory, cpus, processes, disk } = Object.fromEntries(
		known.map((limit) => [limit, numberOf(draft[limit])]),
	) as Partial<Record<keyof LimitsDraft, number | undefined>>
	return {
		...(memory !== undefined && { memory: memory * MIB }),
		...(cpus !== undefined && { cpus }),
		...(processes !== undefined && { processes }),
		...(disk !== undefined && { disk: Math.round(disk * GIB) }),
	}
}

/** Undefined for an empty field; what is not a number its field has refused. */
export function numberOf(typed: string): number | undefined {
	return typed.trim() === "" ? undefined : Number(typed)
}

export const MIB = 1024 ** 2
export const GIB = 1024 ** 3

/** What a working directory comes from, while it is chosen. */
export interface FromDraft {
	is: "folder" | From["is"]
	url: string
	ref: string
}

export const FIRST_FROM: FromDraft = { is: "folder", url: "", ref: "" }

/** Of what was typed as the directory, and what is to be done with it. Null where something is still missing. */
export function directoryOf({ is, url, ref }: FromDraft, directory: string): { cwd?: string; from?: From } | null {
	const path = directory.trim()
	const at = ref.trim() === "" ? {} : { ref: ref.trim() }
	if (is === "folder") return path === "" ? {} : { cwd: path }
	if (is === "git") return url.trim() === "" ? null : { from: { is, url: url.trim(), ...at } }
	if (path === "") return null
	return { from: is === "dir" ? { is, path } : { is, path, ...at } }
}
