// The system as a sandbox shows it: programs and libraries read-only as this machine has them, and of /etc only what
// programs need and nobody keeps a secret in.
import { readlink, realpath, stat } from "node:fs/promises"
import { hostname } from "node:os"
import { join } from "node:path"
import type { Entry } from "./policy.ts"

interface Person {
	uid: number
	gid: number
	name: string
	home: string
	shell: string
}

export async function systemEntries(hasNetwork: boolean): Promise<Entry[]> {
	const paths = [...SYSTEM, ...ETC, ...(hasNetwork ? ETC_NETWORK : [])]
	const found = await Promise.all(paths.map(entryOf))
	return [...found.flat(), { is: "link", at: "/var/tmp", to: "/tmp" }, { is: "memory", at: "/dev/shm" }]
}

/** Folders of programs and libraries: what lies in them is there inside, too. */
export const SYSTEM = [
	...["/usr", "/opt", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"],
	// NixOS, and Homebrew on Linux.
	...["/nix/store", "/run/current-system", "/home/linuxbrew/.linuxbrew"],
]

/** /etc/ssl and /etc/pki hold private keys beside these. */
const ETC = [
	...["ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "nsswitch.conf", "os-release", "debian_version"],
	...[
		"localtime",
		"timezone",
		"locale.conf",
		"locale.alias",
		"default/locale",
		"terminfo",
		"inputrc",
		"magic",
		"mime.types",
	],
	...[
		"profile",
		"profile.d",
		"bash.bashrc",
		"bashrc",
		"bash_completion.d",
		"zsh",
		"vim",
		"vimrc",
		"nanorc",
		"gitconfig",
	],
	...["ssl/certs", "ssl/openssl.cnf", "ssl/cert.pem", "ca-certificates", "ca-certificates.conf"],
	...["pki/ca-trust", "pki/tls/certs", "pki/tls/cert.pem", "pki/tls/openssl.cnf", "crypto-policies"],
	...["python3", "perl", "fonts", "java-17-openjdk", "java-21-openjdk", "mailcap", "protocols", "services", "shells"],
	...["static", "nix/nix.conf"],
].map((name) => `/etc/${name}`)

const ETC_NETWORK = ["/etc/resolv.conf", "/etc/hosts", "/etc/gai.conf", "/etc/host.conf"]

/** As the machine has it: a link at the top stays one. */
async function entryOf(path: string): Promise<Entry[]> {
	const link = path.startsWith("/etc/") ? null : await readlink(path).catch(() => null)
	if (link !== null) return [{ is: "link", at: path, to: link }]
	const real = await realpath(path).catch(() => null)
	if (real === null) return []
	const { isFile, isDirectory } = await stat(real).then(
		(file) => ({ isFile: file.isFile(), isDirectory: file.isDirectory() }),
		() => ({ isFile: false, isDirectory: false }),
	)
	return isFile || isDirectory ? [{ is: "mount", at: path, from: real, isWritable: false }] : []
}

/** A file of /etc that a sandbox has of its own. */
export interface OwnFile {
	path: string
	text: string
	entry: Entry
}

/** They name this person and nobody else. `folder`: where they are written. */
export function ownFiles({ uid, gid, name, home, shell }: Person, folder: string, hasNetwork: boolean): OwnFile[] {
	const nobody = "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
	const root = uid === 0 ? "" : "root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n"
	const files: Record<string, string> = {
		passwd: `${root}${name}:x:${uid}:${gid}:${name}:${home}:${shell}\n${nobody}`,
		group: `${gid === 0 ? "" : "root:x:0:\n"}${name}:x:${gid}:\ntty:x:5:\nnogroup:x:65534:\n`,
	}
	if (!hasNetwork) files.hosts = `127.0.0.1 localhost ${hostname()}\n::1 localhost\n`
	return Object.entries(files).map(([file, text]) => {
		const path = join(folder, file)
		return { path, text, entry: { is: "mount", at: `/etc/${file}`, from: path, isWritable: false } }
	})
}

/** Parts of /proc that are the whole machine's: root may write them by its user id alone, without any capability. */
export async function wholeMachines(): Promise<string[]> {
	const paths = ["sys", "sysrq-trigger", "irq", "bus", "fs", "pressure", "acpi", "scsi", "mtrr"].map(
		(name) => `/proc/${name}`,
	)
	const are = await Promise.all(
		paths.map((path) =>
			stat(path).then(
				() => true,
				() => false,
			),
		),
	)
	return paths.filter((_path, index) => are[index])
}
