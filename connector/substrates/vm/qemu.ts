// QEMU's command line for a VM: every word of it, as an array that no shell reads.
import type { Vm } from "../../../protocol/vm.ts"
import { GATE_HOST, GATE_PORT, SERIAL } from "./guest.ts"
import type { BuiltImage } from "./images.ts"
import type { Made, VmPaths } from "./record.ts"

export const QEMU = "qemu-system-x86_64"
/** The network device's own name in the monitor. */
export const NETWORK = "net"
/** In a network namespace of its own, SSH waits here for who comes in from outside of it. */
export const INNER_SSH = 2222
/** What translated code takes at most: the default is a GB, which no VM of ours needs. */
const TRANSLATED_MB = 64

interface Start {
	made: Made
	paths: VmPaths
	image: Pick<BuiltImage, "boot" | "folder">
	by: Vm["by"]
	/** How a program joins its input and output with a Unix socket: the static first process of sandboxes. */
	connect: string
}

/** The words after the program's name. It waits for `cont`, so that nothing is missed of what it says. */
export function qemuArguments({ made, paths, image, by, connect }: Start): string[] {
	return [
		...["-name", made.name, "-nodefaults", "-no-user-config", "-display", "none", "-S", "-no-shutdown"],
		...["-sandbox", `on,obsolete=deny,resourcecontrol=deny,${mayStart(made)}`],
		...["-machine", "q35", ...accelerator(by), "-smp", String(made.cpus), "-m", `${Math.ceil(made.memory / MIB)}M`],
		...firmware(image, paths, by),
		...disk("system", paths.system, 1),
		...disk("home", paths.home),
		...["-blockdev", JSON.stringify({ driver: "raw", "node-name": "seed", "read-only": true, file: file(paths.seed) })],
		...["-device", `virtio-blk-pci,drive=seed,serial=${SERIAL.seed}`],
		...["-device", "virtio-rng-pci", "-device", "pvpanic-pci"],
		...["-netdev", netdev(made, paths, connect), "-device", `virtio-net-pci,netdev=${NETWORK},romfile=`],
		...["-chardev", socket("qmp", paths.qmpSocket), "-mon", "chardev=qmp,mode=control"],
		...["-chardev", socket("serial", paths.serialSocket), "-serial", "chardev:serial"],
		...["-pidfile", paths.process],
	]
}

/** What only looks whether the processor runs anything at all: `output` gets what a kernel or the firmware says. */
export function trialArguments(by: Vm["by"], kernel: string | null, output: string): string[] {
	const bare = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-m", "256M", "-machine", "q35"]
	const said = ["-chardev", `file,id=said,path=${escaped(output)}`]
	const program =
		kernel === null
			? ["-device", "isa-debugcon,iobase=0x402,chardev=said"]
			: ["-serial", "chardev:said", "-kernel", kernel, "-append", "console=ttyS0 panic=-1"]
	return [...bare, ...accelerator(by), ...said, ...program]
}

function accelerator(by: Vm["by"]): string[] {
	return by === "tcg" ? ["-accel", `tcg,tb-size=${TRANSLATED_MB}`, "-cpu", "max"] : ["-accel", by, "-cpu", "host"]
}

function firmware({ boot, folder }: Start["image"], paths: VmPaths, by: Vm["by"]): string[] {
	switch (boot) {
		case "direct": {
			const line = by === "tcg" ? `${COMMAND_LINE} ${TRANSLATED_ONCE}` : COMMAND_LINE
			return ["-kernel", `${folder}/kernel`, "-initrd", `${folder}/initrd`, "-append", line]
		}
		case "bios":
			return []
		case "uefi":
			return ["-drive", `if=pflash,format=raw,file=${escaped(paths.firmware)}`]
	}
}

function disk(name: "system" | "home", path: string, bootIndex?: number): string[] {
	const order = bootIndex === undefined ? "" : `,bootindex=${bootIndex}`
	return [
		...["-blockdev", JSON.stringify({ driver: "qcow2", "node-name": name, discard: "unmap", file: file(path) })],
		...["-device", `virtio-blk-pci,drive=${name},serial=${SERIAL[name]}${order}`],
	]
}

function file(path: string) {
	return { driver: "file", filename: path, discard: "unmap" }
}

function netdev({ network }: Made, paths: VmPaths, connect: string): string {
	const user = `user,id=${NETWORK},ipv6=off`
	switch (network.is) {
		case "none":
			return `${user},restrict=on,hostfwd=tcp:127.0.0.1:0-:22`
		case "allow-list": {
			const command = [connect, "--connect", paths.gateSocket].map(quoted).join(" ")
			const gate = `guestfwd=tcp:${GATE_HOST}:${GATE_PORT}-cmd:${escaped(command)}`
			return `${user},restrict=on,hostfwd=tcp:127.0.0.1:0-:22,${gate}`
		}
		case "full":
			return `${user},hostfwd=tcp::${INNER_SSH}-:22`
	}
}

/** QEMU starts the program that leads to the gate, which makes a session of its own first: that counts as a privilege. */
function mayStart({ network }: Made): string {
	return network.is === "allow-list" ? "spawn=allow,elevateprivileges=allow" : "spawn=deny,elevateprivileges=deny"
}

function socket(id: string, path: string): string {
	return `socket,id=${id},path=${escaped(path)},server=on,wait=off`
}

/** In QEMU's lists of settings a comma stands for itself when it is doubled. */
function escaped(value: string): string {
	return value.replaceAll(",", ",,")
}

/** As one word of GLib's shell-like command lines. */
function quoted(word: string): string {
	return `'${word.replaceAll("'", "'\\''")}'`
}

/**
 * The kernel's. In software on a machine that is busy its timer looks broken, since it comes late: no_timer_check has it not
 * look.
 */
const COMMAND_LINE = "console=ttyS0 quiet loglevel=4 root=/dev/vda rw panic=1 net.ifnames=0 no_timer_check"
/**
 * What is emulated has been translated for one address: where each start of a program has it at another, all of it is
 * translated again, and programs take twice to four times as long to start. The wall around a VM is not inside of it.
 */
const TRANSLATED_ONCE = "norandmaps"
const MIB = 1024 * 1024
