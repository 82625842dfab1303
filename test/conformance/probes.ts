// Ways out that a program tries: each a script, and what would show that it got there.
import type { Substrate } from "../../protocol/substrate.ts"

export interface Probe {
	/** What a program tries, for a title. */
	tries: string
	/**
	 * Bash. It knows PERSON (the person's home), DATA (the connector's data folder), ROOT (what holds both), MARK (a word that
	 * is in no argument of its own), HOST_PID (a process of the machine), PORT (of a server on it) and DISK (the machine's
	 * disk, as "major minor"). It says ESCAPED where it can tell by itself; the secret in its output tells, too.
	 */
	script: string
	/** Where it means nothing, and why. */
	except?: Partial<Record<Substrate, string>>
}

export const PROBES: Probe[] = [
	{
		tries: "to read the person's home",
		script: 'cat "$PERSON"/.ssh/* ~/.ssh/*; cd "$PERSON" && grep -rs . .',
	},
	{
		tries: "to read the connector's data and keys",
		script:
			'find "$DATA" -type f -readable | sed "s/^/ESCAPED /"; cat "$DATA"/*.json "$DATA"/keys/* "$DATA"/sessions/*/*',
	},
	{
		tries: "to see the machine's processes",
		script: `for pid in /proc/[0-9]*; do [[ "$(tr '\\0' ' ' < $pid/cmdline)" == *$MARK* ]] && echo ESCAPED; done`,
	},
	{
		tries: "to read other processes' variables",
		script: "cat /proc/[0-9]*/environ",
	},
	{
		tries: "to signal a process of the machine",
		script: "kill -9 $HOST_PID; kill -9 -- -$HOST_PID",
	},
	{
		tries: "to trace a process of the machine",
		script: `perl -MPOSIX -e '$n = (POSIX::uname())[4] =~ /aarch64/ ? 117 : 101; print "ESCAPED\\n" if syscall($n, 16, $ENV{HOST_PID}+0, 0, 0) == 0'
			cat /proc/$HOST_PID/mem /proc/$HOST_PID/environ`,
		except: { vm: "A VM has processes of its own." },
	},
	{
		tries: "to reach the machine's files through /proc",
		script: `for pid in /proc/[0-9]*; do cat $pid/root"$PERSON"/.ssh/id_ed25519 $pid/cwd/../../../../../../.."$PERSON"/.ssh/id_ed25519; done; cat /proc/*/fd/*/.ssh/id_ed25519`,
	},
	{
		tries: "to leave by chroot",
		script: `mkdir -p jail; perl -e 'chroot("jail"); chdir("..") for 1..64; chroot("."); open(F, $ENV{PERSON} . "/.ssh/id_ed25519") and print <F>'`,
	},
	{
		tries: "to mount what it should not see",
		script: `mkdir -p mnt; for way in "--bind / mnt" "-o remount,rw /" "-o remount,rw,bind /usr" "-t proc proc mnt" "-t devtmpfs dev mnt" "-t cgroup2 none mnt"; do
				mount $way && cat mnt"$PERSON"/.ssh/id_ed25519
			done; touch "/usr/$MARK"`,
	},
	{
		tries: "to mount it from namespaces of its own",
		script: `unshare -Urmpf bash -c 'mkdir -p mnt2; mount -o remount,rw,bind /usr; mount -o remount,rw /; touch "/usr/$MARK" "/$MARK"; mount --bind / mnt2; cat mnt2"$PERSON"/.ssh/id_ed25519'`,
	},
	{
		tries: "to write outside of its folders",
		script: `for folder in / /usr /usr/bin /usr/local/bin /etc /root /var /var/lib /var/tmp /opt /home /srv /tmp /run /dev/shm "$PERSON" "$DATA" "$ROOT" "$ROOT/work"; do touch "$folder/$MARK"; done`,
	},
	{
		tries: "to read the machine's disk through a device",
		script: `mknod disk b $DISK; for device in disk /dev/sd* /dev/vd* /dev/nvme* /dev/xvd* /dev/mem /dev/dm-*; do [ -r $device ] && echo "device $(head -c 4096 $device | sha256sum)"; done`,
	},
	{
		tries: "to type into its terminal, for whoever reads it next",
		script: `perl -e 'open(T, "+<", "/dev/tty"); $x = "x"; print "ESCAPED\\n" if ioctl(T, 0x5412, $x); $s = "\\x03"; print "ESCAPED\\n" if ioctl(T, 0x541C, $s)'
			perl -e 'open(T, "+<", "/dev/tty"); $x = "x"; print "ESCAPED\\n" if syscall(16, fileno(T), 0x100005412, $x) == 0'`,
		except: { vm: "A VM's terminals are its own: nobody on the machine reads them." },
	},
	{
		tries: "to write on other terminals",
		script: `for terminal in /dev/pts/[0-9]* /dev/tty[0-9]* /dev/console; do [ "$terminal" = "$(tty)" ] || echo "$MARK" > $terminal; done`,
		except: { vm: "A VM's terminals are its own." },
	},
	{
		tries: "to use files that whoever started it had open",
		script: `for file in /proc/self/fd/*; do case "$(readlink $file)" in pipe:*|/dev/pts/*|/dev/null|/dev/console|/proc/*|"") ;; *) echo "ESCAPED $file $(readlink $file)";; esac; done`,
	},
	{
		tries: "to reach the sockets of engines, buses and the connector",
		script: `for socket in /var/run/docker.sock /run/docker.sock /run/podman/podman.sock /run/containerd/containerd.sock /run/dbus/system_bus_socket "$SSH_AUTH_SOCK" "$DATA"/*.sock "$DATA"/*/*.sock "$DATA"/sessions/*/*.sock; do
				perl -MIO::Socket::UNIX -e 'print "ESCAPED $ARGV[0]\\n" if IO::Socket::UNIX->new(Peer => $ARGV[0])' "$socket"
			done`,
	},
	{
		tries: "to reach the machine's abstract sockets",
		script: `perl -MIO::Socket::UNIX -e 'print "ESCAPED\\n" if IO::Socket::UNIX->new(Peer => "\\0homeport-$ENV{MARK}")'`,
	},
	{
		tries: "to reach the machine's servers",
		script: `for way in 127.0.0.1 10.0.2.2 172.17.0.1; do timeout 2 bash -c "exec 3<>/dev/tcp/$way/$PORT && head -c 7 <&3 && echo ESCAPED"; done`,
	},
	{
		tries: "to change the kernel's settings",
		script: `echo "|/tmp/$MARK" > /proc/sys/kernel/core_pattern; echo 1 > /proc/sys/kernel/sysrq; echo "$MARK" > /proc/sys/kernel/domainname
			: >> /proc/sysrq-trigger && echo ESCAPED; : >> /sys/power/state && echo ESCAPED; find /proc/sys /sys -type f -writable ! -name ns_last_pid 2>/dev/null | head -3 | sed "s/^/ESCAPED /"`,
	},
	{
		tries: "to raise its own limits",
		script: `find /sys/fs/cgroup -type f -writable | head -3 | sed "s/^/ESCAPED /"; mkdir /sys/fs/cgroup/*/$MARK /sys/fs/cgroup/$MARK && echo ESCAPED`,
	},
	{
		tries: "to get rights back",
		script: `grep -q "NoNewPrivs:.*1" /proc/self/status || echo ESCAPED; grep -q "CapEff:.*0000000000000000" /proc/self/status || echo ESCAPED $(grep CapEff /proc/self/status)`,
		except: { vm: "Inside a VM a program may be anybody: the VM is the wall." },
	},
	{
		tries: "to set the machine's clock and name",
		script: `date -s "@$(date +%s)" > /dev/null && echo ESCAPED; hostname "$MARK"; perl -e 'syscall(170, $ENV{MARK}, length $ENV{MARK})'`,
	},
	{
		tries: "to link to what it may not see",
		script: `ln "$PERSON/.ssh/id_ed25519" hard; ln -s "$PERSON/.ssh/id_ed25519" soft; ln -s / top; cat hard soft top"$PERSON"/.ssh/id_ed25519; cat ../../person/.ssh/id_ed25519`,
	},
	{
		tries: "to leave a shared folder",
		script: `for folder in /srv/homeport/* "$PWD" "$HOME"; do
				cd "$folder" && ln -sf "$PERSON/.ssh/id_ed25519" "way$MARK" && cat "way$MARK"; rm -f "way$MARK"
				cat "$folder"/../../../../../.."$PERSON"/.ssh/id_ed25519; done`,
	},
	{
		tries: "to read what the machine hands to its firmware",
		script: "cat /sys/firmware/qemu_fw_cfg/by_name/*/*/raw /sys/firmware/dmi/entries/*/raw /sys/class/dmi/id/*",
	},
]
