// SPDX-License-Identifier: Apache-2.0
#include "build/generalize.h"

#include "build/last_lines.h"

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

std::string seal_script(const std::string& user_removal) {
    constexpr std::string_view kForget = R"(
set +eu
# cloud-init must see a new instance at the next boot, and forget the network it configured here.
# Its own clean-up only removes these folders, unless an image adds scripts to it.
if ls /etc/cloud/clean.d/[0-9]* >/dev/null 2>&1; then
    cloud-init clean >/dev/null 2>&1
fi
rm -rf /var/lib/cloud/* /run/cloud-init
rm -f /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init \
    /etc/systemd/network/10-cloud-init-* /etc/sudoers.d/90-cloud-init-users
rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid-

# Identity of this boot.
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
umount /etc/machine-id 2>/dev/null
truncate -s 0 /etc/machine-id
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
rm -rf /var/lib/dhcp/* /var/lib/NetworkManager/*lease* /var/lib/systemd/network/*

# Traces.
rm -f /root/.bash_history /home/*/.bash_history /root/.sh_history /root/.lesshst /root/.viminfo
rm -rf /var/lib/sudo/lectured/* /run/sudo
command -v apt-get >/dev/null 2>&1 && apt-get clean
find /var/log -type f -exec truncate -s 0 {} + 2>/dev/null
rm -rf /var/log/journal/* /var/log/*.gz /var/log/*.[0-9] /var/log/waagent*
find /tmp /var/tmp -mindepth 1 -xdev -delete 2>/dev/null

# Blocks that hold nothing any more become holes of the disk.
command -v fstrim >/dev/null 2>&1 && fstrim / 2>/dev/null
sync
)";
    return fmt::format(
        R"(#!/bin/sh
if [ -f {0} ]; then
    cat {0}
    sh {0} || exit $?
else
    echo "Deprovisioning script [{0}] could not be found. The image is sealed without it."
fi
{1}{2}echo '{3}'
systemctl --no-block poweroff 2>/dev/null || poweroff
)",
        kDeprovisioningScript,
        user_removal,
        kForget,
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
            context.guest.run(fmt::format("sudo -n sh {}", kPath), on_output, context.cancellation);
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
