// SPDX-License-Identifier: Apache-2.0
// The faster way into a guest whose systemd (252 or newer) reads credentials from the firmware:
// root's key and a known host key come by systemd-tmpfiles, and cloud-init stays off. It is for
// images that bring up DHCP and sshd by themselves, and leaves an existing authorized_keys of root
// alone. The build user is then made over the first connection (build_user.h); how credentials
// reach the firmware (fw_cfg, SMBIOS) is the VM's job.
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

// `root_key` is one public key line.
[[nodiscard]] CredentialAccess root_access_by_credentials(const SshKeyPair& host_key,
                                                          const std::string& root_key);

}  // namespace ingot::guest
