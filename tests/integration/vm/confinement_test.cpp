// SPDX-License-Identifier: Apache-2.0
#include "forked_test.h"
#include "host_and_outside.h"
#include "os/wait.h"
#include "test_guest.h"
#include "vm/machine.h"
#include "vm/qemu_argv.h"

#include <array>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::vm::test {
namespace {

using base::Cancellation;
using testing::HasSubstr;
using namespace std::chrono_literals;

// Says for each address whether the test's server answers there.
std::string probing_script() {
    std::string script =
        "probe() { nc -w 3 $1 7777 < /dev/null | grep -q served && r=REACHED || "
        "r=blocked; echo $r-$1-; }\n";
    for (const char* address : {"10.0.2.2",
                                "10.0.2.3",
                                "10.83.0.1",
                                "10.83.0.2",
                                "10.83.0.3",
                                "10.83.0.100",
                                "0.0.0.0",
                                HostAndOutside::kHostAddress,
                                HostAndOutside::kMetadataAddress,
                                HostAndOutside::kOutsideAddress}) {
        script += fmt::format("probe {}\n", address);
    }
    return script + "nslookup outside.test\n";
}

// The same guest with the same devices, but QEMU as anybody would start it.
std::string run_unconfined(const MachineSpec& spec, const Cancellation& patience) {
    const auto numbers = number_fds(spec);
    auto commands = os::make_socket_pair();
    auto events = os::make_socket_pair();
    auto console = os::make_socket_pair();
    const auto kernel = os::open_file(spec.kernel->kernel, O_RDONLY);
    const auto initrd = os::open_file(spec.kernel->initrd, O_RDONLY);
    os::ProcessSpec process{.argv = qemu_argv(spec, numbers)};
    process.fds = {{commands.theirs.get(), numbers.commands},
                   {events.theirs.get(), numbers.events},
                   {console.theirs.get(), numbers.console},
                   {kernel.get(), numbers.kernel},
                   {initrd.get(), numbers.initrd}};
    auto qemu = os::Child::start(process);
    console.theirs.reset();
    QmpClient qmp(std::move(commands.ours), patience);
    qmp.execute("cont", patience);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 1; got > 0;) {
        (void)os::wait_readable(console.ours.get(), patience);
        got = ::read(console.ours.get(), buffer.data(), buffer.size());
        text.append(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    }
    return text;
}

std::string run_confined(const MachineSpec& spec, const Cancellation& patience) {
    const auto machine = Machine::start(spec, patience);
    (void)machine.wait_for_end(patience);
    return machine.console_tail();
}

class ConfinementTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_EQ(TestGuest::problem(), ""); }

    using RunGuest = std::string (*)(const MachineSpec&, const Cancellation&);

    [[nodiscard]] std::string console_of(RunGuest run) const {
        const TestGuest guest(probing_script());
        return in_fork(
            [&] {
                leave_the_host();
                const HostAndOutside world;
                return run(guest.spec(), patience_);
            },
            patience_);
    }

    const Cancellation patience_ = Cancellation().child(300s);
};

TEST_F(ConfinementTest, TheGuestReachesTheOutsideAndNothingOfTheHost) {
    const auto console = console_of(&run_confined);
    EXPECT_THAT(console, HasSubstr("REACHED-198.18.0.2-"));
    EXPECT_THAT(console, HasSubstr("Address: 198.18.0.2"));  // by the name server
    for (const char* address : {"10.0.2.2",
                                "10.0.2.3",
                                "10.83.0.1",
                                "10.83.0.2",
                                "10.83.0.3",
                                "10.83.0.100",
                                "0.0.0.0",
                                "198.18.0.1",
                                "169.254.169.254"}) {
        EXPECT_THAT(console, HasSubstr(fmt::format("blocked-{}-", address)));
    }
}

// The test of the test: without the confinement the same probes get through.
TEST_F(ConfinementTest, AnUnconfinedGuestWouldReachTheHost) {
    const auto console = console_of(&run_unconfined);
    for (const char* address : {"10.0.2.2", "198.18.0.1", "169.254.169.254"}) {
        EXPECT_THAT(console, HasSubstr(fmt::format("REACHED-{}-", address)));
    }
}

}  // namespace
}  // namespace ingot::vm::test
