// SPDX-License-Identifier: Apache-2.0
#include "vm/qemu_argv.h"

#include "base/error.h"
#include "os/files.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::vm {
namespace {

using disk::ImageFormat;

std::string one_word_a_line(const std::vector<std::string>& argv) {
    std::string text;
    for (const auto& word : argv) {
        text += word + "\n";
    }
    return text;
}

// With INGOT_ACCEPT_GOLDEN set, what comes out becomes what is expected.
void expect_golden(const MachineSpec& spec, const std::string& name) {
    const auto file = os::Path(INGOT_TEST_DATA) / "vm" / name;
    const auto text = one_word_a_line(qemu_argv(spec, number_fds(spec)));
    if (std::getenv("INGOT_ACCEPT_GOLDEN") != nullptr) {
        os::replace_file(file, text);
    }
    EXPECT_EQ(text, os::read_file(file));
}

TEST(QemuArgv, OfABuildVmThatBootsByBios) {
    expect_golden({.accelerator = Accelerator::Tcg,
                   .vcpus = 2,
                   .memory = base::ByteCount::mib(3584),
                   .disks = {{.top = {"/run/x/os.qcow2", ImageFormat::Qcow2},
                              .backing = {{"/layers/1.qcow2", ImageFormat::Qcow2},
                                          {"/bases/debian.raw", ImageFormat::Raw}}}},
                   .credentials = {{"ssh.authorized_keys.root", "never in the list"}},
                   .seed_iso = "/run/x/seed.iso"},
                  "bios.argv");
}

TEST(QemuArgv, OfABuildVmThatBootsByUefi) {
    expect_golden({.firmware = Firmware::Uefi,
                   .accelerator = Accelerator::Kvm,
                   .vcpus = 4,
                   .memory = base::ByteCount::gib(8),
                   .disks = {{.top = {"/run/x/os.qcow2", ImageFormat::Qcow2}},
                             {.top = {"/run/x/validate.vhd", ImageFormat::Vhd}, .read_only = true}},
                   .guest_ports = {22, 5985}},
                  "uefi.argv");
}

TEST(QemuArgv, OfAKernelWithoutDiskAndNetwork) {
    expect_golden({.cpu_model = "max",
                   .memory = base::ByteCount::mib(256),
                   .kernel = DirectKernel{.kernel = "/boot/vmlinuz",
                                          .initrd = "/boot/initrd",
                                          .command_line = "console=ttyS0 panic=-1"},
                   .network = NetworkMode::None},
                  "direct_kernel.argv");
}

MachineSpec sealable() {
    return {.accelerator = Accelerator::Tcg,
            .vcpus = 2,
            .memory = base::ByteCount::gib(4),
            .disks = {{.top = {"/run/x/disk.qcow2", ImageFormat::Qcow2},
                       .backing = {{"/layers/1/disk-0.qcow2", ImageFormat::Qcow2},
                                   {"/bases/debian.raw", ImageFormat::Raw}}}},
            .kernel = DirectKernel{.kernel = "/boot/vmlinuz",
                                   .initrd = "/boot/initrd",
                                   .command_line = "root=/dev/vda1 ro"},
            .sealable = true};
}

TEST(QemuArgv, OfAMachineWhoseStateCanBeKept) {
    expect_golden(sealable(), "sealable.argv");
}

TEST(QemuArgv, OfAMachineThatResumesAState) {
    auto spec = sealable();
    spec.resume_from = "/layers/1/memory";
    expect_golden(spec, "resuming.argv");
}

TEST(QemuArgv, NamesNoFileOfTheHost) {
    const MachineSpec spec{.firmware = Firmware::Uefi,
                           .disks = {{.top = {"/secret/os.qcow2"}, .backing = {{"/secret/b"}}}},
                           .credentials = {{"name", "secret"}},
                           .seed_iso = "/secret/seed"};
    EXPECT_THAT(one_word_a_line(qemu_argv(spec, number_fds(spec))),
                testing::Not(testing::HasSubstr("secret")));
}

std::string refusal_of(const MachineSpec& spec) {
    try {
        (void)qemu_argv(spec, number_fds(spec));
    } catch (const base::Error& error) {
        return error.code();
    }
    return "none";
}

TEST(QemuArgv, RefusesADirectKernelUnderUefi) {
    EXPECT_EQ(refusal_of({.firmware = Firmware::Uefi, .kernel = DirectKernel{.kernel = "k"}}),
              "DirectKernelNeedsBios");
}

TEST(QemuArgv, RefusesACredentialsNameThatWouldBecomeAnOption) {
    EXPECT_EQ(refusal_of({.credentials = {{"x,file=/etc/shadow", ""}}}), "CredentialNameInvalid");
    EXPECT_EQ(refusal_of({.credentials = {{std::string(29, 'x'), ""}}}), "CredentialNameInvalid");
    EXPECT_EQ(refusal_of({.credentials = {{std::string(28, 'x'), ""}}}), "none");
}

}  // namespace
}  // namespace ingot::vm
