// SPDX-License-Identifier: Apache-2.0
// A guest that boots in about two seconds under emulation: Debian's cloud kernel and a busybox,
// made of the machine's packages. What it does is a shell script given by the test; at its end the
// guest powers off.
#pragma once

#include "os/files.h"
#include "vm/machine_spec.h"

#include <filesystem>
#include <string>

namespace ingot::vm::test {

class TestGuest {
  public:
    // Fetches the kernel if this build has none yet. Throws Error{Unavailable, "NoTestGuest"} with
    // what problem() says.
    explicit TestGuest(const std::string& script);

    // Why there can be none here; empty if there can.
    [[nodiscard]] static std::string problem();
    [[nodiscard]] static std::filesystem::path kernel();

    // Without disks. Valid as long as the object.
    [[nodiscard]] MachineSpec spec() const;

  private:
    os::ScratchFolder scratch_;
};

}  // namespace ingot::vm::test
