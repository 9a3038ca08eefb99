// SPDX-License-Identifier: Apache-2.0
#include "vm/machine.h"

#include "disk/qemu_img.h"
#include "forked_test.h"
#include "os/wait.h"
#include "test_guest.h"
#include "vm/accelerator.h"

#include <array>
#include <csignal>
#include <iterator>
#include <sstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ingot::vm::test {
namespace {

using base::Cancellation;
using testing::HasSubstr;
using namespace std::chrono_literals;

class MachineTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_EQ(TestGuest::problem(), ""); }

    // Emulated guests on a busy machine take their time.
    const Cancellation patience_ = Cancellation().child(300s);
};

// What while_alive() throws out of a wait that itself would never end.
std::string error_code_of_endless_wait(const Machine& machine, const Cancellation& patience) {
    try {
        machine.while_alive(patience, [](const Cancellation& scope) { os::pause_for(1h, scope); });
    } catch (const base::Error& error) {
        return error.code();
    }
    return "none";
}

std::string read_to_end(const os::Fd& socket, const Cancellation& patience) {
    std::string text;
    std::array<char, 256> buffer{};
    while (true) {
        [[maybe_unused]] const bool readable = os::wait_readable(socket.get(), patience);
        const auto got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

TEST_F(MachineTest, WritesToTheOverlayAloneAndShutsDown) {
    const auto scratch = os::ScratchFolder::temporary();
    const auto base = scratch.path() / "base.raw";
    const auto overlay = scratch.path() / "overlay.qcow2";
    os::replace_file(base, std::string(1 << 20, 'b'), 0600);
    disk::create_overlay(
        overlay, {base, disk::ImageFormat::Raw}, base::ByteCount::mib(1), patience_);
    const TestGuest guest(
        "head -c 5 /dev/vda; echo; echo -n WRITTEN | dd of=/dev/vda seek=1 2>&1\n"
        "cat /sys/firmware/qemu_fw_cfg/by_name/opt/io.systemd.credentials/x/raw\n");
    auto spec = guest.spec();
    spec.disks = {
        {.top = {overlay, disk::ImageFormat::Qcow2}, .backing = {{base, disk::ImageFormat::Raw}}}};
    spec.credentials = {{"x", "credential,value"}};

    const auto machine = Machine::start(spec, patience_);
    const auto end = machine.wait_for_end(patience_);

    EXPECT_EQ(end.kind, MachineEndKind::ShutDown) << end.explanation;
    EXPECT_THAT(machine.console_tail(), HasSubstr("bbbbb"));
    EXPECT_THAT(machine.console_tail(), HasSubstr("credential,value"));
    disk::flatten(overlay, scratch.path() / "flat", patience_);
    EXPECT_EQ(os::read_file(scratch.path() / "flat").substr(510, 11), "bbWRITTENbb");
    EXPECT_EQ(os::read_file(base), std::string(1 << 20, 'b'));
}

TEST_F(MachineTest, ConnectsToAPortOfTheGuest) {
    const TestGuest guest("echo listening; nc -l -p 22 -e echo hello from the guest");
    auto listening = os::make_pipe();
    const auto machine =
        Machine::start(guest.spec(), patience_, {.on_console_line = [&](std::string_view line) {
                           if (line == "listening") {
                               listening.write_end.reset();
                           }
                       }});
    (void)os::wait_readable(listening.read_end.get(), patience_);
    std::string greeting;
    while (greeting.empty()) {  // between the word and the listening there is a moment
        greeting = read_to_end(machine.connect_guest(22, patience_), patience_);
    }
    EXPECT_EQ(greeting, "hello from the guest\n");
    EXPECT_THROW((void)machine.connect_guest(23, patience_), base::Error);
}

TEST_F(MachineTest, AGuestsPanicEndsEveryWait) {
    const TestGuest guest("echo panicking; echo c > /proc/sysrq-trigger; sleep 1000");
    std::chrono::steady_clock::time_point panic;
    const auto machine =
        Machine::start(guest.spec(), patience_, {.on_console_line = [&](std::string_view line) {
                           if (line.find("Kernel panic - not syncing") != std::string_view::npos) {
                               panic = std::chrono::steady_clock::now();
                           }
                       }});
    EXPECT_EQ(error_code_of_endless_wait(machine, patience_), "GuestPanicked");
    EXPECT_LT(std::chrono::steady_clock::now() - panic, 1s);
    EXPECT_THAT(machine.end()->explanation, HasSubstr("sysrq"));
}

TEST_F(MachineTest, AKilledQemuEndsEveryWait) {
    const TestGuest guest("sleep 1000");
    const auto machine = Machine::start(guest.spec(), patience_);
    ::kill(machine.pid(), SIGKILL);
    const auto killed = std::chrono::steady_clock::now();
    EXPECT_EQ(error_code_of_endless_wait(machine, patience_), "BuildVmDied");
    EXPECT_LT(std::chrono::steady_clock::now() - killed, 1s);
    EXPECT_THAT(machine.end()->explanation, HasSubstr("killed by signal 9"));
}

TEST_F(MachineTest, AFullHostDiskEndsEveryWait) {
    const TestGuest guest("dd if=/dev/zero of=/dev/vda bs=1M conv=fsync; sleep 1000");
    const auto outcome = in_fork(
        [&]() -> std::string {
            leave_the_host();
            if (::mount("tmpfs", "/mnt", "tmpfs", 0, "size=4m,mode=0755") != 0) {
                return "no small file system";
            }
            {
                const auto disk = os::open_file("/mnt/disk", O_RDWR | O_CREAT);
                if (::ftruncate(disk.get(), 64 << 20) != 0) {
                    return "no disk";
                }
            }
            auto spec = guest.spec();
            spec.network = NetworkMode::None;
            spec.disks = {{.top = {"/mnt/disk", disk::ImageFormat::Raw}}};
            return error_code_of_endless_wait(Machine::start(spec, patience_), patience_);
        },
        patience_);
    EXPECT_EQ(outcome, "DiskFull");
}

TEST_F(MachineTest, KeepsTheCallersOwnCancellation) {
    const TestGuest guest("sleep 1000");
    const auto machine = Machine::start(guest.spec(), patience_);
    const Cancellation mine;
    mine.cancel(base::CancelCause::User);
    EXPECT_THROW((void)error_code_of_endless_wait(machine, mine), base::Cancelled);
}

std::vector<pid_t> children_of(pid_t pid) {
    const auto text = os::read_file(fmt::format("/proc/{0}/task/{0}/children", pid));
    std::istringstream words(text);
    return {std::istream_iterator<pid_t>(words), {}};
}

TEST_F(MachineTest, LeavesNoProcessWhenItsOwnerIsKilled) {
    const TestGuest guest("sleep 1000");
    auto started = os::make_pipe();
    const pid_t owner = ::fork();
    if (owner == 0) {
        const auto machine = Machine::start(guest.spec(), patience_);
        os::write_all(started.write_end.get(), "s");
        os::pause_for(1h, patience_);
    }
    started.write_end.reset();
    (void)os::wait_readable(started.read_end.get(), patience_);
    std::vector<os::Fd> processes;
    for (const auto pid : children_of(owner)) {
        processes.emplace_back(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    }
    EXPECT_EQ(processes.size(), 2U);  // QEMU and slirp4netns
    ::kill(owner, SIGKILL);
    for (const auto& process : processes) {
        EXPECT_TRUE(os::wait_readable(process.get(), patience_, 5s));
    }
    ::waitpid(owner, nullptr, 0);
}

TEST_F(MachineTest, LeavesNoProcessWhenItGoes) {
    const TestGuest guest("sleep 1000");
    (void)Machine::start(guest.spec(), patience_);
    EXPECT_THAT(children_of(::getpid()), testing::IsEmpty());
}

TEST_F(MachineTest, WorksForAnOrdinaryUser) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "all tests of this run are an ordinary user's";
    }
    const auto outcome = in_fork(
        [&] {
            become_ordinary_user(0666);
            const TestGuest guest("echo the word");
            const auto machine = Machine::start(guest.spec(), patience_);
            const auto end = machine.wait_for_end(patience_);
            return end.explanation + machine.console_tail();
        },
        patience_);
    EXPECT_THAT(outcome, HasSubstr("the guest shut down"));
    EXPECT_THAT(outcome, HasSubstr("the word"));
}

TEST_F(MachineTest, SaysThatTheTunDeviceIsMissing) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "needs root to take the device away";
    }
    const auto outcome = in_fork(
        [&]() -> std::string {
            become_ordinary_user(0600);
            const TestGuest guest("echo");
            (void)Machine::start(guest.spec(), patience_);
            return "started";
        },
        patience_);
    EXPECT_THAT(outcome, HasSubstr("opening /dev/net/tun: Permission denied"));
}

TEST_F(MachineTest, GivesQemuNoPrivilegeAndNoFilesOfTheHost) {
    const TestGuest guest("sleep 1000");
    const auto machine = Machine::start(guest.spec(), patience_);
    const auto proc = fmt::format("/proc/{}/", machine.pid());
    const auto status = os::read_file(proc + "status");
    const auto user = ::geteuid() == 0 ? 65534U : ::geteuid();
    EXPECT_THAT(status, HasSubstr(fmt::format("Uid:\t{0}\t{0}\t{0}\t{0}\n", user)));
    for (const char* none : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
        EXPECT_THAT(status, HasSubstr(fmt::format("{}:\t0000000000000000\n", none)));
    }
    EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1\n"));
    EXPECT_THAT(status, HasSubstr("Seccomp:\t2\n"));
    if (::geteuid() == 0) {  // an ordinary user may not look
        EXPECT_TRUE(std::filesystem::exists(proc + "root/usr"));
        EXPECT_FALSE(std::filesystem::exists(proc + "root/home"));
        EXPECT_FALSE(std::filesystem::exists(proc + "root" + std::string(INGOT_SOURCE_DIR)));
    }
}

TEST_F(MachineTest, SaysWhyQemuDoesNotStart) {
    const TestGuest guest("echo");
    auto spec = guest.spec();
    spec.cpu_model = "abacus";
    try {
        (void)Machine::start(spec, patience_);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "BuildVmDied");
        EXPECT_THAT(error.message(), HasSubstr("abacus"));
    }
}

TEST_F(MachineTest, RunsTheUefiFirmware) {
    const auto scratch = os::ScratchFolder::temporary();
    os::replace_file(scratch.path() / "empty", std::string(1 << 20, '\0'));
    auto firmware_spoke = os::make_pipe();
    const MachineSpec spec{.firmware = Firmware::Uefi,
                           .memory = base::ByteCount::mib(256),
                           .disks = {{.top = {scratch.path() / "empty", disk::ImageFormat::Raw}}},
                           .network = NetworkMode::None};
    const auto machine =
        Machine::start(spec, patience_, {.on_console_line = [&](std::string_view line) {
                           if (line.find("BdsDxe") != std::string_view::npos) {
                               firmware_spoke.write_end.reset();
                           }
                       }});
    EXPECT_TRUE(os::wait_readable(firmware_spoke.read_end.get(), patience_));
}

TEST_F(MachineTest, ProvesThatAKernelBoots) {
    const auto proof = prove_boot(Accelerator::Tcg, TestGuest::kernel(), 300s, patience_);
    EXPECT_TRUE(proof.booted) << proof.explanation;
}

TEST_F(MachineTest, DoesNotTakeAHangingKernelForAProof) {
    const auto scratch = os::ScratchFolder::temporary();
    os::replace_file(scratch.path() / "kernel", std::string(1 << 20, '\xf4'));
    const auto proof = prove_boot(Accelerator::Tcg, scratch.path() / "kernel", 1500ms, patience_);
    EXPECT_FALSE(proof.booted);
}

}  // namespace
}  // namespace ingot::vm::test
