// SPDX-License-Identifier: Apache-2.0
// QEMU's command line as a pure function of the machine: no file is looked at, no process started.
// QEMU runs as a user that may open nothing of ours, so everything it uses is an inherited
// descriptor; number_fds() decides their numbers and machine.cpp puts them there.
#pragma once

#include "vm/machine_spec.h"

#include <cstdint>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace ingot::vm {

// Numbers inside the QEMU process; -1 for what the machine does not have.
struct FdNumbers {
    int commands = -1;  // QMP, for the owner
    int events = -1;    // QMP again, for the watch
    int console = -1;
    int agent = -1;
    int memory = -1;
    int uefi_code = -1;
    int uefi_variables = -1;
    int kernel = -1;
    int initrd = -1;
    int seed_iso = -1;
    std::vector<std::vector<int>> disks{};  // for each disk: top, then its backing files
    std::vector<int> credentials{};
};

// Consecutive numbers from 3 on, in the order of the members.
[[nodiscard]] FdNumbers number_fds(const MachineSpec& spec);

// Throws Error{InvalidArgument} for what cannot be: a direct kernel under UEFI, a credential's name
// that the firmware cannot hold.
[[nodiscard]] std::vector<std::string> qemu_argv(const MachineSpec& spec, const FdNumbers& fds);

// The options of netdev_add for a sealable machine's way out, which goes and comes back with every
// sealing: first the uplink, then the hub's port for it.
[[nodiscard]] boost::json::object uplink_netdev(const MachineSpec& spec);
[[nodiscard]] boost::json::object uplink_port_netdev();

// The port on QEMU's side, in its own network namespace, behind which the n-th of guest_ports is.
[[nodiscard]] std::uint16_t forwarded_port(std::size_t index);

}  // namespace ingot::vm
