// SPDX-License-Identifier: Apache-2.0
#include "guest/credentials.h"

#include "guest/base64.h"
#include "guest/build_user.h"

#include <fmt/format.h>

namespace ingot::guest {
namespace {

// The first ordinary uid of a Debian-like system; systemd-sysusers takes another if it is in use.
constexpr int kUid = 1000;

// Mounts and helpers that the guest makes for nobody during a build, and timers, so that no
// apt-daily holds the package lock. Together an eighth of the boot's processor time, measured on
// the Debian 12 base. Nothing is on this list that a script may want to start or enable.
constexpr std::string_view kQuietBoot =
    "quiet fsck.mode=skip systemd.gpt_auto=0 systemd.mask=timers.target "
    "systemd.mask=systemd-journal-flush.service systemd.mask=systemd-update-utmp.service "
    "systemd.mask=getty@tty1.service systemd.mask=serial-getty@ttyS0.service "
    "systemd.mask=dev-hugepages.mount "
    "systemd.mask=dev-mqueue.mount systemd.mask=sys-kernel-debug.mount "
    "systemd.mask=sys-kernel-tracing.mount systemd.mask=sys-kernel-config.mount "
    "systemd.mask=sys-fs-fuse-connections.mount systemd.mask=modprobe@configfs.service "
    "systemd.mask=modprobe@dm_mod.service systemd.mask=modprobe@drm.service "
    "systemd.mask=modprobe@efi_pstore.service systemd.mask=modprobe@fuse.service "
    "systemd.mask=modprobe@loop.service";

// tmpfiles.d(5): f+ replaces what an image brought along, ~ takes the contents as base64.
std::string file_line(std::string_view path, std::string_view mode, const std::string& contents) {
    return fmt::format("f+~ {} {} root root - {}\n", path, mode, to_base64(contents));
}

// The user's own files. An authorized_keys that the image has keeps its lines: w+ appends.
std::string home_lines(const std::string& user, const std::string& public_key) {
    return fmt::format(
        "d /home/{0} 0755 {0} {0} -\n"
        "d /home/{0}/.ssh 0700 {0} {0} -\n"
        "f /home/{0}/.ssh/authorized_keys 0600 {0} {0} -\n"
        "w+~ /home/{0}/.ssh/authorized_keys - - - - {1}\n",
        user,
        to_base64(public_key + "\n"));
}

}  // namespace

CredentialAccess build_user_by_credentials(const std::string& user,
                                           const SshKeyPair& host_key,
                                           const std::string& public_key) {
    check_user_name(user);
    constexpr std::string_view kHostKey = "/etc/ssh/ssh_host_ed25519_key";
    const auto files =
        file_line(kHostKey, "0600", host_key.private_key) +
        file_line(fmt::format("{}.pub", kHostKey), "0644", host_key.public_key + "\n") +
        home_lines(user, public_key) +
        file_line(kBuildUserSudoRule, "0440", fmt::format("{} ALL=(ALL) NOPASSWD:ALL\n", user));
    const auto account =
        fmt::format("u {0} {1} \"{2}\" /home/{0} /bin/bash\n", user, kUid, kBuildUserComment);
    return {.credentials = {{.name = "sysusers.extra", .value = account},
                            {.name = "tmpfiles.extra", .value = files}},
            .kernel_arguments = {"cloud-init=disabled", std::string(kQuietBoot)}};
}

}  // namespace ingot::guest
