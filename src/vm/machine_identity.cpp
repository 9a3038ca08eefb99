// SPDX-License-Identifier: Apache-2.0
#include "vm/machine_identity.h"

#include "base/digest.h"
#include "base/error.h"
#include "os/child_process.h"
#include "os/files.h"
#include "vm/qemu_argv.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/stat.h>

namespace ingot::vm {
namespace {

// A file that was replaced is another QEMU, whatever it says its version is.
std::string installed_qemu() {
    const auto program = os::find_program("qemu-system-x86_64");

    struct stat status {};

    if (!program || ::stat(program->c_str(), &status) != 0) {
        throw base::Error(base::ErrorKind::NotFound,
                          "ProgramNotFound",
                          "the program qemu-system-x86_64 is not installed",
                          "qemu-system-x86_64");
    }
    return fmt::format(
        "{} {} {}.{}", *program, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

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
