// SPDX-License-Identifier: Apache-2.0
// A memory state fits the machine it was made of and no other; the files on its disks and where it
// resumes from are not part of the machine. Looks at the installed QEMU.
#include "vm/machine_identity.h"

#include <functional>

#include <gtest/gtest.h>

namespace ingot::vm {
namespace {

MachineSpec sample() {
    return {.accelerator = Accelerator::Tcg,
            .vcpus = 2,
            .memory = base::ByteCount::gib(2),
            .disks = {{.top = {"/run/x/disk.qcow2", disk::ImageFormat::Qcow2},
                       .backing = {{"/bases/debian.raw", disk::ImageFormat::Raw}}}},
            .kernel = DirectKernel{"/boot/vmlinuz", "/boot/initrd", "root=/dev/vda1"},
            .credentials = {{"ssh.authorized_keys.root", "a key"}},
            .sealable = true};
}

TEST(MachineIdentity, LeavesOutWhatIsOnTheDisks) {
    auto other = sample();
    other.disks[0].top.path = "/run/y/disk-7.qcow2";
    other.disks[0].backing = {{"/layers/1/disk-0.qcow2", disk::ImageFormat::Qcow2},
                              {"/bases/debian.raw", disk::ImageFormat::Raw}};
    other.resume_from = "/layers/1/memory";
    other.credentials[0].value = "another key";
    EXPECT_EQ(machine_identity(other), machine_identity(sample()));
}

TEST(MachineIdentity, IsAnotherForAnotherMachine) {
    const std::vector<std::function<void(MachineSpec&)>> changes = {
        [](MachineSpec& spec) { spec.vcpus = 1; },
        [](MachineSpec& spec) { spec.memory = base::ByteCount::gib(3); },
        [](MachineSpec& spec) { spec.accelerator = Accelerator::Kvm; },
        [](MachineSpec& spec) { spec.cpu_model = "max"; },
        [](MachineSpec& spec) { spec.firmware = Firmware::Uefi, spec.kernel.reset(); },
        [](MachineSpec& spec) { spec.kernel->command_line += " quiet"; },
        [](MachineSpec& spec) { spec.disks.push_back(spec.disks[0]); },
        [](MachineSpec& spec) { spec.seed_iso = "/run/x/seed.iso"; },
        [](MachineSpec& spec) { spec.network = NetworkMode::None; },
        [](MachineSpec& spec) { spec.sealable = false; }};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        auto other = sample();
        changes[i](other);
        EXPECT_NE(machine_identity(other), machine_identity(sample())) << i;
    }
}

}  // namespace
}  // namespace ingot::vm
