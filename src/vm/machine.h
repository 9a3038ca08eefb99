// SPDX-License-Identifier: Apache-2.0
// A running virtual machine, confined: QEMU sees the operating system's files read-only, has no
// capability, and sits in a network of its own from which the outside can be reached and the host
// cannot. No file, socket, process or namespace of it outlives the object or the process that made
// it. How to log in is guest/'s business; what to boot, the caller's.
#pragma once

#include "base/cancellation.h"
#include "base/error.h"
#include "os/child_process.h"
#include "os/namespaces.h"
#include "vm/machine_spec.h"
#include "vm/machine_watch.h"
#include "vm/qmp_client.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <sys/types.h>

namespace ingot::vm {

struct MachineOptions {
    // Each line of the serial console as it comes, on the machine's own thread. Not trusted.
    os::LineHandler on_console_line{};
};

// What Machine::seal leaves behind.
struct SealRequest {
    // An empty qcow2 overlay of the first disk's size: the guest goes on writing there, and what
    // was the top until now is never written again.
    os::Path new_top;
    // An existing, empty folder that gets the memory state (memory_state.h); empty for none.
    os::Path memory_folder{};
};

struct Sealed {
    // Why there is no memory state although it was asked for; empty if there is one.
    std::string no_memory_because{};
    base::ByteCount written{};  // of memory
};

class Machine {
  public:
    // Returns when QEMU answers; the guest then has begun to boot. Call it from a thread that
    // outlives the machine: the kernel ends the processes with that thread. Throws Error
    // {Unavailable, "UserNamespacesUnavailable" | "TunDeviceUnavailable" | "NetworkFailed" |
    // "UefiFirmwareMissing" | "BuildVmDied"}, SystemError for files, Error{NotFound,
    // "ProgramNotFound"} for tools.
    [[nodiscard]] static Machine start(const MachineSpec& spec,
                                       const base::Cancellation& cancellation,
                                       MachineOptions options = {});

    Machine(Machine&& other) noexcept;
    Machine& operator=(Machine&& other) noexcept;
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    ~Machine();

    // Belongs to the owner's thread, unlike the rest, which any thread may call.
    [[nodiscard]] QmpClient& qmp();

    [[nodiscard]] pid_t pid() const;

    // A connected, non-blocking TCP socket to this port of the guest, one of spec.guest_ports. QEMU
    // accepts before the guest does: a guest that does not listen shows as an end of file. Throws
    // Error{Unavailable, "GuestUnreachable"}.
    [[nodiscard]] os::Fd connect_guest(std::uint16_t guest_port,
                                       const base::Cancellation& cancellation) const;

    // Blocks until the machine has ended, in whatever way.
    [[nodiscard]] MachineEnd wait_for_end(const base::Cancellation& cancellation) const;
    [[nodiscard]] std::optional<MachineEnd> end() const;
    // Readable once the machine has ended: for poll beside other descriptors.
    [[nodiscard]] int ended_fd() const;
    // Throws Error{GuestFailed, "BuildVmDied" | "GuestPanicked" | "DiskFull"} if it has ended.
    void check_alive() const;

    // Runs body(scope) with a scope that also ends with the machine. If the machine ends, or the
    // body fails because it did, throws what check_alive() throws instead of the body's Cancelled
    // or Error; so a wait inside never outlives the guest.
    template <typename Body>
    auto while_alive(const base::Cancellation& cancellation, Body&& body) const;

    // The host's end of a sealable machine's serial port. Once.
    [[nodiscard]] os::Fd take_agent_port();

    // Bytes of a sealable machine's memory that the guest has ever touched.
    [[nodiscard]] base::ByteCount occupied_memory() const;

    // Stops a sealable machine for a moment, freezes the first disk's top, keeps the memory if
    // asked to, and lets the guest go on. Its connections to the outside break: the network behind
    // its card is another one afterwards, as it is when the state is resumed. The guest's file
    // systems are the caller's to freeze. For the owner's thread. After an exception the machine is
    // good for nothing but kill().
    [[nodiscard]] Sealed seal(const SealRequest& request, const base::Cancellation& cancellation);

    // Puts another network behind a sealable machine's card: connections end, and those that were
    // asked for in vain and would come about later never do. For the owner's thread.
    void renew_uplink(const base::Cancellation& cancellation);

    // Presses the power button; a guest that listens to ACPI then shuts down.
    void power_down(const base::Cancellation& cancellation);
    // At once, and waits until QEMU is gone. What the guest had not flushed is lost.
    void kill() noexcept;

    [[nodiscard]] std::string console_tail() const;

  private:
    // A child of the caller's scope that is also cancelled when the machine ends.
    class LifeScope {
      public:
        LifeScope(const Machine& machine, const base::Cancellation& parent);

        [[nodiscard]] const base::Cancellation& scope() const { return scope_; }

      private:
        base::Cancellation scope_;
        std::stop_callback<std::function<void()>> on_end_;
    };

    struct Parts;
    explicit Machine(std::unique_ptr<Parts> parts);
    static void resume(Parts& parts, const os::Fd& devices, const base::Cancellation& cancellation);
    void throw_if_ending(const base::Error& error) const;

    std::unique_ptr<Parts> parts_;
};

template <typename Body>
auto Machine::while_alive(const base::Cancellation& cancellation, Body&& body) const {
    const LifeScope life(*this, cancellation);
    try {
        return std::forward<Body>(body)(life.scope());
    } catch (const base::Cancelled&) {
        cancellation.throw_if_cancelled();
        check_alive();
        throw;
    } catch (const base::Error& error) {
        throw_if_ending(error);
        throw;
    }
}

}  // namespace ingot::vm
