// SPDX-License-Identifier: Apache-2.0
// The way out of a machine's network namespace: slirp4netns as its uplink, and routing rules that
// keep the host out of reach. It lets nothing in; how the host reaches the guest is machine.h's
// business.
#pragma once

#include "base/cancellation.h"
#include "os/child_process.h"
#include "os/fd.h"
#include "os/namespaces.h"

#include <string>
#include <vector>

namespace ingot::vm {

// The name server that the namespace's /etc/resolv.conf has to name: slirp4netns passes on to the
// host's own.
inline constexpr const char* kUplinkNameServer = "10.83.0.3";

// For `ip -batch`: name resolution is let through; the rest of the uplink's own addresses, the
// host's addresses and the cloud's metadata services are prohibited.
[[nodiscard]] std::string network_rules(const std::vector<std::string>& host_addresses);

// The IPv4 addresses of all of the host's interfaces, without its loopback.
[[nodiscard]] std::vector<std::string> host_addresses();

class OutboundNetwork {
  public:
    // Starts the uplink and returns at once. `namespaces` must live until wait_until_ready()
    // returns. Throws Error{Unavailable, "TunDeviceUnavailable"}.
    explicit OutboundNetwork(const os::Namespaces& namespaces);

    // Blocks until the uplink is there and the rules are in force. Throws Error{Unavailable,
    // "NetworkFailed"}.
    void wait_until_ready(const base::Cancellation& cancellation);

    [[nodiscard]] const os::Child& process() const { return slirp_; }

  private:
    const os::Namespaces* namespaces_;
    os::Pipe ready_ = os::make_pipe();
    os::Pipe exit_ = os::make_pipe();
    os::Child slirp_;
};

}  // namespace ingot::vm
