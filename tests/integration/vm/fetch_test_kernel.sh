#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts Debian's cloud kernel and the few modules of the test guest into FOLDER, once: as an ordinary
# user and without installing anything.
# usage: fetch_test_kernel.sh FOLDER
set -eu
folder=$1
[ ! -e "$folder/vmlinuz" ] || exit 0
rm -rf "$folder.new"
mkdir -p "$folder.new/modules"
cd "$folder.new"
package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-\)/\1/p')
apt-get -q download "$package"
dpkg-deb -x ./*.deb unpacked
cp unpacked/boot/vmlinuz-* vmlinuz
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci failover \
    net_failover virtio_net virtio_blk pvpanic pvpanic-mmio qemu_fw_cfg; do
    find unpacked -name "$module.ko" -exec cp {} modules/ \;
done
rm -rf unpacked ./*.deb
mv "$folder.new" "$folder"
