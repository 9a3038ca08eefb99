// SPDX-License-Identifier: Apache-2.0
#include "guest/agent_install.h"

#include "base/error.h"
#include "base/uuid.h"
#include "guest/agent_program.h"
#include "guest/agent_protocol.h"
#include "os/child_process.h"

#include <string>

#include <fmt/format.h>

namespace ingot::guest {
namespace {

using base::Cancellation;
using base::Error;
using base::ErrorKind;

constexpr std::size_t kOutputKept = 4096;

// Run by root: $1 the uploaded program, $2 the port's name; standard input is the environment.
// The port is looked up in sysfs, where it needs no udev; its name arrives a moment after the
// driver. /run is often noexec, so the agent gets a tmpfs of its own there. Where systemd would
// not start it (or is not there), the agent sends itself to the background.
constexpr std::string_view kInstall = R"sh(set -eu
uploaded=$1
name=$2
trap 'rm -f "$uploaded"' EXIT
modprobe virtio_console 2>/dev/null || :
port=
tries=30
while [ -z "$port" ] && [ "$tries" -gt 0 ]; do
    for entry in /sys/class/virtio-ports/*; do
        if [ "$(cat "$entry/name" 2>/dev/null)" = "$name" ]; then port=/dev/${entry##*/}; fi
    done
    tries=$((tries - 1))
    [ -n "$port" ] || sleep 0.1
done
[ -c "$port" ] || { echo "there is no virtio-serial port $name" >&2; exit 1; }
home=/run/ingot
umask 022
mkdir -p "$home"
mount -t tmpfs -o mode=0755,size=16m,nosuid,nodev ingot "$home"
(umask 077; cat > "$home/environment")
cp "$uploaded" "$home/ingot-guest-agent"
chmod 0755 "$home/ingot-guest-agent"
set -- "$home/ingot-guest-agent" --background "$port" "$home/environment"
if [ -d /run/systemd/system ] &&
    systemd-run --quiet --collect --unit=ingot-agent -p Type=forking -p KillMode=process \
        -p OOMScoreAdjust=-900 -p TasksMax=infinity "$@" 2>/dev/null; then
    exit 0
fi
"$@" </dev/null >/dev/null
)sh";

// Run by the user. What belongs to this very session is not for later commands.
constexpr std::string_view kAsUser =
    "for name in SSH_CLIENT SSH_CONNECTION SSH_TTY XDG_SESSION_ID OLDPWD SHLVL; do"
    " unset $name; done; "
    "if [ \"$(id -u)\" = 0 ]; then as_root=; else as_root='sudo -n'; fi; "
    "env -u _ -u PWD env -0 | $as_root sh -c ";

std::string installing_command(const std::string& uploaded) {
    const auto root = os::to_shell({std::string(kInstall), "ingot", uploaded, agent::kPortName});
    return os::to_shell({"sh", "-c", fmt::format("{}{}", kAsUser, root)});
}

[[noreturn]] void fail(std::string_view words) {
    throw Error(ErrorKind::GuestFailed,
                "AgentNotInstalled",
                fmt::format("the guest agent could not be installed: {}", words));
}

// In the guest's memory where possible, so that no trace of it stays in the disk's free blocks.
std::string upload_program(Communicator& over_ssh, const Cancellation& cancellation) {
    const auto name = fmt::format("ingot-guest-agent-{}", base::new_uuid());
    std::string words;
    for (const auto* folder : {"/dev/shm/", "/tmp/"}) {
        try {
            auto path = folder + name;
            over_ssh.upload(guest_agent_program(), path, 0600, cancellation);
            return path;
        } catch (const Error& error) {
            if (error.code() != "UploadFailed") {
                throw;
            }
            words = error.message();
        }
    }
    fail(words);
}

}  // namespace

void install_agent(Communicator& over_ssh, const Cancellation& cancellation) {
    const auto uploaded = upload_program(over_ssh, cancellation);
    std::string words;
    const auto keep = [&words](GuestStream, std::string_view line) {
        if (words.size() + line.size() < kOutputKept) {
            words.append(words.empty() ? "" : "; ").append(line);
        }
    };
    const int code = over_ssh.run(installing_command(uploaded), keep, cancellation);
    if (code != 0) {
        fail(words.empty() ? fmt::format("exit code {}", code) : words);
    }
}

}  // namespace ingot::guest
