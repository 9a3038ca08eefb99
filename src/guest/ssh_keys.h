// SPDX-License-Identifier: Apache-2.0
// Ed25519 key pairs for SSH, made in memory: the build key and the host key of one build VM. Where
// they are put is the job of seed.h and credentials.h; keeping them is nobody's.
#pragma once

#include <string>
#include <string_view>

namespace ingot::guest {

struct SshKeyPair {
    std::string private_key;  // OpenSSH's own PEM form, unencrypted, ends with a newline
    std::string public_key;   // "ssh-ed25519 AAAA... comment", no newline
};

// `comment` is one line and ends up in the public key; throws Error{InvalidArgument} otherwise.
[[nodiscard]] SshKeyPair generate_ssh_key(std::string_view comment);

}  // namespace ingot::guest
