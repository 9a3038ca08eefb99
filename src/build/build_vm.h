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
#include "guest/agent_communicator.h"
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

// "direct" or "cloud-init": what Fastest or Ordinary means for this disk.
[[nodiscard]] std::string way_in_name(WayIn way_in, const sources::BaseDisk& base);

// A state of an earlier build VM to go on from.
struct EarlierState {
    std::vector<os::Path> overlays{};  // above the base, nearest first
    os::Path memory{};                 // vm/memory_state.h; empty: the disk is booted
    std::string machine{};             // whose memory it is (vm::machine_identity, agent)
};

struct BuildVmRequest {
    const sources::BaseDisk& base;
    base::ByteCount disk_size;  // at least the base's; more grows the root file system
    MachineShape shape;
    os::Path folder;  // exists; gets the overlay and the seed
    os::Path cache;   // remembers the accelerator's proof
    std::string instance_id;
    WayIn way_in = WayIn::Fastest;
    EarlierState from{};
    // The guest gets our agent, and its states can be kept.
    bool sealable = false;
    sources::Say say{};         // one line about each thing that takes time
    os::LineHandler console{};  // each line of the serial console, on another thread
};

class BuildVm {
  public:
    // Returns when the guest has booted (or resumed) and the build user can work. Throws
    // Error{GuestFailed, "GuestDidNotAnswer" | "BuildVmDied" | ...}, {Unavailable,
    // "StateOfAnotherMachine"}, {Corrupt, "FileDamaged"} and what vm::Machine::start throws.
    [[nodiscard]] static BuildVm start(const BuildVmRequest& request,
                                       const base::Cancellation& cancellation);

    // The agent's where there is one, else SSH's.
    [[nodiscard]] guest::Communicator& guest();

    // SSH's, logging in if that was not done yet: for a person's shell.
    [[nodiscard]] guest::SshCommunicator& ssh(const base::Cancellation& cancellation);

    // Whether seal() may be called: the agent is there.
    [[nodiscard]] bool can_be_sealed() const { return agent_ != nullptr; }

    // Freezes what the guest has on its disk until now (journal clean): overlays().front() changes,
    // and those below it are never written again. Keeps the memory as well if there is a folder for
    // it. Blocks the guest for a moment.
    [[nodiscard]] vm::Sealed seal(const os::Path& memory_folder,
                                  const base::Cancellation& cancellation);

    // For EarlierState.
    [[nodiscard]] const std::string& machine_identity() const { return identity_; }

    [[nodiscard]] vm::Machine& machine() { return *machine_; }

    [[nodiscard]] const vm::Machine& machine() const { return *machine_; }

    // A second way in, for a shell beside what guest() does. A machine that was resumed gets keys
    // of its own now: until somebody wants in, it has those of the run that sealed it, whose
    // private halves are gone.
    [[nodiscard]] guest::GuestAccess let_in(const base::Cancellation& cancellation);

    [[nodiscard]] const guest::SshKeyPair& build_key() const { return build_key_; }

    // Above the base, nearest first; the guest writes to the first.
    [[nodiscard]] const std::vector<os::Path>& overlays() const { return overlays_; }

    // Hangs up, so that the guest can power off without a session.
    void disconnect();

  private:
    BuildVm(vm::Machine machine, guest::SshKeyPair build, guest::SshKeyPair host);

    void wait_for_boot(const BuildVmRequest& request,
                       const vm::MachineSpec& spec,
                       const base::Cancellation& cancellation);
    void wake_up(const base::Cancellation& cancellation);
    [[nodiscard]] guest::GuestAccess access() const;
    void give_own_keys(const base::Cancellation& cancellation);
    void add_agent(const BuildVmRequest& request, const base::Cancellation& cancellation);

    // On the heap: what reaches the guest refers to it, and a BuildVm may be moved.
    std::unique_ptr<vm::Machine> machine_;
    guest::SshKeyPair build_key_;
    guest::SshKeyPair host_key_;
    std::vector<os::Path> overlays_;
    base::ByteCount disk_size_;
    int seals_ = 0;
    std::string identity_;
    bool has_others_keys_ = false;
    std::unique_ptr<guest::SshCommunicator> ssh_;
    std::unique_ptr<guest::AgentCommunicator> agent_;
};

}  // namespace ingot::build
