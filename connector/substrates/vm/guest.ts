// What our own image has beside Debian's packages: a first process that boots in seconds, also without KVM.

/** Whom sessions run as; they may become root. */
export const GUEST_USER = "agent"
/** Where a guest finds the gate of its allow-list. */
export const GATE_HOST = "10.0.2.100"
export const GATE_PORT = 3128

/** How a disk is known inside, whatever place it got. */
export const SERIAL = { system: "homeport-system", home: "homeport-home", seed: "homeport-seed" } as const

/** Which kernel modules lead to the disk; what these need comes with them. */
const DISK_MODULES = ["virtio_pci", "virtio_blk", "ext4"]

const INITRD = `#!/bin/sh
# Makes the kernel's first file system: it finds the disk and goes there, and has nothing else to unpack or to run.
set -e
version=$(ls /lib/modules)
root=$(mktemp -d)
mkdir "$root/dev" "$root/modules" "$root/root"
cp /bin/busybox "$root/busybox"
{
	echo '#!/busybox sh'
	modprobe --show-depends --set-version "$version" --all ${DISK_MODULES.join(" ")} | while read -r how path rest; do
		[ "$how" = insmod ] || continue
		name=\${path##*/}
		name=\${name%.xz}
		case $path in *.xz) /bin/busybox xzcat "$path" ;; *) cat "$path" ;; esac > "$root/modules/$name"
		echo "/busybox insmod /modules/$name 2> /dev/null"
	done
	echo '/busybox mount -t devtmpfs devtmpfs /dev'
	echo '/busybox mount -t ext4 /dev/vda /root && /busybox umount /dev'
	echo 'exec /busybox switch_root /root /sbin/init'
} > "$root/init"
chmod 755 "$root/init"
cd "$root"
find . | /bin/busybox cpio -o -H newc > "/boot/initrd.img-$version"
rm -rf "$root"
`

const BOOT = `#!/bin/busybox sh
# What the first process runs before all else: file systems, network, and what the seed says. Where processors are
# emulated each program takes a tenth of a second to begin, so what this shell has in itself is run by itself.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

at() { [ -d "$4" ] || mkdir -p "$4"; mount -t "$1" -o "$2" "$3" "$4"; }
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
/usr/sbin/modprobe -a -q virtio_net virtio_rng evdev button vfat nls_ascii

# The disk with this serial number, which ends in no line.
disk() {
	for of in /sys/block/vd*; do
		serial=
		read -r serial < "$of/serial"
		[ "$serial" = "$1" ] && echo "/dev/\${of##*/}"
	done
}

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

const POWER = `#!/bin/busybox sh
# Shuts down when the power button is pressed.
for event in /sys/class/input/event*; do
	[ "$(cat "$event/device/name")" = "Power Button" ] &&
		dd if="/dev/input/\${event##*/}" of=/dev/null bs=24 count=1 status=none && exec poweroff
done
exec sleep 60
`

const CLOCK = `#!/bin/busybox sh
# A system that was paused is late: it takes the time of the machine's clock then.
while sleep 15; do
	late=$(($(cat /sys/class/rtc/rtc0/since_epoch) - $(date +%s)))
	[ "\${late#-}" -gt 2 ] && hwclock --hctosys --utc
done
`

const INITTAB = `::sysinit:/usr/lib/homeport/boot
::respawn:/usr/sbin/sshd -D
::respawn:/usr/lib/homeport/power
::respawn:/usr/lib/homeport/clock
::once:/usr/sbin/resize2fs /dev/vda
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
	"usr/lib/homeport/initrd": { text: INITRD, mode: 0o755 },
	"etc/ssh/sshd_config.d/homeport.conf": { text: SSHD, mode: 0o644 },
	"etc/sudoers.d/homeport": { text: `${GUEST_USER} ALL=(ALL:ALL) NOPASSWD: ALL\n`, mode: 0o440 },
}

/** Programs of the one that also is the first process. */
export const BUSYBOX_LINKS = ["init", "poweroff", "reboot", "halt"]

/** Debian's packages in it. */
export const GUEST_PACKAGES = [
	...["linux-image-cloud-amd64", "busybox-static", "kmod", "iproute2", "e2fsprogs"],
	...["util-linux-extra", "openssh-server", "openssh-sftp-server", "sudo", "procps", "less"],
	...["git", "ca-certificates", "curl"],
]
