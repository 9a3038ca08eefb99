#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# as_ordinary_user.sh FOLDER COMMAND...: runs the command as the user `nobody`, on a host as a
# distribution sets it up for users: subordinate ids, a tun device that anybody may open. For root;
# every change is in a mount namespace of its own. FOLDER is the user's, for its home and scratch.
set -eu
if [ -z "${INGOT_TEST_OWN_MOUNTS:-}" ]; then
    export INGOT_TEST_OWN_MOUNTS=1
    exec unshare --mount "$0" "$@"
fi
folder=$1
shift
mount -t tmpfs -o mode=0755 tmpfs /dev/net
mknod -m 0666 /dev/net/tun c 10 200
mount -t tmpfs -o mode=0755 tmpfs /mnt
echo nobody:100000:65536 >/mnt/subid
mount --bind /mnt/subid /etc/subuid
mount --bind /mnt/subid /etc/subgid
chown nobody "$folder"
unset INGOT_TEST_OWN_MOUNTS
exec setpriv --reuid=nobody --regid=nogroup --clear-groups \
    env HOME="$folder" TMPDIR="$folder" "$@"
