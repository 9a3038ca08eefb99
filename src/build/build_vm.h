// SPDX-License-Identifier: Apache-2.0
// A virtual machine on a private overlay of a base disk, with a way in for the build user. Used to
// build, to validate and to boot a published image. Takes the fastest way in that the disk allows
// (a kernel started directly, keys by systemd credentials) or the ordinary one (firmware, boot
// loader, cloud-init with a seed). The base is never written; what to do inside is the caller's
// business.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "build/machine_shape.h"
#include "guest/ssh_communicator.h"
#include "guest/ssh_keys.h"
#include "os/files.h"
#include "sources/base_disk.h"
#include "vm/machine.h"

#include <memory>
#include <string>
#include <string_view>

namespace ingot::build {

// The service's build VMs have this user; scripts in the wild rely on it.
inline constexpr std::string_view kBuildUser = "packer";

enum class WayIn {
    Fastest,   // directly where the disk allows it
    Ordinary,  // always firmware, boot loader and cloud-init: as a user's VM will start
};

struct BuildVmRequest {
    const sources::BaseDisk& base;
    base::ByteCount disk_size;  // at least the base's; more grows the root file system
    MachineShape shape;
    os::Path folder;  // exists; gets the overlay and the seed
    os::Path cache;   // remembers the accelerator's proof
    std::string instance_id;
    WayIn way_in = WayIn::Fastest;
    sources::Say say{};         // one line about each thing that takes time
    os::LineHandler console{};  // each line of the serial console, on another thread
};

class BuildVm {
  public:
    // Returns when the guest has booted and the build user is logged in. Throws Error{GuestFailed,
    // "GuestDidNotAnswer" | "BuildVmDied" | ...} and what vm::Machine::start throws.
    [[nodiscard]] static BuildVm start(const BuildVmRequest& request,
                                       const base::Cancellation& cancellation);

    [[nodiscard]] guest::SshCommunicator& guest() { return *guest_; }

    [[nodiscard]] vm::Machine& machine() { return *machine_; }

    // A second way in, for a shell beside what guest() does.
    [[nodiscard]] guest::GuestAccess access() const;

    [[nodiscard]] const guest::SshKeyPair& build_key() const { return build_key_; }

    [[nodiscard]] const os::Path& overlay() const { return overlay_; }

    // Hangs up, so that the guest can power off without a session.
    void disconnect() { guest_.reset(); }

  private:
    BuildVm(vm::Machine machine, guest::SshKeyPair build, guest::SshKeyPair host, os::Path overlay);

    // On the heap: what reaches the guest refers to it, and a BuildVm may be moved.
    std::unique_ptr<vm::Machine> machine_;
    guest::SshKeyPair build_key_;
    guest::SshKeyPair host_key_;
    os::Path overlay_;
    std::unique_ptr<guest::SshCommunicator> guest_;
};

}  // namespace ingot::build
