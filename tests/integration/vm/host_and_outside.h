// SPDX-License-Identifier: Apache-2.0
// A little world for network tests, all of it in this process: a "host" with loopback and one
// address, and an "outside" behind a cable, with servers in both. After leave_the_host().
#pragma once

#include "base/cancellation.h"
#include "os/fd.h"

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace ingot::vm::test {

class HostAndOutside {
  public:
    static constexpr const char* kHostAddress = "198.18.0.1";
    static constexpr const char* kOutsideAddress = "198.18.0.2";
    static constexpr const char* kMetadataAddress = "169.254.169.254";
    static constexpr std::uint16_t kPort = 7777;

    // TCP on kPort answers "served" on every address of both; the outside also answers every name
    // query, at kOutsideAddress, with kOutsideAddress. The host's resolv.conf names that server.
    HostAndOutside();
    ~HostAndOutside();
    HostAndOutside(const HostAndOutside&) = delete;
    HostAndOutside& operator=(const HostAndOutside&) = delete;

  private:
    void lay_the_cable();
    void serve_tcp(os::Fd listener);
    void serve_names(os::Fd socket);

    os::Fd host_;
    os::Fd outside_;
    base::Cancellation end_;
    std::vector<std::jthread> servers_;
};

}  // namespace ingot::vm::test
