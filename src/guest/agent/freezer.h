// SPDX-License-Identifier: Apache-2.0
// Brings the guest's disks to rest: every writable disk-backed file system is synced and frozen
// (FIFREEZE) until the thaw. Why and when is the host's business.
#pragma once

#include "guest/agent/descriptor.h"

#include <string>
#include <string_view>
#include <vector>

namespace ingot::guest::agent {

struct DiskMount {
    std::string device;  // "8:1", or what names it for file systems without a device of their own
    std::string point;

    friend bool operator==(const DiskMount&, const DiskMount&) = default;
};

// What of /proc/self/mountinfo has to be frozen, in this order: each device once, a mount before
// what it stands on, the root last.
[[nodiscard]] std::vector<DiskMount> mounts_to_freeze(std::string_view mountinfo);

class Freezer {
  public:
    // All or nothing. Returns what went wrong with which mount; empty if nothing did.
    [[nodiscard]] std::string freeze();

    // Idempotent. Tries all; the words are about the first that could not be thawed.
    [[nodiscard]] std::string thaw();

  private:
    struct Frozen {
        Descriptor root;  // opened before: a frozen file system is not looked up again
        std::string point;
    };

    [[nodiscard]] std::string freeze(const DiskMount& mount);

    std::vector<Frozen> frozen_;
};

}  // namespace ingot::guest::agent
