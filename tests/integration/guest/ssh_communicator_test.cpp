// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
#include "base/error.h"
#include "measured.h"
#include "test_sshd.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <future>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>

namespace ingot::guest {
namespace {

using base::Cancellation;
using base::Error;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

template <typename Action>
std::string code_of_failure(const Action& action) {
    try {
        action();
        return "no failure";
    } catch (const Error& error) {
        return error.code();
    }
}

unsigned mode_of(const os::Path& path) {
    struct stat status {};

    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
}

// Keeps this thread, and what it starts, on the processor that it is on.
void stay_on_one_processor() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    EXPECT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
}

class SshCommunicatorTest : public testing::Test {
  protected:
    std::unique_ptr<SshCommunicator> connect(GuestAccess access) {
        return wait_until_ready(std::move(access), never_.child(20s));
    }

    std::unique_ptr<SshCommunicator> connect() { return connect(sshd_.access()); }

    Cancellation never_;
    TestSshd sshd_;
};

TEST_F(SshCommunicatorTest, ReturnsExitCodesAndSignals) {
    const auto guest = connect();
    EXPECT_EQ(guest->run("true", {}, never_), 0);
    EXPECT_EQ(guest->run("exit 42", {}, never_), 42);
    EXPECT_EQ(guest->run("kill -9 $$", {}, never_), 137);
    EXPECT_EQ(guest->run("kill -TERM $$", {}, never_), 143);
    const auto start = Steady::now();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(guest->run("exec true", {}, never_), 0);
    }
    report("one command over an open connection",
           fmt::format("{:.1f} ms", seconds_since(start) * 1000 / 20));
}

TEST_F(SshCommunicatorTest, StreamsLinesOfBothStreamsInOrder) {
    const auto guest = connect();
    std::vector<std::string> lines;
    std::vector<Steady::time_point> times;
    const auto keep = [&](GuestStream stream, std::string_view line) {
        lines.push_back((stream == GuestStream::Out ? "out:" : "err:") + std::string(line));
        times.push_back(Steady::now());
    };
    EXPECT_EQ(
        guest->run("echo one; sleep 0.2; echo two >&2; sleep 0.2; printf three", keep, never_), 0);
    EXPECT_EQ(lines, (std::vector<std::string>{"out:one", "err:two", "out:three"}));
    EXPECT_GT(times.at(1) - times.at(0), 100ms);
}

TEST_F(SshCommunicatorTest, GivesCommandsNoInput) {
    EXPECT_EQ(connect()->run("read -r line", {}, never_), 1);
}

TEST_F(SshCommunicatorTest, DoesNotWaitForWhatACommandLeftBehind) {
    const auto start = Steady::now();
    EXPECT_EQ(connect()->run("sleep 20 & echo started; exit 3", {}, never_), 3);
    EXPECT_LT(seconds_since(start), 10);
}

TEST_F(SshCommunicatorTest, CarriesALotOfOutput) {
    const auto guest = connect();
    std::size_t bytes = 0;
    std::size_t count = 0;
    const auto add = [&](GuestStream, std::string_view line) {
        bytes += line.size() + 1;
        ++count;
    };
    const auto start = Steady::now();
    const std::string line(99, 'x');
    EXPECT_EQ(guest->run("yes " + line + " | head -c 100000000", add, never_), 0);
    report("100 MB of output", fmt::format("{:.2f} s", seconds_since(start)));
    EXPECT_EQ(bytes, 100'000'000U);
    EXPECT_EQ(count, 1'000'000U);
}

TEST_F(SshCommunicatorTest, CutsLongLinesIntoPieces) {
    std::vector<std::size_t> sizes;
    EXPECT_EQ(connect()->run(
                  "head -c 200000 /dev/zero; echo; echo end",
                  [&](GuestStream, std::string_view line) { sizes.push_back(line.size()); },
                  never_),
              0);
    EXPECT_EQ(sizes, (std::vector<std::size_t>{65536, 65536, 65536, 200000 - 3 * 65536, 3}));
}

TEST_F(SshCommunicatorTest, CapturesOutputAndSaysWhyItCouldNot) {
    const auto guest = connect();
    EXPECT_EQ(guest->capture("echo a; echo b", never_), "a\nb\n");
    try {
        (void)guest->capture("echo no such luck >&2; exit 5", never_);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "GuestCommandFailed");
        EXPECT_THAT(error.message(), testing::HasSubstr("exit code 5: no such luck"));
    }
}

TEST_F(SshCommunicatorTest, UploadsBytesWithTheirMode) {
    const auto guest = connect();
    std::string contents;
    for (std::size_t i = 0; contents.size() < 64U << 20U; ++i) {
        contents += fmt::format("{} {}\n", i, i * 2654435761U);
    }
    contents.resize(64U << 20U);
    const auto path = sshd_.folder() / "it's a file";
    const auto start = Steady::now();
    guest->upload(contents, path.string(), 0751, never_);
    report("upload of 64 MiB", fmt::format("{:.0f} MiB/s", 64 / seconds_since(start)));
    EXPECT_EQ(os::hash_file(path, base::HashAlgorithm::Sha256, never_),
              base::sha256(contents).hex());
    EXPECT_EQ(mode_of(path), 0751U);

    const auto copy = sshd_.folder() / "copy";
    guest->upload_file(path, copy.string(), 0400, never_);
    EXPECT_EQ(os::hash_file(copy, base::HashAlgorithm::Sha256, never_),
              base::sha256(contents).hex());
    EXPECT_EQ(mode_of(copy), 0400U);
}

TEST_F(SshCommunicatorTest, UploadsAnEmptyFileOverAnOldOne) {
    const auto path = sshd_.folder() / "file";
    os::replace_file(path, "old", 0666);
    connect()->upload("", path.string(), 0600, never_);
    EXPECT_EQ(os::read_file(path), "");
    EXPECT_EQ(mode_of(path), 0600U);
}

TEST_F(SshCommunicatorTest, TellsTheGuestsWordsWhenAnUploadFails) {
    const auto guest = connect();
    try {
        guest->upload(std::string(8U << 20U, 'x'), "/no/such/folder/file", 0600, never_);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "UploadFailed");
        EXPECT_THAT(error.message(), testing::HasSubstr("No such file or directory"));
    }
    try {
        guest->upload(std::string(8U << 20U, 'x'), "/dev/full", mode_of("/dev/full"), never_);
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), testing::HasSubstr("No space left on device"));
    }
    EXPECT_EQ(guest->run("exit 7", {}, never_), 7);
}

TEST_F(SshCommunicatorTest, IsCancelledAtOnceAndCanBeUsedAgain) {
    const auto guest = connect();
    const Cancellation scope;
    Steady::time_point cancelled;
    const std::jthread canceller([&] {
        std::this_thread::sleep_for(300ms);
        cancelled = Steady::now();
        scope.cancel(base::CancelCause::User);
    });
    EXPECT_THROW((void)guest->run("exec sleep 20", {}, scope), base::Cancelled);
    const auto took = seconds_since(cancelled);
    report("cancel of a silent command", fmt::format("{:.2f} ms", took * 1000));
    EXPECT_LT(took, 0.5);  // what it takes is far less; the rest is for a busy machine
    EXPECT_EQ(guest->run("exit 7", {}, never_), 7);
}

TEST_F(SshCommunicatorTest, IsCancelledAtOnceWhileUploadingToAGuestThatTakesNothing) {
    const auto guest = connect();
    const auto pipe = (sshd_.folder() / "pipe").string();
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const Cancellation scope;
    Steady::time_point cancelled;
    const std::jthread canceller([&] {
        std::this_thread::sleep_for(300ms);
        sshd_.send_signal(SIGSTOP);
        std::this_thread::sleep_for(100ms);
        cancelled = Steady::now();
        scope.cancel(base::CancelCause::User);
    });
    EXPECT_THROW(guest->upload(std::string(64U << 20U, 'x'), pipe, 0600, scope), base::Cancelled);
    EXPECT_LT(seconds_since(cancelled), 0.5);
}

TEST_F(SshCommunicatorTest, NoticesWhenSshdIsKilled) {
    const auto guest = connect();
    std::vector<std::string> lines;
    const auto kill_it = [&](GuestStream, std::string_view line) {
        lines.emplace_back(line);
        sshd_.send_signal(SIGKILL);
    };
    const auto start = Steady::now();
    EXPECT_EQ(code_of_failure([&] { guest->run("echo up; exec sleep 20", kill_it, never_); }),
              "GuestConnectionLost");
    report("killed sshd to GuestConnectionLost",
           fmt::format("{:.0f} ms", seconds_since(start) * 1000));
    EXPECT_LT(seconds_since(start), 10);
    EXPECT_THAT(lines, testing::ElementsAre("up"));
    EXPECT_EQ(code_of_failure([&] { guest->run("true", {}, never_); }), "GuestConnectionLost");
}

TEST_F(SshCommunicatorTest, NoticesAGuestThatHasGoneSilent) {
    const auto guest = connect();
    Steady::time_point start;
    const auto freeze = [&](GuestStream, std::string_view) {
        sshd_.send_signal(SIGSTOP);
        start = Steady::now();
    };
    EXPECT_EQ(code_of_failure([&] { guest->run("echo up; exec sleep 60", freeze, never_); }),
              "GuestConnectionLost");
    report("frozen guest to GuestConnectionLost", fmt::format("{:.1f} s", seconds_since(start)));
    EXPECT_LT(seconds_since(start), 30);
}

// On a busy host the answer to a keepalive may come before the call that asked has returned.
TEST_F(SshCommunicatorTest, KeepsSilentCommandsAliveByKeepalives) {
    auto codes = std::async(std::launch::async, [this] {
        stay_on_one_processor();
        const TestSshd beside;
        std::vector<std::future<int>> running(8);
        for (auto& code : running) {
            code = std::async(std::launch::async, [&] {
                return connect(beside.access())->run("sleep 22; exit 4", {}, never_);
            });
        }
        std::vector<int> ends;
        std::transform(running.begin(), running.end(), std::back_inserter(ends), [](auto& code) {
            return code.get();
        });
        return ends;
    });
    EXPECT_THAT(codes.get(), testing::Each(4));
}

TEST_F(SshCommunicatorTest, EndsAtOnceWhenTheVmDies) {
    auto alive = os::make_pipe();
    auto access = sshd_.access();
    access.alive_fd = alive.read_end.get();
    const auto guest = connect(std::move(access));
    const auto start = Steady::now();
    EXPECT_EQ(code_of_failure([&] {
                  guest->run(
                      "echo up; exec sleep 20",
                      [&](GuestStream, std::string_view) { alive.write_end.reset(); },
                      never_);
              }),
              "GuestConnectionLost");
    EXPECT_LT(seconds_since(start), 10);
}

TEST_F(SshCommunicatorTest, RefusesAnyOtherHostKey) {
    auto access = sshd_.access();
    access.identity.host_public_key = generate_ssh_key("other").public_key;
    EXPECT_EQ(code_of_failure([&] { (void)connect(access); }), "HostKeyMismatch");
}

TEST_F(SshCommunicatorTest, SaysThatTheLoginWasDenied) {
    auto access = sshd_.access();
    access.identity.private_key = generate_ssh_key("other").private_key;
    try {
        (void)wait_until_ready(access, never_.child(2s));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), "GuestDidNotAnswer");
        EXPECT_THAT(error.message(), testing::HasSubstr("denied as user " + TestSshd::user()));
    }
}

TEST_F(SshCommunicatorTest, GetsInOnceTheKeyHasArrived) {
    const auto late_key = generate_ssh_key("late");
    auto access = sshd_.access();
    access.identity.private_key = late_key.private_key;
    const std::jthread provisioning([&] {
        std::this_thread::sleep_for(500ms);
        sshd_.let_in(late_key.public_key);
    });
    EXPECT_EQ(connect(std::move(access))->run("exit 3", {}, never_), 3);
}

}  // namespace
}  // namespace ingot::guest
