// SPDX-License-Identifier: Apache-2.0
// The thread that watches over one QEMU: it drains the console and QEMU's standard error all the
// time, so that neither ever blocks the guest, and decides how the machine ended. It ends nothing
// itself; machine.h owns the process.
#pragma once

#include "base/cancellation.h"
#include "os/child_process.h"
#include "os/fd.h"
#include "vm/qmp_client.h"

#include <memory>
#include <optional>
#include <string>

namespace ingot::vm {

enum class MachineEndKind {
    ShutDown,   // the guest powered off, and QEMU has closed its disks
    Reset,      // the guest asked for a reboot, which ends the machine
    Panicked,   // the guest's kernel gave up
    DiskFull,   // the host's file system has no room for the guest's writes; the guest is stopped
    DiskError,  // the host cannot read or write the guest's disk; the guest is stopped
    Died,       // QEMU, or the program that is its network, ended on its own
};

struct MachineEnd {
    MachineEndKind kind;
    std::string explanation;  // one or more lines for a person
};

struct WatchedMachine {
    QmpClient events;
    os::Fd console;
    // These must outlive the watch.
    const os::Child* qemu = nullptr;
    const os::Child* network = nullptr;  // may be null
    // Called on the watch's thread; must not throw.
    os::LineHandler on_console_line{};
};

class MachineWatch {
  public:
    explicit MachineWatch(WatchedMachine machine);
    // Stops watching.
    ~MachineWatch();
    MachineWatch(const MachineWatch&) = delete;
    MachineWatch& operator=(const MachineWatch&) = delete;
    MachineWatch(MachineWatch&&) = delete;
    MachineWatch& operator=(MachineWatch&&) = delete;

    // These may be called from any thread.
    [[nodiscard]] std::optional<MachineEnd> end() const;
    // Readable (hung up) once end() has a value.
    [[nodiscard]] int ended_fd() const;
    // Cancelled once end() has a value.
    [[nodiscard]] const base::Cancellation& life() const;
    // The last 64 KiB of the serial console. The bytes are the guest's: not trusted.
    [[nodiscard]] std::string console_tail() const;
    // The last of what QEMU and its network printed as errors.
    [[nodiscard]] std::string errors() const;

  private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace ingot::vm
