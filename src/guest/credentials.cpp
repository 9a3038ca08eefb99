// SPDX-License-Identifier: Apache-2.0
#include "guest/credentials.h"

#include "guest/base64.h"

#include <fmt/format.h>

namespace ingot::guest {
namespace {

// tmpfiles.d(5): f+ replaces what an image brought along, ~ takes the contents as base64.
std::string file_line(std::string_view path, std::string_view mode, const std::string& contents) {
    return fmt::format("f+~ {} {} root root - {}\n", path, mode, to_base64(contents));
}

}  // namespace

CredentialAccess root_access_by_credentials(const SshKeyPair& host_key,
                                            const std::string& root_key) {
    constexpr std::string_view kHostKey = "/etc/ssh/ssh_host_ed25519_key";
    const auto files =
        file_line(kHostKey, "0600", host_key.private_key) +
        file_line(fmt::format("{}.pub", kHostKey), "0644", host_key.public_key + "\n");
    return {.credentials = {{.name = "tmpfiles.extra", .value = files},
                            {.name = "ssh.authorized_keys.root", .value = root_key + "\n"}},
            .kernel_arguments = {"cloud-init=disabled"}};
}

}  // namespace ingot::guest
