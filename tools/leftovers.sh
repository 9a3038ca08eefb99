#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lists what Ingot (or its tests) left on this machine, one thing a line: processes, mounts, taps,
# loop devices, temporary files. Prints nothing when there is nothing.
#
# usage: leftovers.sh [MARK [--settle]]
#   MARK      only processes with INGOT_TEST_RUN=MARK in their environment, and files in /tmp/MARK;
#             without it, every ingot, qemu and slirp4netns process whose parent is gone
#   --settle  give what is just ending up to five seconds
set -u
# Without the mark in its own environment this script does not find itself.
[ -z "${INGOT_TEST_RUN:-}" ] || exec env -u INGOT_TEST_RUN "$0" "$@"
mark=${1:-}

marked_processes() {
    grep -lszxF "INGOT_TEST_RUN=$mark" /proc/[0-9]*/environ | while IFS=/ read -r _ _ pid _; do
        say_process "$pid"
    done
}

orphans() {
    local folder name
    for folder in /proc/[0-9]*; do
        name=$(cat "$folder/comm" 2>/dev/null) || continue
        [[ $name =~ ^(ingot|qemu-|slirp4netns) ]] || continue
        [ "$(awk '/^PPid:/ {print $2}' "$folder/status" 2>/dev/null)" = 1 ] || continue
        say_process "${folder#/proc/}"
    done
}

say_process() { # PID
    local words
    words=$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") || return 0
    [ -z "$words" ] || printf 'process %s: %s\n' "$1" "${words:0:160}"
}

list() {
    if [ -n "$mark" ]; then
        marked_processes
        find "/tmp/$mark" -mindepth 1 -maxdepth 1 -printf 'file %p\n' 2>/dev/null
    else
        orphans
        find /tmp -maxdepth 1 -name 'ingot-*' -printf 'file %p\n' 2>/dev/null
    fi
    awk '$5 ~ /ingot/ {print "mount " $5}' /proc/self/mountinfo
    grep -l ingot /sys/block/loop*/loop/backing_file 2>/dev/null | sed 's#.*/\(loop[0-9]*\)/.*#loop \1#'
    find /sys/class/net/*/tun_flags 2>/dev/null | sed 's#/sys/class/net/\(.*\)/tun_flags#tap \1#'
}

tries=1
[ "${2:-}" != --settle ] || tries=25
found=$(list | sort)
while [ -n "$found" ] && [ "$tries" -gt 1 ]; do
    tries=$((tries - 1))
    sleep 0.2
    found=$(list | sort)
done
[ -z "$found" ] || printf '%s\n' "$found"
