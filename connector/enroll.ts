// Enrollment: this machine makes its own key, and by a one-time code or a person's approval gets a place in a workspace.
import { MachineId } from "../protocol/ids.ts"
import { signedOut } from "./credentials.ts"
import type { DataFolder } from "./data-folder.ts"
import { askByDevice } from "./device.ts"
import { type Identity, newMachineKey, writeIdentity } from "./identity.ts"
import type { Output } from "./output.ts"
import { thisPlatform } from "./platform.ts"

interface Options {
	url: string
	name: string
	/** Whether the home is the one that runs from this data folder. */
	home: boolean
}

/** Makes a key, enrolls with it, and keeps both. Throws Refusal("code_invalid"). */
export function enroll(folder: DataFolder, { code, ...options }: Options & { code: string }): Promise<Identity> {
	const { url, name } = options
	return enter(folder, options, (publicKey) =>
		signedOut(url)("enroll", { body: { code, publicKey, name, platform: thisPlatform() } }),
	)
}

/** The same, where a person approves it in a browser. Throws Refusal("device_denied"). */
export function enrollByDevice(folder: DataFolder, options: Options, out: Output): Promise<Identity> {
	const { url, name } = options
	return enter(folder, options, async (publicKey) => {
		const request = { is: "machine", name, publicKey, platform: thisPlatform() } as const
		const granted = await askByDevice(signedOut(url), request, out)
		if (granted.is !== "machine") throw new Error("invariant: a place for a machine was asked for")
		return granted
	})
}

async function enter(
	folder: DataFolder,
	{ url, home }: Options,
	ask: (publicKey: string) => Promise<{ machine: string; name: string }>,
): Promise<Identity> {
	const key = await newMachineKey()
	const { machine, name } = await ask(key.x)
	const identity = { machine: MachineId.parse(machine), name, url, home, key }
	await writeIdentity(folder.identity, identity)
	return identity
}
