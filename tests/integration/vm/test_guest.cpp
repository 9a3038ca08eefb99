// SPDX-License-Identifier: Apache-2.0
#include "test_guest.h"

#include "base/error.h"
#include "os/child_process.h"

#include <fmt/format.h>

namespace ingot::vm::test {
namespace {

constexpr const char* kInit = R"(#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci failover \
    net_failover virtio_net virtio_blk pvpanic pvpanic-mmio qemu_fw_cfg; do
    insmod /modules/$module.ko 2>/dev/null
done
ifconfig lo 127.0.0.1 up
if ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up 2>/dev/null; then
    route add default gw 10.0.2.2
    echo nameserver 10.0.2.3 > /etc/resolv.conf
fi
. /test.sh
poweroff -f
)";

void run_shell(const std::string& script) {
    (void)os::run_checked({.argv = {"sh", "-euc", script}}, base::Cancellation());
}

std::filesystem::path kernel_folder() {
    return std::filesystem::path(INGOT_BINARY).parent_path().parent_path() / "test-kernel";
}

}  // namespace

std::string TestGuest::problem() {
    for (const char* tool : {"qemu-system-x86_64", "cpio", "busybox"}) {
        if (!os::find_program(tool)) {
            return fmt::format("{} is not installed: ./dev setup does that", tool);
        }
    }
    try {
        (void)os::run_checked(
            {.argv = {INGOT_SOURCE_DIR "/tests/integration/vm/fetch_test_kernel.sh",
                      kernel_folder()}},
            base::Cancellation());
        return "";
    } catch (const base::Error& error) {
        return error.message();
    }
}

std::filesystem::path TestGuest::kernel() {
    return kernel_folder() / "vmlinuz";
}

TestGuest::TestGuest(const std::string& script) : scratch_(os::ScratchFolder::temporary()) {
    if (const auto what = problem(); !what.empty()) {
        throw base::Error(base::ErrorKind::Unavailable, "NoTestGuest", what);
    }
    const auto root = scratch_.path() / "root";
    os::make_folders(root);
    os::replace_file(root / "init", kInit, 0755);
    os::replace_file(root / "test.sh", script);
    // Debian has one busybox with libraries and one without.
    run_shell(
        fmt::format("cd {0}; mkdir bin etc proc sys dev; cp $(command -v busybox) bin/; "
                    "cp --parents $(ldd bin/busybox | grep -o '/lib[^ ]*') . || true; "
                    "cp -r {1}/modules .; find . | cpio --quiet -o -H newc > ../initrd",
                    root.string(),
                    kernel_folder().string()));
}

MachineSpec TestGuest::spec() const {
    return {.vcpus = 1,
            .memory = base::ByteCount::mib(256),
            .kernel = DirectKernel{.kernel = kernel(),
                                   .initrd = scratch_.path() / "initrd",
                                   .command_line = "console=ttyS0 quiet panic=0"}};
}

}  // namespace ingot::vm::test
