// SPDX-License-Identifier: Apache-2.0
// What becomes of a run when something breaks under way, on real guests: the exit code says what,
// nothing is published, nothing is left.
#include "support/e2e/ingot_program.h"

#include <csignal>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class Failure : public testing::Test {
  protected:
    void SetUp() override { ingot_.borrow_base_image(); }

    // The next command finds a consistent store and nothing else.
    void expect_nothing_left() const {
        const auto runs = ingot_.run({"run", "list", "--output", "json"});
        EXPECT_EQ(runs.exit_code, 0);
        EXPECT_THAT(runs.out, testing::Not(HasSubstr("\"Running\"")));
        EXPECT_THAT(ingot_.processes(), IsEmpty());
        EXPECT_THAT(ingot_.leftovers(), IsEmpty());
        EXPECT_THAT(ingot_.run({"image", "list"}).out, HasSubstr("there are no images yet"));
    }

    // The pid of the worker of this state folder.
    [[nodiscard]] pid_t worker() const {
        for (const auto& entry : std::filesystem::directory_iterator(ingot_.state() / "runs")) {
            if (entry.path().extension() == ".lock") {
                return std::stoi(os::read_file(entry.path()));
            }
        }
        return 0;
    }

    [[nodiscard]] os::Path script(const std::string& line, const std::string& extra = "") const {
        return ingot_.write_template(
            "fails",
            R"([{"type": "Shell", "name": "it", "inline": ["echo reached", ")" + line + R"("]}])",
            extra);
    }

    Ingot ingot_;
};

TEST_F(Failure, OfACustomizerNamesStepExitCodeAndLastLines) {
    const auto outcome = ingot_.build(script("echo the reason >&2; exit 42"));
    EXPECT_EQ(outcome.exit_code, 5) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr(R"("exitCode":42)"));
    EXPECT_THAT(outcome.out, HasSubstr(R"("step":"customize[0]")"));
    EXPECT_THAT(outcome.out, HasSubstr("the reason"));
    expect_nothing_left();
    const auto logs = ingot_.run({"run", "logs", "latest"});
    EXPECT_THAT(logs.out, HasSubstr("OUT reached"));
    EXPECT_THAT(logs.out, HasSubstr("ERR the reason"));
}

TEST_F(Failure, OfTheGuestsKernelEndsTheRunAtOnce) {
    const auto outcome = ingot_.build(script("echo c | sudo tee /proc/sysrq-trigger; sleep 600"));
    EXPECT_EQ(outcome.exit_code, 6) << outcome.out;
    expect_nothing_left();
}

TEST_F(Failure, ByTheTimeLimitSaysSo) {
    const auto outcome = ingot_.build(script("sleep 600", R"("buildTimeoutInMinutes": 1)"));
    EXPECT_EQ(outcome.exit_code, 9) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("BuildTimeout"));
    expect_nothing_left();
}

TEST_F(Failure, ByCtrlCEndsWithinThreeSeconds) {
    std::chrono::steady_clock::time_point interrupted;
    const auto outcome = ingot_.build(script("sleep 600"), [&](std::string_view line, pid_t pid) {
        if (line.find("\"reached\"") != std::string_view::npos) {
            interrupted = std::chrono::steady_clock::now();
            ::kill(pid, SIGINT);
        }
    });
    EXPECT_EQ(outcome.exit_code, 130) << outcome.out;
    EXPECT_LT(std::chrono::steady_clock::now() - interrupted, 3s);
    EXPECT_THAT(outcome.out, HasSubstr(R"("state":"Canceled")"));
    expect_nothing_left();
}

TEST_F(Failure, OfAKilledWorkerIsOnRecord) {
    const auto outcome = ingot_.build(script("sleep 600"), [&](std::string_view line, pid_t) {
        if (line.find("\"reached\"") != std::string_view::npos) {
            ::kill(worker(), SIGKILL);
        }
    });
    EXPECT_EQ(outcome.exit_code, 10) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("WorkerDied"));
    expect_nothing_left();
}

TEST_F(Failure, OfAKilledCommandCancelsItsRun) {
    const auto outcome = ingot_.build(script("sleep 600"), [&](std::string_view line, pid_t pid) {
        if (line.find("\"reached\"") != std::string_view::npos) {
            ::kill(pid, SIGKILL);
        }
    });
    EXPECT_EQ(outcome.exit_code, 128 + SIGKILL);
    // The worker is no child of ours any more: wait for it to end by itself, as init would.
    for (int i = 0; i < 100 && !ingot_.processes().empty(); ++i) {
        std::this_thread::sleep_for(100ms);
    }
    expect_nothing_left();
    EXPECT_THAT(ingot_.run({"run", "show", "latest"}).out, HasSubstr("\"Canceled\""));
}

TEST_F(Failure, OfAFullDiskIsSaidAndSparesTheStore) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "mounting a small file system in which ingot then starts namespaces of its "
                        "own needs root; "
                        "as root, as in CI, this test runs";
    }
    // The whole state on 300 MiB, with the base image lent from outside by links.
    const auto mount = ingot_.folder() / "small";
    std::filesystem::create_directories(mount);
    const auto file = script("sudo dd if=/dev/urandom of=/big bs=1M count=900; sync; echo written");
    os::ProcessSpec spec;
    spec.argv = {"unshare",
                 "--mount",
                 "sh",
                 "-c",
                 "mount -t tmpfs -o size=300m tmpfs \"$1\" && mkdir \"$1/cache\" && "
                 "mount --bind \"$2/cache\" \"$1/cache\" && "
                 "INGOT_STATE=\"$1\" \"$3\" build \"$4\" --output json; code=$?; "
                 "INGOT_STATE=\"$1\" \"$3\" run list >&2; ls \"$1/runs\"; exit $code",
                 "sh",
                 mount.string(),
                 ingot_.state().string(),
                 INGOT_BINARY,
                 file.string()};
    const auto done = os::run(spec, base::Cancellation());
    EXPECT_EQ(done.status.code, 1) << done.out << done.err;
    EXPECT_THAT(done.out, HasSubstr("DiskFull"));
    EXPECT_THAT(done.err, HasSubstr("Failed"));
}

TEST_F(Failure, OfOneBuildDoesNotTouchAnotherBesideIt) {
    Outcome bad;
    const auto bad_file = script("exit 1");
    const auto good_file =
        ingot_.write_template("fine", R"([{"type": "Shell", "inline": ["true"]}])");
    std::jthread beside([&] { bad = ingot_.build(bad_file); });
    const auto good = ingot_.build(good_file);
    beside.join();
    EXPECT_EQ(bad.exit_code, 5) << bad.out;
    EXPECT_EQ(good.exit_code, 0) << good.out;
    EXPECT_THAT(ingot_.run({"image", "list"}).out, HasSubstr("images/fine"));
    EXPECT_THAT(ingot_.processes(), IsEmpty());
    EXPECT_THAT(ingot_.leftovers(), IsEmpty());
}

}  // namespace
}  // namespace ingot::e2e
