#!/bin/bash
# Makes a bootable Debian 12 (bookworm, amd64) disk image from Debian packages.
#
# Run as uid 0 inside namespaces that the caller has made, with exactly one of
#
#   root:           unshare --mount --pid --fork --kill-child --mount-proc \
#                       bash -eu debian-12.sh
#   ordinary user:  unshare --user --map-root-user --map-auto \
#                       --mount --pid --fork --kill-child --mount-proc \
#                       bash -eu debian-12.sh
#
# (util-linux 2.38 or newer; the second needs ranges in /etc/subuid and
# /etc/subgid.)  --mount-proc is needed: mmdebstrap mounts a new proc in the
# image's tree, which shows the new pid namespace, while the tools outside
# would still read the old one.  No loop device, no device node, no network
# but apt's.  Every mount is made in the private mount namespace.
#
# Environment:
#   RECIPE_OUT           existing directory; gets the one file disk.raw (sparse)
#   RECIPE_SCRATCH       existing empty directory for everything temporary
#   RECIPE_SIZE_MIB      virtual size of the disk (default 4096)
#   RECIPE_APT_SOURCES   apt sources of the Debian 12 suites, deb822 or one-line
#   RECIPE_APT_CONF      optional file of apt options, for the build and the image
#
# Progress goes to stdout, one plain line a step; the tools' noise to stderr.
# After a failure the last line on stderr says what failed.
#
# Needs: mmdebstrap, e2fsprogs, fdisk (sfdisk), mtools, dosfstools, and
# debian-archive-keyring.  GRUB's tools and modules are taken from the image.

set -eu -o pipefail
# A user's PATH may lack the sbin directories; inside a user namespace it is his.
export PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
unset TMPDIR CDPATH
umask 022

suite=bookworm

# ---------------------------------------------------------------------------
# Part 1: what is done in the image's tree.  mmdebstrap calls this script again
# for it as a hook, since then /dev, /proc and /sys of the tree are usable also
# where no device node can be made.
# ---------------------------------------------------------------------------

# put FILE [MODE] <text: writes one file of the image.
put() {
    mkdir -p "$(dirname "$root$1")"
    cat >"$root$1"
    chmod "${2:-0644}" "$root$1"
}

# Before the packages: what their installation reads.
prepare_tree() {
    chroot "$root" debconf-set-selections <<'EOF'
cloud-init cloud-init/datasources multiselect NoCloud, ConfigDrive, Azure, None
locales locales/locales_to_be_generated multiselect
locales locales/default_environment_locale select C.UTF-8
EOF
    put /etc/default/locale <<'EOF'
LANG=C.UTF-8
EOF
    # openssh-server makes no keys of its own when some are there: saves the
    # seconds of RSA, they are removed below.
    mkdir -p "$root/etc/ssh"
    local t
    for t in rsa ecdsa ed25519; do echo >"$root/etc/ssh/ssh_host_${t}_key"; done
}

configure_tree() {
    local kernel abi unit

    # --- identity (the rest of it is removed after mmdebstrap) -------------
    put /etc/hosts <<'EOF'
127.0.0.1	localhost
::1		localhost ip6-localhost ip6-loopback
ff02::1		ip6-allnodes
ff02::2		ip6-allrouters
EOF
    chroot "$root" passwd --quiet --lock root

    # --- apt ---------------------------------------------------------------
    rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
    if [ "$RECIPE_APT_FORMAT" = sources ]; then
        put /etc/apt/sources.list.d/debian.sources <"$RECIPE_APT_SOURCES"
    else
        put /etc/apt/sources.list.d/debian.list <"$RECIPE_APT_SOURCES"
    fi
    if [ -n "${RECIPE_APT_CONF:-}" ]; then
        put /etc/apt/apt.conf.d/90image <"$RECIPE_APT_CONF"
    fi

    # --- disk --------------------------------------------------------------
    put /etc/fstab <<EOF
# <file system> <mount point> <type> <options> <dump> <pass>
UUID=$RECIPE_ROOT_UUID / ext4 defaults,errors=remount-ro 0 1
# Nothing on a running system needs the EFI partition; to see it: mount /boot/efi
UUID=$RECIPE_ESP_UUID /boot/efi vfat umask=0077,noauto 0 0
EOF
    mkdir -p "$root/boot/efi"

    # --- boot loader -------------------------------------------------------
    # What update-grub reads in the guest.
    put /etc/default/grub <<'EOF'
# After a change run update-grub.
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_TIMEOUT_STYLE=hidden
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200n8"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB_DISABLE_OS_PROBER=true
EOF
    for kernel in "$root"/boot/vmlinuz-*; do abi=${kernel##*/vmlinuz-}; done
    [ -s "$root/boot/initrd.img-$abi" ] || fail "the image has no initrd for kernel $abi"
    # grub-mkconfig asks grub-probe for the device below /, and a build tree
    # has none: the first grub.cfg is written here, in the guest update-grub
    # replaces it.
    put /boot/grub/grub.cfg 0600 <<EOF
# Written by the image's build; update-grub replaces this file.
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set default=0
set timeout_style=hidden
set timeout=0
menuentry 'Debian GNU/Linux' --class debian --class gnu-linux --class os {
	search --no-floppy --fs-uuid --set=root $RECIPE_ROOT_UUID
	linux /boot/vmlinuz-$abi root=UUID=$RECIPE_ROOT_UUID ro console=tty0 console=ttyS0,115200n8 quiet
	initrd /boot/initrd.img-$abi
}
EOF
    local modules="part_gpt part_msdos ext2 fat normal linux search search_fs_uuid
        configfile serial terminal gzio echo test true minicmd ls cat sleep reboot
        halt loadenv all_video video gfxterm font boot"
    local grub=/tmp/grub
    mkdir -p "$root$grub" "$root/boot/grub/i386-pc" "$root/boot/grub/x86_64-efi"
    # The modules beside grub.cfg, as grub-install puts them there: they must
    # stay those of the loader when the packages are upgraded.
    cp "$root"/usr/lib/grub/i386-pc/*.mod "$root"/usr/lib/grub/i386-pc/*.lst \
        "$root/boot/grub/i386-pc/"
    cp "$root"/usr/lib/grub/x86_64-efi/*.mod "$root"/usr/lib/grub/x86_64-efi/*.lst \
        "$root/boot/grub/x86_64-efi/"
    chroot "$root" grub-editenv /boot/grub/grubenv create
    # BIOS: the core image finds the root by its UUID, whatever the disk's name.
    cat >"$root$grub/early.cfg" <<EOF
search.fs_uuid $RECIPE_ROOT_UUID root
set prefix=(\$root)/boot/grub
EOF
    # shellcheck disable=SC2086  # a list of words
    chroot "$root" grub-mkimage -O i386-pc -p /boot/grub -c "$grub/early.cfg" \
        -o "$grub/core.img" biosdisk $modules
    cp "$root/usr/lib/grub/i386-pc/boot.img" "$root$grub/boot.img"
    # UEFI: GRUB takes the device from the firmware and the path from -p, and
    # so reads the grub.cfg beside itself.
    # shellcheck disable=SC2086
    chroot "$root" grub-mkimage -O x86_64-efi -p /EFI/BOOT \
        -o "$grub/BOOTX64.EFI" $modules efi_gop efi_uga
    cat >"$root$grub/esp.cfg" <<EOF
search.fs_uuid $RECIPE_ROOT_UUID root
set prefix=(\$root)/boot/grub
configfile \$prefix/grub.cfg
EOF
    mkdir "$RECIPE_SCRATCH/grub"
    mv "$root$grub"/* "$RECIPE_SCRATCH/grub/"
    rmdir "$root$grub"

    # --- network -----------------------------------------------------------
    # Any wired card by DHCP.  cloud-init writes 10-cloud-init-NAME.network,
    # which sorts before this one and so wins.
    put /etc/systemd/network/90-dhcp.network <<'EOF'
[Match]
Name=en* eth*

[Link]
RequiredForOnline=degraded:routable

[Network]
DHCP=ipv4
LinkLocalAddressing=ipv6

[DHCPv4]
# Machines made from one image must not be told apart by the machine id alone.
ClientIdentifier=mac
UseDomains=yes
EOF
    # A card without a cable must not hold the boot for two minutes.
    put /etc/systemd/system/systemd-networkd-wait-online.service.d/50-image.conf <<'EOF'
[Service]
ExecStart=
ExecStart=/lib/systemd/systemd-networkd-wait-online --any --timeout=30
EOF
    put /etc/systemd/resolved.conf.d/50-image.conf <<'EOF'
[Resolve]
LLMNR=no
MulticastDNS=no
EOF

    # --- ssh ---------------------------------------------------------------
    # cloud-init makes the host key of an instance, and a build VM brings its
    # own by credential (systemd-tmpfiles).  Both come before sysinit.target,
    # this unit after it: it makes a key only if neither did.
    put /etc/systemd/system/ssh-host-key.service <<'EOF'
[Unit]
Description=Make a host key for ssh if there is none
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key
After=cloud-init.service systemd-tmpfiles-setup.service
Before=ssh.service ssh.socket

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
RemainAfterExit=yes

[Install]
WantedBy=ssh.service
EOF

    # --- cloud-init --------------------------------------------------------
    put /etc/cloud/ds-identify.cfg <<'EOF'
policy: search,found=first,maybe=none,notfound=disabled
EOF
    put /etc/cloud/cloud.cfg.d/95_image.cfg <<'EOF'
# The image's part of the configuration; user data still wins.
datasource_list: [NoCloud, ConfigDrive, Azure, None]
system_info:
  network:
    renderers: [networkd]
    activators: [networkd]
# Each type of host key costs a start and a boot's entropy; RSA costs seconds.
ssh_genkeytypes: [ed25519]
ssh:
  emit_keys_to_console: false
# Leave out the modules for software that is not in the image, and grub-dpkg,
# which configures a package (grub-pc) that is not there.
cloud_init_modules:
  - seed_random
  - bootcmd
  - write-files
  - growpart
  - resizefs
  - disk_setup
  - mounts
  - set_hostname
  - update_hostname
  - update_etc_hosts
  - ca-certs
  - users-groups
  - ssh
cloud_config_modules:
  - ssh-import-id
  - locale
  - set-passwords
  - apt-configure
  - ntp
  - timezone
  - runcmd
cloud_final_modules:
  - package-update-upgrade-install
  - write-files-deferred
  - scripts-vendor
  - scripts-per-once
  - scripts-per-boot
  - scripts-per-instance
  - scripts-user
  - phone-home
  - final-message
  - power-state-change
EOF

    # --- Azure -------------------------------------------------------------
    put /etc/systemd/system/walinuxagent.service.d/50-image.conf <<'EOF'
[Unit]
ConditionVirtualization=microsoft
EOF

    # --- units -------------------------------------------------------------
    # A timer that caught up on the time before its first boot would compete
    # with that boot.
    for unit in apt-daily apt-daily-upgrade; do
        put "/etc/systemd/system/$unit.timer.d/50-image.conf" <<'EOF'
[Timer]
Persistent=false
EOF
    done
    chroot "$root" systemctl --quiet enable systemd-networkd.service \
        systemd-resolved.service ssh.service ssh-host-key.service
    # There is no LVM here, for which e2scrub takes its snapshots, and nothing
    # to save from a crash or to partition; the latter two load modules in vain.
    chroot "$root" systemctl --quiet disable e2scrub_all.timer \
        e2scrub_reap.service systemd-pstore.service
    chroot "$root" systemctl --quiet mask systemd-repart.service
}

# fail TEXT: ends the script; TEXT is the last line on stderr.  The outermost
# call also empties the scratch directory, since only here an ordinary user is
# the owner of all that is in it; what mmdebstrap may have left mounted stays
# untouched (--one-file-system) and goes with the namespace.
step="starting"
building=
fail() {
    trap - ERR
    if [ -n "$building" ] && [ "$BASHPID" = $$ ]; then
        rm -rf --one-file-system -- "${RECIPE_SCRATCH:?}"/* 2>/dev/null || true
    fi
    echo "debian-12: failed while $step: $*" >&2
    exit 1
}

if [ "${1:-}" = --hook ]; then
    trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
    root=$3
    case $2 in
        prepare) step="preparing the tree"; prepare_tree ;;
        configure) step="configuring the tree"; configure_tree ;;
    esac
    exit 0
fi

# ---------------------------------------------------------------------------
# Part 2: the build.
# ---------------------------------------------------------------------------
exec 3>&1 1>&2
set -E
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
say() { step=$1; echo "$1" >&3; }

for v in RECIPE_OUT RECIPE_SCRATCH RECIPE_APT_SOURCES; do
    [ -n "${!v:-}" ] || fail "$v is not set"
done
for v in RECIPE_OUT RECIPE_SCRATCH; do
    [ -d "${!v}" ] || fail "$v: ${!v} is no directory"
    declare "$v=$(realpath "${!v}")"
done
[ -r "$RECIPE_APT_SOURCES" ] || fail "cannot read $RECIPE_APT_SOURCES"
[ -z "${RECIPE_APT_CONF:-}" ] || [ -r "$RECIPE_APT_CONF" ] || fail "cannot read $RECIPE_APT_CONF"
size_mib=${RECIPE_SIZE_MIB:-4096}
case $size_mib in *[!0-9]* | '') fail "RECIPE_SIZE_MIB: $size_mib is no number" ;; esac
[ "$size_mib" -ge 1024 ] || fail "RECIPE_SIZE_MIB: $size_mib is less than 1024"
[ "$(id -u)" = 0 ] || fail "not uid 0: see the unshare command line in the recipe"
for c in mmdebstrap mke2fs debugfs sfdisk mcopy mmd mkfs.vfat; do
    command -v "$c" >/dev/null || fail "$c is not installed"
done
if grep -q '^Types:' "$RECIPE_APT_SOURCES"; then
    RECIPE_APT_FORMAT=sources
elif grep -q '^deb[[:space:]]' "$RECIPE_APT_SOURCES"; then
    RECIPE_APT_FORMAT=list
else
    fail "$RECIPE_APT_SOURCES is neither deb822 nor one-line apt sources"
fi
cp "$RECIPE_APT_SOURCES" "$RECIPE_SCRATCH/debian.$RECIPE_APT_FORMAT"
RECIPE_APT_SOURCES=$RECIPE_SCRATCH/debian.$RECIPE_APT_FORMAT
apt_options=()
if [ -n "${RECIPE_APT_CONF:-}" ]; then
    cp "$RECIPE_APT_CONF" "$RECIPE_SCRATCH/apt.conf"
    RECIPE_APT_CONF=$RECIPE_SCRATCH/apt.conf
    apt_options=(--aptopt="$RECIPE_APT_CONF")
fi

RECIPE_ROOT_UUID=$(cat /proc/sys/kernel/random/uuid)
esp_id=$(od -An -N4 -tx4 /dev/urandom | tr -d ' ' | tr a-f A-F)
RECIPE_ESP_UUID=${esp_id%????}-${esp_id#????}
export RECIPE_SCRATCH RECIPE_APT_SOURCES RECIPE_APT_FORMAT RECIPE_APT_CONF \
    RECIPE_ROOT_UUID RECIPE_ESP_UUID

# --- packages --------------------------------------------------------------
packages="apt ca-certificates cloud-guest-utils cloud-init curl dbus
    debian-archive-keyring e2fsprogs fdisk grub-efi-amd64-bin grub-pc-bin
    grub2-common initramfs-tools iproute2 kmod linux-image-cloud-amd64 netbase
    openssh-server procps python3 sudo systemd-resolved systemd-sysv
    systemd-timesyncd udev waagent zstd"

building=yes
say "installing packages"
self=$(realpath "$0")
root=$RECIPE_SCRATCH/root
mkdir -m 0755 "$root"
# The path options leave out manuals and translations now; packages that are
# installed later come whole, since the options do not stay in the image.
# --mode=root: with CAP_MKNOD mmdebstrap makes the device nodes itself, in a
# user namespace it binds those of the host for as long as it runs.
# shellcheck disable=SC2016,SC2086
mmdebstrap --mode=root --variant=minbase --format=directory \
    --include="$(echo $packages)" \
    ${apt_options[@]+"${apt_options[@]}"} \
    --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-include=/usr/share/locale/locale.alias' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --skip=cleanup/apt \
    --essential-hook="bash -eu '$self' --hook prepare \"\$1\"" \
    --customize-hook="bash -eu '$self' --hook configure \"\$1\"" \
    "$suite" "$root" "$RECIPE_APT_SOURCES" </dev/null ||
    fail "mmdebstrap could not make the tree (see above)"

# What the build left.  Not in the hook: mmdebstrap's configuration for apt lies
# in the tree's /tmp, and an apt that it ran without that would work on the
# host's own files.
rm -f "$root"/etc/apt/apt.conf.d/99mmdebstrap "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap \
    "$root"/etc/passwd- "$root"/etc/shadow- "$root"/etc/group- "$root"/etc/gshadow- \
    "$root"/etc/subuid- "$root"/etc/subgid- "$root"/etc/.pwd.lock \
    "$root"/etc/ssh/ssh_host_* "$root"/var/lib/dbus/machine-id \
    "$root"/var/lib/systemd/random-seed "$root"/var/lib/systemd/credential.secret \
    "$root"/var/lib/dpkg/*-old "$root"/var/cache/debconf/*-old "$root"/root/.bash_history
find "$root/var/log" "$root/var/lib/apt/lists" "$root/var/cache/apt" \
    "$root/var/cache/ldconfig" -type f -delete
rm -rf "$root/var/lib/apt/lists/auxfiles"
find "$root/tmp" "$root/var/tmp" "$root/var/backups" "$root/run" "$root/dev" \
    -xdev -mindepth 1 -delete
# Empty, not missing and not "uninitialized": systemd then makes a new id, but
# does not hold this for a first boot, which would apply all presets and so
# undo the choice of units.
: >"$root/etc/machine-id"
chmod 0444 "$root/etc/machine-id"
echo debian >"$root/etc/hostname"
ln -sfn ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"

# --- disk ------------------------------------------------------------------
# In sectors of 512 bytes.  The root comes last, to grow with the disk.
mib=2048
bios_start=$((1 * mib))  bios_size=$((3 * mib))
esp_start=$((4 * mib))   esp_size=$((64 * mib))
root_start=$((68 * mib)) root_size=$(((size_mib - 68 - 1) * mib))  # 1 MiB: the second GPT
disk=$RECIPE_SCRATCH/disk.raw

say "making the root file system"
truncate -s "${size_mib}M" "$disk"
# The features of Debian 12's own mke2fs, so that the result does not depend
# on the host's: GRUB 2.06 and the image's e2fsck must know all of them.
cat >"$RECIPE_SCRATCH/mke2fs.conf" <<'EOF'
[defaults]
	base_features = sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr
	default_mntopts = acl,user_xattr
	enable_periodic_fsck = 0
	blocksize = 4096
	inode_size = 256
	inode_ratio = 16384
[fs_types]
	ext4 = {
		features = has_journal,extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize
	}
EOF
# Inode tables and journal written now (as holes), else the guest's first boot
# has a kernel thread do it.
MKE2FS_CONFIG=$RECIPE_SCRATCH/mke2fs.conf mke2fs -q -F -t ext4 -L root \
    -U "$RECIPE_ROOT_UUID" -m 1 -d "$root" \
    -E "offset=$((root_start * 512)),root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0" \
    "$disk" "$((root_size / 2))k"
# The nodes a kernel without an initrd wants before devtmpfs is mounted.
debugfs -w -f - "$disk?offset=$((root_start * 512))" >/dev/null <<'EOF'
cd /dev
mknod console c 5 1
mknod null c 1 3
sif console mode 020600
sif null mode 020666
EOF

say "making the disk"
sfdisk --quiet --no-reread --no-tell-kernel --wipe never "$disk" <<EOF
label: gpt
unit: sectors
first-lba: 2048
14 : start=$bios_start, size=$bios_size, type=21686148-6449-6E6F-744E-656564454649, name="bios"
15 : start=$esp_start, size=$esp_size, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="esp"
1 : start=$root_start, size=$root_size, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name="root"
EOF

# EFI system partition.
esp=$RECIPE_SCRATCH/esp.img
truncate -s "$((esp_size * 512))" "$esp"
mkfs.vfat -F 32 -s 1 -n ESP -i "$esp_id" "$esp" >/dev/null
mmd -i "$esp" ::/EFI ::/EFI/BOOT
mcopy -i "$esp" "$RECIPE_SCRATCH/grub/BOOTX64.EFI" ::/EFI/BOOT/BOOTX64.EFI
mcopy -i "$esp" "$RECIPE_SCRATCH/grub/esp.cfg" ::/EFI/BOOT/grub.cfg
dd if="$esp" of="$disk" bs=1M seek=$((esp_start / mib)) conv=notrunc,sparse status=none

# BIOS.  What grub-bios-setup (util/setup.c) does, for a core image in a BIOS
# boot partition; names are those of include/grub/i386/pc/boot.h and
# include/grub/offsets.h.
#
# le N VALUE: VALUE as N bytes, little endian, in the form printf(1) reads.
le() {
    local n=$1 v=$2 s=
    while [ "$n" -gt 0 ]; do
        s=$s$(printf '\\x%02x' $((v & 255)))
        v=$((v >> 8)) n=$((n - 1))
    done
    printf '%s' "$s"
}
# patch FILE OFFSET BYTES: BYTES in printf's form go to OFFSET.
patch() {
    # shellcheck disable=SC2059
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
core=$RECIPE_SCRATCH/grub/core.img
boot=$RECIPE_SCRATCH/grub/boot.img
core_sectors=$((($(stat -c %s "$core") + 511) / 512))
[ "$core_sectors" -le "$bios_size" ] || fail "GRUB's core image does not fit its partition"
# boot.img, GRUB_BOOT_MACHINE_KERNEL_SECTOR (0x5c): 64 bit sector of the first
# sector of core.img (diskboot.img).
patch "$boot" $((0x5c)) "$(le 8 "$bios_start")"
# boot.img, GRUB_BOOT_MACHINE_BOOT_DRIVE (0x64): 0xff, the drive the BIOS names
# in %dl.
patch "$boot" $((0x64)) '\xff'
# boot.img, GRUB_BOOT_MACHINE_DRIVE_CHECK (0x66): a jump over the workaround for
# a BIOS that passes a wrong %dl; two nops for a hard disk, so that it is used.
patch "$boot" $((0x66)) '\x90\x90'
# core.img, first sector (diskboot.img): struct grub_pc_bios_boot_blocklist,
# the first and only one, at the sector's end (GRUB_DISK_SECTOR_SIZE -
# GRUB_BOOT_MACHINE_LIST_SIZE = 512 - 12 = 0x1f4): 64 bit start, 16 bit length
# in sectors without the first, 16 bit segment to load to, which is
# GRUB_BOOT_MACHINE_KERNEL_SEG (0x800) + (512 >> 4).
patch "$core" $((0x1f4)) "$(le 8 $((bios_start + 1)))$(le 2 $((core_sectors - 1)))$(le 2 $((0x820)))"
# The MBR's code ends before GRUB_BOOT_MACHINE_WINDOWS_NT_MAGIC (0x1b8): the
# disk's signature and the protective partition table after it stay.
dd if="$boot" of="$disk" bs=1 count=$((0x1b8)) conv=notrunc status=none
dd if="$core" of="$disk" bs=512 seek="$bios_start" conv=notrunc status=none

mv "$disk" "$RECIPE_OUT/disk.raw"
say "cleaning up"
rm -rf --one-file-system -- "${RECIPE_SCRATCH:?}"/*
