// SPDX-License-Identifier: Apache-2.0
// Small facts about what this host offers to virtual machines. What follows from them, and what a
// person should do about it, is for `ingot doctor` to say.
#pragma once

#include "base/cancellation.h"

#include <optional>
#include <string>

namespace ingot::vm {

// "7.2.22"; nothing if QEMU is not installed.
[[nodiscard]] std::optional<std::string> qemu_version(const base::Cancellation& cancellation);

// Which QEMU is installed, without starting it: a file that was replaced is another one, whatever
// it says its version is. Throws Error{NotFound, "ProgramNotFound"}.
[[nodiscard]] std::string installed_qemu();

[[nodiscard]] bool has_slirp4netns();

// A read and write open of /dev/kvm works. That is no proof that guests run: see accelerator.h.
[[nodiscard]] bool can_open_kvm();

// Empty if a user, network and mount namespace can be made here; else why not, in one line.
[[nodiscard]] std::string user_namespace_problem(const base::Cancellation& cancellation);

// Empty if /dev/net/tun can be opened for reading and writing; else why not, in one line.
[[nodiscard]] std::string tun_device_problem();

// Where the UEFI firmware's code and its pristine variables are, if it is installed.
struct UefiFirmware {
    std::string code;
    std::string variables;
};

[[nodiscard]] std::optional<UefiFirmware> find_uefi_firmware();

}  // namespace ingot::vm
