// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "disk/qemu_img.h"
#include "os/wait.h"
#include "test_guest.h"
#include "vm/machine.h"
#include "vm/memory_state.h"

#include <array>
#include <atomic>
#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ingot::vm::test {
namespace {

using base::Cancellation;
using disk::ImageFormat;
using testing::HasSubstr;
using namespace std::chrono_literals;

// Counts, each number on the console and on the disk, and greets on port 22.
constexpr const char* kCounting = R"(
while true; do nc -l -p 22 -e echo hello from the guest; done &
i=0
while true; do
    i=$((i + 1))
    printf %08d $i | dd of=/dev/vda bs=512 seek=$i conv=fsync 2>/dev/null
    echo count $i
    usleep 100000
done
)";

// The lines of a console, for a test to wait for one.
class Console {
  public:
    void add(std::string_view line) {
        const std::lock_guard lock(mutex_);
        lines_.emplace_back(line);
        news_.notify_all();
    }

    // The number of the first count that is at least `least`; 0 if none comes.
    int wait_for_count(int least) {
        std::unique_lock lock(mutex_);
        int found = 0;
        news_.wait_for(lock, 120s, [&] {
            for (const auto& line : lines_) {
                if (line.starts_with("count ") && std::stoi(line.substr(6)) >= least) {
                    found = std::stoi(line.substr(6));
                    return true;
                }
            }
            return false;
        });
        return found;
    }

  private:
    std::mutex mutex_;
    std::condition_variable news_;
    std::vector<std::string> lines_;
};

class SealingTest : public testing::Test {
  protected:
    void SetUp() override {
        os::replace_file(file("base.raw"), std::string(1 << 20, '\0'), 0600);
        for (const char* name : {"0", "1", "2", "3"}) {
            disk::create_overlay(file(name),
                                 {file("base.raw"), ImageFormat::Raw},
                                 base::ByteCount::mib(1),
                                 patience_);
        }
        std::filesystem::create_directory(file("memory"));
    }

    [[nodiscard]] os::Path file(const char* name) const { return scratch_.path() / name; }

    MachineSpec spec(const std::vector<const char*>& chain) const {
        auto spec = guest_.spec();
        spec.sealable = true;
        Disk disk{.top = {file(chain[0]), ImageFormat::Qcow2}};
        for (std::size_t i = 1; i < chain.size(); ++i) {
            disk.backing.push_back({file(chain[i]), ImageFormat::Qcow2});
        }
        disk.backing.push_back({file("base.raw"), ImageFormat::Raw});
        spec.disks = {disk};
        return spec;
    }

    static MachineOptions watched_by(Console& console) {
        return {.on_console_line = [&console](std::string_view line) { console.add(line); }};
    }

    const os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    const TestGuest guest_ = TestGuest(kCounting);
    const Cancellation patience_ = Cancellation().child(300s);
};

std::string greeting(const Machine& machine, const Cancellation& patience) {
    while (true) {
        const auto socket = machine.connect_guest(22, patience);
        std::array<char, 64> buffer{};
        [[maybe_unused]] const bool readable = os::wait_readable(socket.get(), patience);
        const auto got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (got > 0) {
            return {buffer.data(), static_cast<std::size_t>(got)};
        }
    }
}

TEST_F(SealingTest, AMachineGoesOnAndAnotherResumesWhereItWas) {
    Console first;
    auto machine = Machine::start(spec({"0"}), patience_, watched_by(first));
    const int before = first.wait_for_count(2);
    EXPECT_EQ(machine.seal({.new_top = file("1"), .memory_folder = file("memory")}, patience_)
                  .no_memory_because,
              "");
    const auto sealed_at = std::filesystem::last_write_time(file("0"));
    EXPECT_GT(first.wait_for_count(before + 3), before);
    EXPECT_EQ(greeting(machine, patience_), "hello from the guest\n");
    std::filesystem::rename(file("memory"), file("moved"));
    std::filesystem::create_directory(file("later"));
    const auto again =
        machine.seal({.new_top = file("2"), .memory_folder = file("later")}, patience_);
    EXPECT_EQ(again.no_memory_because, "");
    EXPECT_LT(again.written.bytes(), os::allocated_size(file("moved/ram-0")).bytes() / 2);
    EXPECT_GT(first.wait_for_count(before + 6), before);
    machine.kill();
    EXPECT_EQ(std::filesystem::last_write_time(file("0")), sealed_at);
    std::filesystem::rename(file("moved"), file("memory"));

    Console second;
    auto resumption = spec({"3", "0"});
    resumption.resume_from = file("memory");
    const auto resumed = Machine::start(resumption, patience_, watched_by(second));
    const int after = second.wait_for_count(1);
    EXPECT_GE(after, before);
    EXPECT_LE(after, before + 2);
    EXPECT_EQ(greeting(resumed, patience_), "hello from the guest\n");
}

TEST_F(SealingTest, ANewUplinkForgetsWhoCalledBeforeTheGuestListened) {
    Console console;
    auto machine = Machine::start(spec({"0"}), patience_, watched_by(console));
    const auto early = machine.connect_guest(22, patience_);
    machine.renew_uplink(patience_);
    char byte = 0;
    EXPECT_TRUE(os::wait_readable(early.get(), patience_));
    EXPECT_LE(::recv(early.get(), &byte, 1, 0), 0);
    EXPECT_EQ(greeting(machine, patience_), "hello from the guest\n");
}

TEST_F(SealingTest, AStateStandsOnAnEarlierOneThatIsGone) {
    Console first;
    auto machine = Machine::start(spec({"0"}), patience_, watched_by(first));
    first.wait_for_count(1);
    (void)machine.seal({.new_top = file("1"), .memory_folder = file("memory")}, patience_);
    const int before = first.wait_for_count(4);
    std::filesystem::create_directory(file("later"));
    (void)machine.seal({.new_top = file("2"), .memory_folder = file("later")}, patience_);
    machine.kill();
    std::filesystem::remove_all(file("memory"));
    Console second;
    auto resumption = spec({"3", "1", "0"});
    resumption.resume_from = file("later");
    const auto resumed = Machine::start(resumption, patience_, watched_by(second));
    EXPECT_GE(second.wait_for_count(1), before);
}

TEST_F(SealingTest, TwoMachinesResumeFromOneStateAndShareNothing) {
    Console first;
    auto machine = Machine::start(spec({"0"}), patience_, watched_by(first));
    first.wait_for_count(2);
    (void)machine.seal({.new_top = file("1"), .memory_folder = file("memory")}, patience_);
    machine.kill();
    std::array<Console, 2> consoles;
    auto one = spec({"2", "0"});
    one.resume_from = file("memory");
    auto two = spec({"3", "0"});
    two.resume_from = file("memory");
    const auto a = Machine::start(one, patience_, watched_by(consoles[0]));
    const auto b = Machine::start(two, patience_, watched_by(consoles[1]));
    const int at = consoles[0].wait_for_count(1);
    EXPECT_GT(at, 0);
    EXPECT_GT(consoles[0].wait_for_count(at + 5), 0);
    EXPECT_GT(consoles[1].wait_for_count(at + 5), 0);
    EXPECT_NO_THROW(verify_memory_state(file("memory"), patience_));
}

TEST_F(SealingTest, ADamagedStateIsNoticedBeforeTheGuestRuns) {
    Console first;
    auto machine = Machine::start(spec({"0"}), patience_, watched_by(first));
    first.wait_for_count(1);
    (void)machine.seal({.new_top = file("1"), .memory_folder = file("memory")}, patience_);
    machine.kill();
    auto resumption = spec({"2", "0"});
    resumption.resume_from = file("memory");
    const auto refused = [&] {
        try {
            (void)Machine::start(resumption, patience_);
        } catch (const base::Error& error) {
            return error.code();
        }
        return std::string("none");
    };
    for (const char* name :
         {"memory/ram-0", "memory/devices", "memory/blocks", "memory/devices.checks"}) {
        SCOPED_TRACE(name);
        const auto whole = os::Path(file("whole"));
        os::copy_sparse(file(name), whole, patience_);
        {
            const auto victim = os::open_file(file(name), O_RDWR);
            const auto middle = static_cast<off_t>(os::file_length(file(name)).bytes() / 2);
            const auto data = ::lseek(victim.get(), middle, SEEK_DATA);
            char byte = 0;
            ASSERT_EQ(::pread(victim.get(), &byte, 1, data), 1);
            byte = static_cast<char>(byte ^ 4);
            ASSERT_EQ(::pwrite(victim.get(), &byte, 1, data), 1);
        }
        EXPECT_EQ(refused(), "FileDamaged");
        std::filesystem::resize_file(file(name), os::file_length(file(name)).bytes() / 2);
        EXPECT_EQ(refused(), "FileDamaged");
        std::filesystem::remove(file(name));
        EXPECT_EQ(refused(), "FileDamaged");
        std::filesystem::rename(whole, file(name));
    }
    EXPECT_EQ(refused(), "none");
}

}  // namespace
}  // namespace ingot::vm::test
