#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a peer's build does at its end, as root: the same as Ingot's generalization in kind.
/usr/sbin/waagent -force -deprovision+user
rm -rf /var/lib/cloud/* /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
rm -f /etc/sudoers.d/90-cloud-init-users /root/.bash_history /var/lib/systemd/random-seed
truncate -s 0 /etc/machine-id
find /var/log -type f -exec truncate -s 0 {} +
find /tmp /var/tmp -mindepth 1 -xdev -delete
apt-get clean
fstrim /
sync
