// SPDX-License-Identifier: Apache-2.0
// A user, network and mount namespace to confine a process in, held by descriptors alone: when the
// object and the last process inside are gone, so are the namespaces. Inside, "root" is an
// unprivileged user of the host; of the file system only the operating system's folders are there,
// read-only; the network has a loopback and no way out. Giving it a way out is the caller's job.
#pragma once

#include "base/cancellation.h"
#include "os/fd.h"

#include <cstdint>
#include <functional>
#include <string>

#include <sys/types.h>

namespace ingot::os {

struct NamespaceSpec {
    // Who root inside is outside. Anybody but the caller needs a caller who is root.
    uid_t host_uid = 0;
    gid_t host_gid = 0;
    // The contents of /etc/resolv.conf inside, where the host has that file.
    std::string resolv_conf{};
};

// Whether this user and group number exist for this process: inside a container of an ordinary user
// most do not.
[[nodiscard]] bool is_mapped(uid_t user, gid_t group);

class Namespaces {
  public:
    // Throws Error{Unavailable, "UserNamespacesUnavailable"} with what the kernel refused.
    [[nodiscard]] static Namespaces create(const NamespaceSpec& spec,
                                           const base::Cancellation& cancellation);

    [[nodiscard]] int network_fd() const { return network_.get(); }

    // For ProcessSpec::before_exec. Root of the user namespace, with the host's network and files.
    [[nodiscard]] std::function<int()> enter_as_root() const;
    // For ProcessSpec::before_exec. The same in the network namespace: its administrator.
    [[nodiscard]] std::function<int()> enter_as_administrator() const;
    // For ProcessSpec::before_exec. All namespaces, no capability, and no way to gain one.
    [[nodiscard]] std::function<int()> enter_confined() const;

    // A non-blocking TCP socket connected to 127.0.0.1 inside. Throws SystemError if refused.
    [[nodiscard]] Fd connect_loopback(std::uint16_t port,
                                      const base::Cancellation& cancellation) const;

  private:
    Namespaces() = default;

    Fd user_;
    Fd network_;
    Fd mount_;
};

}  // namespace ingot::os
