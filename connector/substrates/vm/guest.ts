// What our own image has beside Debian's packages: a first process that boots in seconds, also without KVM.

/** Whom sessions run as; they may become root. */
export const GUEST_USER = "agent"
/** Where a guest finds the gate of its allow-list. */
export const GATE_HOST = "10.0.2.100"
export const GATE_PORT = 3128

/** How a disk is known inside, whatever place it got. */
export const SERIAL = { system: "homeport-system", home: "homeport-home", seed: "homeport-seed" } as const

const BOOT = `#!/bin/sh
# What the first process runs before all else: file systems, network, and what the seed says.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

at() { mountpoint -q "$4" || { mkdir -p "$4" && mount -t "$1" -o "$2" "$3" "$4"; }; }
at proc nosuid,nodev,noexec proc /proc
at sysfs nosuid,nodev,noexec sysfs /sys
at devtmpfs nosuid,mode=755 devtmpfs /dev
at devpts nosuid,noexec,gid=5,mode=620,ptmxmode=666 devpts /dev/pts
at tmpfs nosuid,nodev tmpfs /dev/shm
at tmpfs nosuid,nodev,mode=755 tmpfs /run
at cgroup2 nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
mkdir -p -m 755 /run/sshd
mkdir -p -m 1777 /run/lock
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
modprobe -a -q virtio_net virtio_rng evdev button vfat nls_ascii

# The disk with this serial number.
disk() { for of in /sys/block/vd*; do [ "$(cat "$of/serial")" = "$1" ] && echo "/dev/\${of##*/}"; done; }

ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2

seed=/run/homeport-seed
mkdir -m 700 $seed
mount -t vfat -o ro,umask=077,iocharset=ascii "$(disk ${SERIAL.seed})" $seed
name=$(cat $seed/hostname)
hostname "$name"
echo "$name" > /etc/hostname
printf '127.0.0.1 localhost\\n127.0.1.1 %s\\n::1 localhost\\n' "$name" > /etc/hosts
echo "nameserver 10.0.2.3" > /etc/resolv.conf
cat $seed/environment > /etc/environment
umask 077
cat $seed/host_key > /etc/ssh/ssh_host_ed25519_key
umask 022
cat $seed/host_key.pub > /etc/ssh/ssh_host_ed25519_key.pub
cat $seed/authorized_keys > /etc/ssh/homeport_keys
umount $seed

mount -o nosuid,nodev "$(disk ${SERIAL.home})" /home
if [ ! -d /home/${GUEST_USER} ]; then
	cp -a /etc/skel /home/${GUEST_USER}
	chown -R ${GUEST_USER}:${GUEST_USER} /home/${GUEST_USER}
	chmod 700 /home/${GUEST_USER}
fi
`

const POWER = `#!/bin/sh
# Shuts down when the power button is pressed.
for event in /sys/class/input/event*; do
	[ "$(cat "$event/device/name")" = "Power Button" ] &&
		dd if="/dev/input/\${event##*/}" of=/dev/null bs=24 count=1 status=none && exec poweroff
done
exec sleep 60
`

const CLOCK = `#!/bin/sh
# A system that was paused is late: it takes the time of the machine's clock then.
while sleep 15; do
	late=$(($(cat /sys/class/rtc/rtc0/since_epoch) - $(date +%s)))
	[ "\${late#-}" -gt 2 ] && hwclock --hctosys --utc
done
`

const GROW = `#!/bin/sh
# The file system takes all of a disk that is larger than its image.
exec resize2fs "$(findmnt -n -o SOURCE /)" > /dev/null 2>&1
`

const INITTAB = `::sysinit:/usr/lib/homeport/boot
::respawn:/usr/sbin/sshd -D
::respawn:/usr/lib/homeport/power
::respawn:/usr/lib/homeport/clock
::once:/usr/lib/homeport/grow
::ctrlaltdel:/bin/busybox reboot
::shutdown:/bin/busybox umount -a -r
`

const SSHD = `HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/homeport_keys .ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
MaxSessions 1000
MaxStartups 1000
`

interface GuestFile {
	text: string
	mode: number
}

/** By its path. */
export const GUEST_FILES: Record<string, GuestFile> = {
	"etc/inittab": { text: INITTAB, mode: 0o644 },
	"usr/lib/homeport/boot": { text: BOOT, mode: 0o755 },
	"usr/lib/homeport/power": { text: POWER, mode: 0o755 },
	"usr/lib/homeport/clock": { text: CLOCK, mode: 0o755 },
	"usr/lib/homeport/grow": { text: GROW, mode: 0o755 },
	"etc/ssh/sshd_config.d/homeport.conf": { text: SSHD, mode: 0o644 },
	"etc/sudoers.d/homeport": { text: `${GUEST_USER} ALL=(ALL:ALL) NOPASSWD: ALL\n`, mode: 0o440 },
}

/** What must be there before the kernel's package is installed: which modules its first file system has. */
export const EARLY_FILES: Record<string, GuestFile> = {
	"etc/initramfs-tools/conf.d/homeport": { text: "MODULES=list\nCOMPRESS=lz4\n", mode: 0o644 },
	"etc/initramfs-tools/modules": { text: "virtio_pci\nvirtio_blk\next4\n", mode: 0o644 },
}

/** Programs of the one that also is the first process. */
export const BUSYBOX_LINKS = ["init", "poweroff", "reboot", "halt"]

/** Debian's packages in it. */
export const GUEST_PACKAGES = [
	...["linux-image-cloud-amd64", "initramfs-tools", "lz4", "busybox", "kmod", "iproute2", "e2fsprogs"],
	...["util-linux-extra", "openssh-server", "openssh-sftp-server", "sudo", "procps", "less"],
	...["git", "ca-certificates", "curl"],
]
