// SPDX-License-Identifier: Apache-2.0
// A machine's memory state at rest: a folder that holds QEMU's stream of device states and the
// guest's memory in blocks of 64 KiB, each with its checksum. A state that follows another one has
// only the blocks that changed; the rest stays in the earlier one's files, which it links. Reading
// and writing states, and proving that they are whole; stopping and resuming machines is
// machine.h's job. A state fits only a machine of the same identity (machine_identity.h), which
// whoever keeps states has to see to. The format is docs/formats/layers.md.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "os/fd.h"
#include "os/files.h"

#include <cstdint>
#include <vector>

namespace ingot::vm {

struct MemoryBlock {
    std::uint64_t hash = 0;   // XXH3_64bits
    std::uint32_t index = 0;  // starts at index * 64 KiB
    std::uint32_t file = 0;   // in which of the files, at the same offset
};

struct MemoryContent {
    std::vector<os::Fd> files{};
    std::vector<MemoryBlock> blocks{};  // rising; a block that is all zero is not among them
};

// A guest's memory in a file of its own, which is read while the machine is stopped. Not mapped
// here: with copies of 64 KiB no page is faulted in, and this process is charged for none of it.
class GuestMemory {
  public:
    // All zero.
    explicit GuestMemory(base::ByteCount size);

    [[nodiscard]] const os::Fd& file() const { return file_; }

    // What the guest has ever touched.
    [[nodiscard]] base::ByteCount occupied() const;

    // Writes what is not as in the state that was loaded or saved last into `folder`, which exists
    // and is empty but for the devices' stream (devices_file()), and finishes the state. Returns
    // the bytes written. Not synced: what a crash of the host damages fails its checks. Throws
    // SystemError.
    base::ByteCount save(const os::Path& folder, const base::Cancellation& cancellation);

    // Fills the memory, which is still all zero. Throws Error{Corrupt, "FileDamaged"}.
    void load(const os::Path& folder, const base::Cancellation& cancellation);

  private:
    os::Fd file_;
    base::ByteCount size_;
    MemoryContent last_;  // open files: their folder may have moved since
};

// What QEMU is to write its devices to, and reads them from once they are verified. The second
// throws Error{Corrupt, "FileDamaged"}.
[[nodiscard]] os::Fd make_devices_file(const os::Path& folder);
[[nodiscard]] os::Fd open_devices_file(const os::Path& folder,
                                       const base::Cancellation& cancellation);

// Throws Error{Corrupt, "FileDamaged"}.
void verify_memory_state(const os::Path& folder, const base::Cancellation& cancellation);

}  // namespace ingot::vm
