// SPDX-License-Identifier: Apache-2.0
// What is on a Linux disk that lets QEMU start it without firmware and boot loader, and lets us in
// without cloud-init. Looks into ext2/3/4 by debugfs, without mounting and without privileges. The
// disk is hostile input: debugfs runs with limits, and whatever goes wrong in it means "not found",
// so that the caller goes the slow way through the firmware. Starting the machine is vm's job.
#pragma once

#include "base/cancellation.h"
#include "os/files.h"

#include <optional>
#include <string>

namespace ingot::disk {

struct BootFiles {
    os::Path kernel;  // in the folder that the caller gave
    os::Path initrd;
    std::string root_argument;   // root=UUID=...
    std::string kernel_release;  // 6.1.0-18-cloud-amd64
};

// Copies kernel and initrd, of the kernel that GRUB would start by default (the newest), into
// `folder`, which exists. Throws Cancelled, and SystemError if `raw` cannot be opened.
[[nodiscard]] std::optional<BootFiles> find_boot_files(const os::Path& raw,
                                                       const os::Path& folder,
                                                       const base::Cancellation& cancellation);

// The major version of the systemd on the root partition, if it can be told.
[[nodiscard]] std::optional<int> systemd_version(const os::Path& raw,
                                                 const base::Cancellation& cancellation);

// Whether the guest's systemd takes an SSH key for root from QEMU's fw_cfg: needs the credentials
// tmpfiles.extra and ssh.authorized_keys.root, both of systemd 252.
[[nodiscard]] bool guest_reads_credentials(const os::Path& raw,
                                           const base::Cancellation& cancellation);

}  // namespace ingot::disk
