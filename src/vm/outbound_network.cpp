// SPDX-License-Identifier: Apache-2.0
#include "vm/outbound_network.h"

#include "base/error.h"
#include "os/wait.h"
#include "vm/host_facts.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <set>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

namespace ingot::vm {
namespace {

constexpr const char* kUplink = "10.83.0.0/24";

// Services that hand a machine its host's or its cloud account's secrets: link-local (all clouds),
// Azure's wire server, Alibaba's metadata.
constexpr std::array<const char*, 3> kMetadataServices = {
    "169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32"};

// Numbers of the descriptors inside slirp4netns.
constexpr int kReady = 3;
constexpr int kExit = 4;
constexpr int kNetwork = 5;

// Four packets fill the 64 KiB window of slirp4netns. With its recommended 65520 a single one
// would, and the kernel's delayed acknowledgement of it (40 ms) limits a download to 1.6 MiB/s.
constexpr int kPacketSize = 16384;

os::ProcessSpec uplink_process() {
    return {.argv = {"slirp4netns",
                     "--configure",
                     "--disable-host-loopback",
                     "--enable-sandbox",
                     "--enable-seccomp",
                     fmt::format("--mtu={}", kPacketSize),
                     fmt::format("--cidr={}", kUplink),
                     fmt::format("--ready-fd={}", kReady),
                     fmt::format("--exit-fd={}", kExit),
                     "--netns-type=path",
                     fmt::format("/proc/self/fd/{}", kNetwork),
                     "tap0"},
            .standard_error = os::Stream::Pipe};
}

void require_tun_device() {
    if (const auto problem = tun_device_problem(); !problem.empty()) {
        throw base::Error(
            base::ErrorKind::Unavailable,
            "TunDeviceUnavailable",
            fmt::format("a build VM's network needs /dev/net/tun: {}. Load the module (modprobe "
                        "tun) and let everybody use the device (chmod 0666 /dev/net/tun), as "
                        "distributions do",
                        problem),
            "/dev/net/tun");
    }
}

[[noreturn]] void throw_network_failed(const std::string& why) {
    throw base::Error(base::ErrorKind::Unavailable,
                      "NetworkFailed",
                      "the build VM's network could not be set up: " + why,
                      "slirp4netns");
}

std::string everything_in(int fd) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (auto got = ::read(fd, buffer.data(), buffer.size()); got > 0;
         got = ::read(fd, buffer.data(), buffer.size())) {
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

void apply_rules(const os::Namespaces& namespaces, const base::Cancellation& cancellation) {
    const auto rules = os::memory_file("rules", network_rules(host_addresses()));
    os::ProcessSpec ip{.argv = {"ip", "-batch", "/proc/self/fd/3"}};
    ip.fds = {{rules.get(), 3}};
    ip.before_exec = namespaces.enter_as_administrator();
    const auto completed = os::run(ip, cancellation);
    if (!completed.status.success()) {
        throw_network_failed("ip: " + completed.err);
    }
}

}  // namespace

std::string network_rules(const std::vector<std::string>& host_addresses) {
    std::string rules;
    for (const char* protocol : {"udp", "tcp"}) {
        rules += fmt::format("rule add pref 100 to {} ipproto {} dport 53 lookup main\n",
                             kUplinkNameServer,
                             protocol);
    }
    rules += fmt::format("rule add pref 200 to {} prohibit\n", kUplink);
    for (const char* service : kMetadataServices) {
        rules += fmt::format("route add prohibit {}\n", service);
    }
    for (const auto& address : host_addresses) {
        rules += fmt::format("route add prohibit {}/32\n", address);
    }
    return rules;
}

std::vector<std::string> host_addresses() {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        throw base::SystemError(errno, "listing the host's addresses");
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, &::freeifaddrs);
    std::set<std::string> addresses;
    for (const auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET ||
            (entry->ifa_flags & IFF_LOOPBACK) != 0) {
            continue;
        }
        const auto* address = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
        std::array<char, INET_ADDRSTRLEN> text{};
        ::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
        addresses.insert(text.data());
    }
    return {addresses.begin(), addresses.end()};
}

OutboundNetwork::OutboundNetwork(const os::Namespaces& namespaces)
    : namespaces_(&namespaces), slirp_([&] {
          require_tun_device();
          auto process = uplink_process();
          process.fds = {{ready_.write_end.get(), kReady},
                         {exit_.read_end.get(), kExit},
                         {namespaces.network_fd(), kNetwork}};
          // In 1.2.0 the sandbox takes root of some user namespace; root keeps its own, since many
          // hosts let only root open /dev/net/tun.
          if (::geteuid() != 0) {
              process.before_exec = namespaces.enter_as_root();
          }
          return os::Child::start(process);
      }()) {
    ready_.write_end.reset();
    exit_.read_end.reset();
}

void OutboundNetwork::wait_until_ready(const base::Cancellation& cancellation) {
    char ready = 0;
    [[maybe_unused]] const bool readable = os::wait_readable(ready_.read_end.get(), cancellation);
    if (::read(ready_.read_end.get(), &ready, 1) != 1) {
        slirp_.send_signal(SIGKILL);
        throw_network_failed("slirp4netns: " + everything_in(slirp_.standard_error().get()));
    }
    apply_rules(*namespaces_, cancellation);
}

}  // namespace ingot::vm
