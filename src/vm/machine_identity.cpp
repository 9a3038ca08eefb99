// SPDX-License-Identifier: Apache-2.0
#include "vm/machine_identity.h"

#include "base/digest.h"
#include "os/files.h"
#include "vm/host_facts.h"
#include "vm/qemu_argv.h"

#include <algorithm>

#include <fmt/format.h>

namespace ingot::vm {
namespace {

// With KVM the guest has seen what this very processor can do.
std::string processor(Accelerator accelerator) {
    if (accelerator == Accelerator::Tcg) {
        return "";
    }
    const auto text = os::read_file("/proc/cpuinfo");
    return text.substr(0, text.find("cpu MHz")) +
           text.substr(std::min(text.find("flags"), text.size()), 4096);
}

}  // namespace

std::string machine_identity(const MachineSpec& spec) {
    auto plain = spec;
    plain.resume_from.clear();
    for (auto& disk : plain.disks) {
        disk.backing.clear();
    }
    auto text =
        fmt::format("memory state 1\n{}\n{}\n", installed_qemu(), processor(spec.accelerator));
    for (const auto& word : qemu_argv(plain, number_fds(plain))) {
        text += word + "\n";
    }
    return base::sha256(text).hex();
}

}  // namespace ingot::vm
