// Ways out of a sandbox, each tried for real by a program inside: none leads anywhere, for root no more than for others.
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readFileSync, symlinkSync } from "node:fs"
import { type AddressInfo, createServer, type Server } from "node:net"
import { hostname } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Contained } from "../../connector/substrates/contained.ts"
import { PEOPLE, sandboxWorld, type World } from "../support/sandbox.ts"

const SECRET = "what nobody inside may see"
const full = { network: { is: "full" } } as const

describe.each(PEOPLE)("as $name", (person) => {
	let world: World
	/** A process of the same person outside. */
	let neighbour: ChildProcess
	/** Listens on 127.0.0.1 of the machine. */
	let server: Server
	/** Listens by a name without a file. */
	let nameless: Server
	let other: Contained
	beforeAll(async () => {
		world = sandboxWorld(person)
		world.write(join(world.home, ".ssh/id_ed25519"), SECRET, 0o600)
		world.write(join(world.dataDir, "machine.json"), SECRET, 0o600)
		other = world.contained()
		await world.sh(other, `echo '${SECRET}' > "$HOME/notes"`)
		world.write(join(other.folder, "session.json"), SECRET, 0o600)
		const ids = process.getuid?.() === 0 ? { uid: person.uid, gid: person.uid } : {}
		neighbour = spawn("sleep", ["600"], { ...ids, env: { TOKEN: SECRET } })
		server = createServer((socket) => socket.end(SECRET))
		nameless = createServer((socket) => socket.end(SECRET))
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
		await new Promise<void>((resolve) => nameless.listen({ path: `\0homeport-${person.uid}` }, resolve))
	})
	afterAll(() => {
		neighbour.kill("SIGKILL")
		server.close()
		nameless.close()
		world.forget()
	})

	/** Every way in which the script says OUT was a way out; it comes to its end. */
	const tries = async (script: string, contained: Contained = world.contained(full)) => {
		const { output, errors } = await world.sh(contained, `${script}\necho tried`, world.folder, String(neighbour.pid))
		expect(output.trim().split("\n").at(-1), errors).toBe("tried")
		expect(output).not.toContain("OUT")
		expect(output + errors).not.toContain(SECRET)
		return output
	}

	test("the person's files are not there: keys, settings, /etc/shadow", () =>
		tries(`
			cat "$1/home/.ssh/id_ed25519" ~/.ssh/id_ed25519 && echo OUT
			cat /etc/shadow /etc/gshadow /etc/sudoers && echo OUT
			ls /root/.ssh /home/*/.ssh 2>/dev/null && echo OUT
			[ "$(ls -A ~)" = "" ] || echo OUT`))

	test("neither the connector's keys nor another session's folder are there", () =>
		tries(`
			cat "$1/data/machine.json" && echo OUT
			ls "$1/data" && echo OUT
			find / -xdev -name machine.json -o -xdev -name session.json 2>/dev/null | grep . && echo OUT
			cat ${other.folder}/inside/home/notes && echo OUT`))

	test("without a network nothing is reached: the machine's own addresses, others, names", async () => {
		const { port } = server.address() as AddressInfo
		const connect = `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(PeerAddr => "$ARGV[0]:$ARGV[1]", Timeout => 2) and print "OUT", <$s>'`
		await tries(
			`
			${connect} 127.0.0.1 ${port}
			${connect} 192.0.2.1 80
			${connect} 169.254.169.254 80
			perl -e 'print "OUT" if gethostbyname("example.com")'
			[ -e /etc/resolv.conf ] && echo OUT
			sed 1,2d /proc/net/dev | grep -v lo: && echo OUT`,
			world.contained({ network: { is: "none" } }),
		)
	})

	test("an allow-list lets nothing through beside its proxy", async () => {
		const { port } = server.address() as AddressInfo
		const connect = `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]", Timeout => 2) or exit; print $s "CONNECT 127.0.0.1:${port} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"; print <$s>'`
		const output = await tries(
			`${connect} ${port}; ${connect} 3128`,
			world.contained({ network: { is: "allow-list", hosts: ["example.com"] } }),
		)
		expect(output).toContain("403")
	})

	test("processes outside are neither seen nor signalled", async () => {
		await tries(`
			[ "$(ls /proc | grep -c '^[0-9]')" -lt 10 ] || echo OUT
			grep -sx sleep /proc/[0-9]*/comm && echo OUT
			kill -0 "$2" 2>/dev/null && grep -sq sleep "/proc/$2/comm" && echo OUT
			true`)
		await tries('kill -KILL "$2"; kill -KILL -1; true')
		expect(neighbour.exitCode ?? neighbour.signalCode).toBeNull()
	})

	test("processes outside are not traced, and their memory and environment not read", () =>
		tries(`
			head -c 1 "/proc/$2/mem" "/proc/$2/environ" 2>/dev/null && grep -sq sleep "/proc/$2/comm" && echo OUT
			perl -e 'exit(syscall(101, 16, $ARGV[0], 0, 0) == 0 ? 0 : 1)' "$2" && grep -sq sleep "/proc/$2/comm" && echo OUT
			true`))

	test("the first process keeps its files, memory and variables, and cannot be ended", () =>
		tries(`
			readlink /proc/1/fd/* /proc/1/exe /proc/1/cwd && echo OUT
			for fd in 3 4 5; do (exec 9<"/proc/1/fd/$fd") 2>/dev/null && echo OUT; done
			cat /proc/1/environ 2>/dev/null && echo OUT
			head -c 1 /proc/1/mem 2>/dev/null && echo OUT
			kill -9 1 2>/dev/null; kill -STOP 1 2>/dev/null
			perl -MIO::Socket::UNIX -e 'print "OUT" if IO::Socket::UNIX->new(Peer => "/run/homeport/control")'`))

	test("no process's root leads out", () =>
		tries(`
			for root in /proc/1/root /proc/self/root /proc/self/cwd /proc/self/cwd/../../../../..; do
				cat "$root$1/home/.ssh/id_ed25519" "$root/etc/shadow" 2>/dev/null && echo OUT
				[ -e "$root/oldroot" ] && echo OUT
			done; true`))

	test("what /proc steers of the whole machine cannot be opened for writing", async () => {
		const before = readFileSync("/proc/sys/kernel/core_pattern", "utf8")
		// Nothing is written: the machine of a test that fails is left as it was.
		await tries(`
			for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/drop_caches /proc/sysrq-trigger \\
				/proc/sys/kernel/modprobe /proc/sys/fs/binfmt_misc/register /proc/irq/default_smp_affinity; do
				(exec 3<>"$file") 2>/dev/null && echo "OUT $file"
			done; true`)
		expect(readFileSync("/proc/sys/kernel/core_pattern", "utf8")).toBe(before)
	})

	test("nothing is mounted, unmounted or made writable again", () =>
		tries(`
			mkdir -p /tmp/m
			mount -t tmpfs none /tmp/m 2>/dev/null && echo OUT
			mount -t proc none /tmp/m 2>/dev/null && echo OUT
			mount --bind / /tmp/m 2>/dev/null && echo OUT
			mount -o remount,rw / 2>/dev/null && echo OUT
			mount -o remount,rw,bind /usr 2>/dev/null && echo OUT
			umount -l ~ 2>/dev/null && echo OUT
			umount -l /proc/sys 2>/dev/null && echo OUT
			true`))

	test("a namespace that a program makes for itself shows and allows it no more", () =>
		tries(`
			mkdir -p /tmp/m
			unshare -Urm sh -c '
				mount -o remount,rw,bind /usr && touch /usr/x && echo OUT
				umount -l "$HOME" && ls "$HOME/.ssh" && echo OUT
				umount -l /proc/sys && echo OUT
				(exec 3<>/proc/sys/kernel/core_pattern) && echo OUT
				mount -t cgroup -o memory none /tmp/m && echo OUT
				mount -t sysfs none /tmp/m && (exec 3<>/tmp/m/power/state) && echo OUT
				mount -t ext4 /dev/vda /tmp/m && echo OUT
				mknod /tmp/m/d b 254 0 && head -c 1 /tmp/m/d && echo OUT
				cat "$1/home/.ssh/id_ed25519" /etc/shadow && echo OUT
				chroot /proc/1/root ls "$1/home" && echo OUT
			' sh "$1" >/tmp/log 2>/dev/null; grep OUT /tmp/log; true`))

	test("namespaces of the machine are not entered", () =>
		tries(`
			for kind in mnt pid net ipc uts user cgroup; do nsenter --target 1 --$kind true 2>/dev/null && echo "OUT $kind"; done
			nsenter --target "$2" --all true 2>/dev/null && echo OUT
			true`))

	test("devices are neither made nor there", () =>
		tries(`
			mknod /tmp/disk b 254 0 2>/dev/null && echo OUT
			mknod /tmp/memory c 1 1 2>/dev/null && echo OUT
			for device in /dev/vda /dev/sda /dev/nvme0n1 /dev/loop0 /dev/loop-control /dev/mem /dev/kmsg /dev/kvm /dev/fuse /dev/net/tun /dev/uinput; do
				[ -e $device ] && echo "OUT $device"
			done
			[ "$(ls /dev/pts | grep -v ptmx)" = "" ] || echo OUT
			true`))

	test("nothing is written outside of the working directory, the private home and /tmp", async () => {
		await tries(`
			for folder in / /usr /usr/bin /usr/local /etc /opt /bin /lib /var /run /run/homeport /dev /proc /proc/sys; do
				(echo x > "$folder/homeport-escape") 2>/dev/null && echo "OUT $folder"
				mkdir "$folder/homeport-escaped" 2>/dev/null && echo "OUT $folder"
			done
			(echo x > /etc/passwd) 2>/dev/null && echo OUT
			(echo x > /run/homeport/init) 2>/dev/null && echo OUT
			true`)
		for (const folder of ["/", "/usr", "/etc", "/opt", "/dev"])
			expect(existsSync(join(folder, "homeport-escape"))).toBe(false)
	})

	test("no capability is held or can be got, and no other root is chosen", () =>
		tries(`
			grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status | grep -v 0000000000000000 && echo OUT
			grep -q 'NoNewPrivs:.1' /proc/self/status || echo OUT
			mkdir -p /tmp/r; chroot /tmp/r true 2>/dev/null && echo OUT
			chroot / true 2>/dev/null && echo OUT
			hostname homeport-escape 2>/dev/null && echo OUT
			date -s '2001-01-01' 2>/dev/null && echo OUT
			renice -n -20 $$ >/dev/null 2>&1 && echo OUT
			perl -e 'exit(syscall(313, 0, "", 0) == 0 ? 0 : 1)' && echo OUT
			true`))

	test("a program that runs as its owner elsewhere does not inside", () =>
		tries(`
			for program in su sudo pkexec mount newgrp passwd chsh; do
				path=$(command -v $program) || continue
				[ "$(stat -c %u "$path")" = "$(id -u)" ] && continue
				[ "$(stat -c %U "$path")" = root ] && echo "OUT $path: root is known inside"
			done
			cp /bin/cat /tmp/cat && chmod 4755 /tmp/cat && /tmp/cat /etc/shadow 2>/dev/null && echo OUT
			true`))

	test("no file of the connector is open inside", () =>
		tries(`
			for fd in /proc/self/fd/*; do
				case "$(readlink "$fd")" in pipe:*|socket:*|/proc/*|/dev/null) ;; *) [ -e "$fd" ] && echo "OUT $(readlink "$fd")";; esac
			done
			[ "$(ls /proc/$$/fd | wc -l)" -le 4 ] || echo OUT`))

	test("sockets by name only are not reached, where the kernel can keep a program from them", async () => {
		const version = Number(/^(\d+\.\d+)/.exec(readFileSync("/proc/sys/kernel/osrelease", "utf8"))?.[1])
		const isKept = version >= 6.12 || version === 7
		const connect = `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un("\\0homeport-${person.uid}")) and print "REACHED"'`
		const { output } = await world.sh(world.contained(full), connect)
		if (isKept) expect(output).toBe("")
		const { output: without } = await world.sh(world.contained({ network: { is: "none" } }), connect)
		expect(without).toBe("")
	})

	test("sockets of daemons and agents are not there, and no variable names one", () =>
		tries(`
			ls -A /run | grep -v '^homeport$' && echo OUT
			[ -e /var/run/docker.sock ] || [ -e /run/docker.sock ] && echo OUT
			env | grep -E 'SSH_AUTH_SOCK|DBUS|DOCKER|XDG_RUNTIME_DIR|DISPLAY|WAYLAND' && echo OUT
			find / -xdev -type s 2>/dev/null | grep -v '^/run/homeport/' && echo OUT
			true`))

	test("the kernel's keyrings are not there", () =>
		tries(`
			perl -e '$! = 0; exit(syscall(250, 0, -3, 0, 0, 0) >= 0 ? 0 : 1)' && echo OUT
			perl -e 'exit(syscall(248, "user", "homeport", "x", 1, -3) >= 0 ? 0 : 1)' && echo OUT
			true`))

	test("there is no /sys, and no control group to write to", () =>
		tries(`
			[ -e /sys/kernel ] && echo OUT
			[ -e /sys/fs/cgroup ] && echo OUT
			find / -xdev -name cgroup.procs 2>/dev/null | grep . && echo OUT
			true`))

	test("links in the working directory lead nowhere else", () => {
		symlinkSync(join(world.home, ".ssh/id_ed25519"), join(world.cwd, `key-${person.uid}`))
		return tries(`
			cat key-${person.uid} && echo OUT
			ln -s "$1/data/machine.json" data; cat data && echo OUT
			ln -s /proc/1/root/etc/shadow shadow; cat shadow && echo OUT
			ln /etc/ld.so.cache linked 2>/dev/null && echo OUT
			ln "$1/home/.ssh/id_ed25519" linked 2>/dev/null && echo OUT
			cat ../home/.ssh/id_ed25519 ../../etc/shadow 2>/dev/null && echo OUT
			true`)
	})

	test("a program cannot turn the places of its next sandbox into others", async () => {
		const below = join(world.home, "code/deep/app")
		world.own(join(world.home, "code"))
		world.own(join(world.home, "code/deep"))
		world.own(below)
		const contained = world.contained({ cwd: below, workingFolder: below })
		await tries(
			`
			mv ~/code ~/gone 2>/dev/null && echo OUT
			mv ~/code/deep ~/gone 2>/dev/null && echo OUT
			rm -rf ~/code 2>/dev/null; [ -d ~/code/deep/app ] || echo OUT
			unshare -Urm mv "$HOME/code" "$HOME/gone" 2>/dev/null && echo OUT
			true`,
			contained,
		)
		// As if it had found a way: what is in the way is refused, not followed.
		const inside = join(contained.folder, "inside/home/code")
		const { output } = await world.sh(
			{ ...contained, cwd: null, workingFolder: null },
			"rm -r ~/code && ln -s / ~/code && echo linked",
		)
		expect(output).toBe("linked\n")
		expect(existsSync(join(inside, "usr"))).toBe(true)
		await expect(world.sh(contained, "true")).rejects.toMatchObject({
			code: "substrate_unavailable",
			message: expect.stringContaining("put something at"),
		})
	})

	test("nothing is typed into the session's terminal by a program in it", async () => {
		const type = `perl -e 'for (split //, "echo OUT\\n") { ioctl(STDIN, 0x5412, $_) and print "typed" } print "refused: $!\\n"'`
		const program = await world.run(world.contained({ ...full, argv: ["/bin/sh", "-c", `${type}; echo done`] }))
		await program.shows(/done/)
		expect(program.output()).toContain("refused: Operation not permitted")
		expect(program.output()).not.toContain("typed")
		await program.ended
	})

	test("the machine is called as before", () => expect(hostname()).not.toBe("homeport-escape"))
})
