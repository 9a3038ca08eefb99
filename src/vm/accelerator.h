// SPDX-License-Identifier: Apache-2.0
// Which accelerator this host really has, by proof: some hosts offer a /dev/kvm on which ordinary
// kernels hang, so a kernel is booted under it, once, against a short deadline, and the answer is
// remembered for as long as kernel, processor and QEMU stay the same.
#pragma once

#include "base/cancellation.h"
#include "vm/machine_spec.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace ingot::vm {

struct AcceleratorProbe {
    std::filesystem::path
        kernel;  // any Linux kernel with a serial console; empty if there is none yet
    std::filesystem::path cache_folder;  // where the answer is kept; made if missing
};

struct AcceleratorChoice {
    Accelerator accelerator = Accelerator::Tcg;
    std::string explanation;  // one line for a person
};

// Without /dev/kvm answers at once. Throws only Cancelled and errors of the host other than KVM's.
[[nodiscard]] AcceleratorChoice choose_accelerator(const AcceleratorProbe& probe,
                                                   const base::Cancellation& cancellation);

// The memory of the answer: a small file in `folder`, good for one fingerprint. A file that cannot
// be read counts as none.
[[nodiscard]] std::optional<AcceleratorChoice> recall_accelerator(
    const std::filesystem::path& folder, const std::string& fingerprint);
void remember_accelerator(const std::filesystem::path& folder,
                          const std::string& fingerprint,
                          const AcceleratorChoice& choice);

struct BootProof {
    bool booted = false;
    std::string explanation;  // why not, with the console's last line
};

// Boots the kernel to a first user process of our own and waits for that process's word. Throws
// Cancelled for the caller's own scope only.
[[nodiscard]] BootProof prove_boot(Accelerator accelerator,
                                   const std::filesystem::path& kernel,
                                   std::chrono::milliseconds deadline,
                                   const base::Cancellation& cancellation);

// What the answer depends on: kernel release, processor model, the installed QEMU.
[[nodiscard]] std::string host_fingerprint();

}  // namespace ingot::vm
