// What a VM is told at its boot: a small disk that cloud-init takes as its NoCloud source, with the same as plain files
// beside that for our own image, whose boot reads no YAML.
import { readFile } from "node:fs/promises"
import { proxyEnvironment } from "../network/environment.ts"
import { makeFat } from "./fat.ts"
import { GATE_HOST, GATE_PORT, GUEST_USER } from "./guest.ts"
import type { Made, VmPaths } from "./record.ts"

export async function makeSeed(made: Made, paths: VmPaths): Promise<Buffer> {
	const read = (path: string) => readFile(path, "utf8")
	const [hostKey, hostKeyOpen, userKey] = await Promise.all([
		...[read(paths.hostKey), read(`${paths.hostKey}.pub`), read(`${paths.userKey}.pub`)],
	])
	const variables = made.network.is === "allow-list" ? proxyEnvironment(GATE_PORT, GATE_HOST) : {}
	const environment = Object.entries(variables)
		.map(([name, value]) => `${name}=${value}\n`)
		.join("")
	const config = {
		hostname: made.name,
		manage_etc_hosts: true,
		ssh_pwauth: false,
		ssh_deletekeys: true,
		ssh_genkeytypes: [],
		ssh_keys: { ed25519_private: hostKey, ed25519_public: hostKeyOpen },
		users: [
			{
				name: GUEST_USER,
				shell: "/bin/bash",
				sudo: "ALL=(ALL:ALL) NOPASSWD:ALL",
				lock_passwd: true,
				ssh_authorized_keys: [userKey],
			},
		],
		mounts: [["LABEL=homeport-home", "/home", "ext4", "nofail,nosuid,nodev"]],
		...(environment !== "" && {
			write_files: [{ path: "/etc/environment", content: environment, append: true }],
		}),
	}
	return makeFat("CIDATA", {
		"meta-data": JSON.stringify({ "instance-id": made.instance, "local-hostname": made.name }),
		// JSON is YAML.
		"user-data": `#cloud-config\n${JSON.stringify(config)}\n`,
		hostname: `${made.name}\n`,
		environment,
		host_key: hostKey ?? "",
		"host_key.pub": hostKeyOpen ?? "",
		authorized_keys: userKey ?? "",
	})
}
