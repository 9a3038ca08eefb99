// SPDX-License-Identifier: Apache-2.0
#include "build/generalize.h"

#include "build/last_lines.h"
#include "os/child_process.h"

#include <fmt/format.h>

namespace ingot::build {

std::string default_deprovisioning_script() {
    return R"(#!/bin/sh
# Written by the image builder before the first customizer; replace this file to generalize the
# image in another way.
agent=/usr/sbin/waagent
[ -x "$agent" ] || agent=$(command -v waagent || true)
if [ -n "$agent" ]; then
    "$agent" -force -deprovision+user
else
    echo "there is no waagent in this image"
fi
export HISTSIZE=0
sync
)";
}

namespace {

// Under emulation the guest takes a tenth of a second and more to start any program: what the
// shell can do itself it does itself, and what needs not wait for another runs beside it.

// Before anybody removes them: a removed file's bytes stay on the disk where its block shares a
// chunk with others, and these are secrets.
constexpr std::string_view kOverwrite = R"sh(
zeros=$(printf '%04096d' 0)
for key in /etc/ssh/ssh_host_*_key; do
    [ ! -f "$key" ] || printf '%s' "$zeros" 1<>"$key"
done
sync
)sh";

constexpr std::string_view kForget = R"sh(
# cloud-init must see a new instance at the next boot, and forget the network it configured here.
# Its own clean-up only removes these folders, unless an image adds scripts to it.
set -- /etc/cloud/clean.d/[0-9]*
[ ! -e "$1" ] || cloud-init clean >/dev/null 2>&1
set -- /var/lib/cloud/* /run/cloud-init /etc/netplan/50-cloud-init.yaml \
    /etc/network/interfaces.d/50-cloud-init /etc/systemd/network/10-cloud-init-* \
    /etc/sudoers.d/90-cloud-init-users

# Identity of this boot. The id's bytes are overwritten here and cut off once that is on the disk.
while read -r _ place _; do
    [ "$place" != /etc/machine-id ] || umount /etc/machine-id
done </proc/mounts
[ ! -s /etc/machine-id ] || printf '%032d\n' 0 1<>/etc/machine-id
[ -L /var/lib/dbus/machine-id ] || set -- "$@" /var/lib/dbus/machine-id
set -- "$@" /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub \
    /var/lib/systemd/random-seed /var/lib/systemd/credential.secret \
    /var/lib/dhcp/* /var/lib/NetworkManager/*lease* /var/lib/systemd/network/*

# Traces.
rm -rf "$@" /root/.bash_history /home/*/.bash_history /root/.sh_history /root/.lesshst \
    /root/.viminfo /var/lib/sudo/lectured/* /run/sudo
! command -v apt-get >/dev/null 2>&1 || apt-get clean
)sh";

constexpr std::string_view kForgetLast = R"sh(set +eu
find /tmp /var/tmp -mindepth 1 -xdev -delete 2>/dev/null &
rm -rf /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid- \
    /var/log/journal/* /var/log/*.gz /var/log/*.[0-9] /var/log/waagent*
find /var/log -type f -size +0 -exec truncate -s 0 {} + 2>/dev/null
wait

# Blocks that hold nothing any more become holes of the disk: they are free once the journal has
# been written.
sync
: >/etc/machine-id
! command -v fstrim >/dev/null 2>&1 || fstrim / 2>/dev/null
)sh";

}  // namespace

std::string seal_script(const std::string& user_removal) {
    // Our own deprovisioning script touches nothing that the clean-up beside it needs, and waagent
    // takes seconds to start under emulation; a script of the user's comes first and alone.
    auto ours = default_deprovisioning_script();
    ours.pop_back();  // as $(cat) gives it
    return fmt::format(
        R"sh(#!/bin/sh
set +eu
script={0}
forget() {{{2}}}
{3}
if [ ! -f "$script" ]; then
    echo "Deprovisioning script [$script] could not be found. The image is sealed without it."
    forget
else
    text=$(cat "$script")
    printf '%s\n' "$text"
    if [ "$text" = {1} ]; then
        forget &
        sh "$script" || exit $?
        wait
    else
        sh "$script" || exit $?
        forget
    fi
fi
{4}{5}echo '{6}'
systemctl --no-block poweroff 2>/dev/null || poweroff
)sh",
        kDeprovisioningScript,
        os::to_shell({ours}),
        kForget,
        kOverwrite,
        user_removal,
        kForgetLast,
        kGeneralizedMarker);
}

void generalize(const StepContext& context, const std::string& user_removal) {
    constexpr std::string_view kPath = "/tmp/ingot-seal.sh";
    context.guest.upload(seal_script(user_removal), std::string(kPath), 0700, context.cancellation);
    bool generalized = false;
    LastLines last;
    const auto on_output = [&](guest::GuestStream stream, std::string_view line) {
        last.add(line);
        generalized = generalized || line == kGeneralizedMarker;
        context.on_output(stream, line);
    };
    int exit_code = 0;
    // Once the marker was seen the guest is on its way down, and how the connection ends says
    // nothing any more.
    try {
        exit_code =
            context.guest.run_as_root(fmt::format("sh {}", kPath), on_output, context.cancellation);
    } catch (const base::Error&) {
        if (!generalized) {
            throw;
        }
    } catch (const base::Cancelled&) {
        if (!generalized) {
            throw;
        }
    }
    if (!generalized) {
        throw GuestCommandFailed(exit_code, last.text());
    }
}

}  // namespace ingot::build
