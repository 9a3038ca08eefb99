// SPDX-License-Identifier: Apache-2.0
// The NoCloud seed that lets us into a guest with cloud-init: a build user with our key and sudo, a
// host key that we know, DHCP. Rendering is pure; write_seed_iso() makes the disc that the VM gets.
// Removing the user again is build_user.h's job.
#pragma once

#include "base/cancellation.h"
#include "guest/ssh_keys.h"
#include "os/files.h"

#include <string>

namespace ingot::guest {

struct SeedContent {
    std::string instance_id;  // the run's id: cloud-init acts once per instance
    std::string hostname;
    std::string user;            // the build user
    std::string authorized_key;  // one public key line
    SshKeyPair host_key;
    bool grow_root = true;  // growpart and resizefs
};

// Both are "#cloud-config"-style documents whose body is JSON, which is YAML: no value can break
// out of its place. Throw Error{InvalidArgument} for a user name that Linux does not take.
[[nodiscard]] std::string render_user_data(const SeedContent& content);
[[nodiscard]] std::string render_meta_data(const SeedContent& content);

// DHCP (IPv4) on every Ethernet card.
[[nodiscard]] std::string render_network_config();

// Writes the ISO 9660 disc labelled CIDATA, readable by us only (it holds the host's private key).
// Throws os::ChildFailed if xorriso does.
void write_seed_iso(const os::Path& path,
                    const SeedContent& content,
                    const base::Cancellation& cancellation);

}  // namespace ingot::guest
