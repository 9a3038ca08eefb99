// SPDX-License-Identifier: Apache-2.0
// The faster way into a guest whose systemd (252 or newer) reads credentials from the firmware: the
// build user, its key, its sudo rule and a known host key come by systemd-sysusers and
// systemd-tmpfiles, and cloud-init stays off. It is for images that bring up DHCP and sshd by
// themselves. Taking the user away again is build_user.h's job; how credentials reach the firmware
// (fw_cfg, SMBIOS) is the VM's.
#pragma once

#include "guest/ssh_keys.h"

#include <string>
#include <vector>

namespace ingot::guest {

struct SystemdCredential {
    std::string name;   // as systemd knows it, without a fw_cfg prefix
    std::string value;  // text; may hold secrets and newlines, so hand it over as a file
};

struct CredentialAccess {
    std::vector<SystemdCredential> credentials;
    std::vector<std::string> kernel_arguments;
};

// `public_key` is one public key line. Kernel arguments also keep off what a build VM does not need
// at boot and no script can miss.
[[nodiscard]] CredentialAccess build_user_by_credentials(const std::string& user,
                                                         const SshKeyPair& host_key,
                                                         const std::string& public_key);

}  // namespace ingot::guest
