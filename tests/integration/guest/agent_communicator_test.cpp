// SPDX-License-Identifier: Apache-2.0
// The real agent as a local process at the other end of a socket pair. What would change this very
// machine (its clock, its disks) is only asked of an agent without privilege.
#include "guest/agent_communicator.h"

#include "base/error.h"
#include "guest/agent_install.h"
#include "guest/agent_program.h"
#include "measured.h"
#include "os/child_process.h"
#include "os/files.h"
#include "test_sshd.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <future>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::guest {
namespace {

using base::Cancellation;
using base::Error;
using testing::HasSubstr;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr uid_t kNobody = 65534;

template <typename Action>
std::string failure_of(const Action& action) {
    try {
        action();
        return "no failure";
    } catch (const Error& error) {
        return error.code() + ": " + error.message();
    }
}

std::string contents_of(const os::Path& path) {
    return os::read_file(path);
}

// Where the descriptors beyond the standard ones lead that this very test was started with.
std::vector<std::string> what_programs_inherit() {
    std::vector<std::string> targets;
    for (int fd = 3; fd < 1024; ++fd) {
        const int flags = ::fcntl(fd, F_GETFD);
        if (flags >= 0 && (flags & FD_CLOEXEC) == 0) {
            targets.push_back(std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", fd)));
        }
    }
    return targets;
}

uid_t owner_of(const os::Path& path) {
    struct stat status {};

    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_uid;
}

// Other than root. Every Debian has some whom nobody logs in as.
std::string user_in_most_groups() {
    std::string name;
    int most = 0;
    ::setpwent();
    while (const auto* entry = ::getpwent()) {
        int count = 0;
        ::getgrouplist(entry->pw_name, entry->pw_gid, nullptr, &count);
        if (entry->pw_uid != 0 && count > most) {
            name = entry->pw_name;
            most = count;
        }
    }
    ::endpwent();
    return name;
}

int become_nobody() {
    return ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
                   ::setresuid(kNobody, kNobody, kNobody) == 0
               ? 0
               : errno;
}

class AgentCommunicatorTest : public testing::Test {
  protected:
    AgentCommunicatorTest() {
        // Others may look inside: the agent and its commands do not always run as this user.
        EXPECT_EQ(::chmod(scratch_.path().c_str(), 0755), 0);
        os::replace_file(program_, guest_agent_program(), 0755);
        os::replace_file(environment_,
                         "LOGIN_ONLY=yes\0PATH=/usr/bin:/bin\0USER=other\0MAIL=/other\0"
                         "XDG_RUNTIME_DIR=/none\0"sv);
    }

    // As the user who runs the test, or without any privilege.
    std::unique_ptr<AgentCommunicator> start(const std::string& user, bool as_nobody = false) {
        auto pair = os::make_socket_pair();
        os::ProcessSpec spec = {.argv = {program_, "fd:3", environment_},
                                .standard_error = os::Stream::Inherit,
                                .fds = {{pair.theirs.get(), 3}}};
        if (as_nobody && ::geteuid() == 0) {
            spec.before_exec = become_nobody;
        }
        agents_.push_back(os::Child::start(spec));
        return std::make_unique<AgentCommunicator>(std::move(pair.ours), user);
    }

    std::unique_ptr<AgentCommunicator> start() { return start(TestSshd::user()); }

    // The agent at the other end is whoever writes these bytes.
    AgentCommunicator against(std::string_view bytes) {
        auto pair = os::make_socket_pair();
        os::write_all(pair.theirs.get(), bytes);
        ::shutdown(pair.theirs.get(), SHUT_WR);
        liars_.push_back(std::move(pair.theirs));
        return {std::move(pair.ours), "user"};
    }

    std::string text_of(AgentCommunicator& guest, const std::string& command) {
        return guest.capture(command, never_);
    }

    const Cancellation never_ = Cancellation().child(120s);
    const os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    const std::string program_ = scratch_.path() / "agent";
    const std::string environment_ = scratch_.path() / "environment";
    std::vector<os::Child> agents_;
    std::vector<os::Fd> liars_;
};

TEST_F(AgentCommunicatorTest, AnswersHello) {
    const auto guest = start();
    guest->hello(never_);
    guest->hello(never_);
}

TEST_F(AgentCommunicatorTest, ReturnsExitCodesAndSignals) {
    const auto guest = start();
    EXPECT_EQ(guest->run("true", {}, never_), 0);
    EXPECT_EQ(guest->run("exit 42", {}, never_), 42);
    EXPECT_EQ(guest->run("kill -9 $$", {}, never_), 137);
    EXPECT_EQ(guest->run("kill -TERM $$", {}, never_), 143);
    const auto begin = Steady::now();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(guest->run("exec true", {}, never_), 0);
    }
    report("one command", fmt::format("{:.1f} ms", seconds_since(begin) * 1000 / 20));
}

TEST_F(AgentCommunicatorTest, RunsAScriptAsItsFirstLineSaysAndRemovesIt) {
    const auto guest = start();
    const std::string path = scratch_.path() / "script";
    const auto said_by = [&](const std::string& script, int exit_code) {
        std::string said;
        const auto keep = [&](GuestStream, std::string_view line) {
            said.append(line).append("\n");
        };
        EXPECT_EQ(guest->run_script(script, path, keep, never_), exit_code) << script.substr(0, 80);
        EXPECT_FALSE(std::filesystem::exists(path));
        return said;
    };
    EXPECT_EQ(said_by("#!/bin/sh -e\necho $0\nfalse\necho no\n", 1), path + "\n");
    EXPECT_EQ(said_by("#!/bin/cat\nshown\n", 0), "#!/bin/cat\nshown\n");
    EXPECT_EQ(said_by("echo by the shell; exit 7", 7), "by the shell\n");
    EXPECT_THAT(said_by("#!/no/such/shell\n", 127), HasSubstr("not found"));
    EXPECT_EQ(said_by("#!/bin/sh\nkill -9 $$\n", 137), "");
    EXPECT_EQ(said_by("rm $0; echo gone", 0), "gone\n");
    EXPECT_EQ(said_by("#!/bin/sh\n" + std::string(1 << 20, '#') + "\necho end\n", 0), "end\n");
    EXPECT_EQ(said_by("cat; umask", 0), "0022\n") << "no input, and umask 022";
}

TEST_F(AgentCommunicatorTest, TellsWhyAScriptCannotBeWrittenAndGoesOn) {
    const auto guest = start();
    EXPECT_THAT(
        failure_of([&] { guest->run_script("echo no", "/no/such/script", {}, never_); }),
        testing::AllOf(HasSubstr("AgentRequestFailed"), HasSubstr("No such file or directory")));
    EXPECT_EQ(text_of(*guest, "echo on"), "on\n");
}

TEST_F(AgentCommunicatorTest, StreamsLinesOfBothStreamsAsTheyCome) {
    const auto guest = start();
    std::vector<std::string> lines;
    const auto keep = [&](GuestStream stream, std::string_view line) {
        lines.push_back((stream == GuestStream::Out ? "out " : "err ") + std::string(line));
    };
    guest->run("echo one; sleep 0.2; echo two >&2; sleep 0.2; printf three", keep, never_);
    EXPECT_THAT(lines, testing::ElementsAre("out one", "err two", "out three"));
}

TEST_F(AgentCommunicatorTest, GivesACommandACleanStart) {
    const auto guest = start();
    EXPECT_EQ(text_of(*guest, "cat; umask"), "0022\n") << "no input, and umask 022";
    const auto own = "for fd in /proc/$$/fd/*; do [ ${fd##*/} -gt 2 ] && readlink $fd; done; true";
    std::istringstream targets(text_of(*guest, own));
    for (std::string target; std::getline(targets, target);) {
        EXPECT_THAT(what_programs_inherit(), testing::Contains(target)) << "it is the agent's";
    }
    EXPECT_THAT(text_of(*guest, "cat /proc/self/status"),
                testing::AllOf(HasSubstr("SigBlk:\t0000000000000000"),
                               HasSubstr("SigIgn:\t0000000000000000")));
    EXPECT_EQ(text_of(*guest, "test \"$(ps -o sid= -p $$ | tr -d ' ')\" = $$ && echo leads"),
              "leads\n");
}

TEST_F(AgentCommunicatorTest, GivesTheEnvironmentOfALogin) {
    const auto guest = start();
    const auto environment = text_of(*guest, "env");
    EXPECT_THAT(environment, HasSubstr("LOGIN_ONLY=yes\n"));
    EXPECT_THAT(environment, HasSubstr("USER=" + TestSshd::user() + "\n"));
    EXPECT_THAT(environment, HasSubstr("LOGNAME=" + TestSshd::user() + "\n"));
    EXPECT_THAT(environment, HasSubstr("HOME=/"));
    EXPECT_THAT(environment, testing::Not(HasSubstr("MAIL="))) << "another user's";
    EXPECT_THAT(environment, testing::Not(HasSubstr("XDG_RUNTIME_DIR="))) << "it does not exist";
    EXPECT_EQ(text_of(*guest, "pwd -P"), text_of(*guest, "cd && pwd -P"));
}

TEST_F(AgentCommunicatorTest, MovesMegabytesBothWaysUnchanged) {
    const auto guest = start();
    std::string bytes;
    while (bytes.size() < 10U * 1024 * 1024) {
        bytes += fmt::format("line {}\n", bytes.size());
    }
    const auto local = scratch_.path() / "local";
    const auto remote = scratch_.path() / "remote";
    os::replace_file(local, bytes);
    auto begin = Steady::now();
    guest->upload_file(local, remote, 0644, never_);
    report("upload of 10 MiB", fmt::format("{:.3f} s", seconds_since(begin)));
    EXPECT_EQ(contents_of(remote), bytes);
    begin = Steady::now();
    EXPECT_EQ(text_of(*guest, "cat " + remote.string()), bytes);
    report("output of 10 MiB", fmt::format("{:.3f} s", seconds_since(begin)));
}

TEST_F(AgentCommunicatorTest, UploadsWithTheModeAndReplacesContents) {
    const auto guest = start();
    const auto path = (scratch_.path() / "file").string();
    guest->upload("something longer", path, 0640, never_);
    guest->upload("short", path, 0400, never_);
    EXPECT_EQ(contents_of(path), "short");

    struct stat status {};

    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0400U);
    guest->upload("", path + ".empty", 0755, never_);
    EXPECT_EQ(contents_of(path + ".empty"), "");
}

TEST_F(AgentCommunicatorTest, TellsWhyAFileCannotBeWrittenAndGoesOn) {
    const auto guest = start();
    const std::string large(3U * 1024 * 1024, 'x');
    EXPECT_THAT(failure_of([&] { guest->upload(large, "/no/such/folder", 0600, never_); }),
                testing::AllOf(HasSubstr("UploadFailed"), HasSubstr("No such file or directory")));
    EXPECT_THAT(failure_of([&] { guest->upload("x", "/dev", 0600, never_); }),
                HasSubstr("Is a directory"));
    EXPECT_EQ(guest->run("exit 3", {}, never_), 3);
}

TEST_F(AgentCommunicatorTest, WritesFilesWithoutPrivilegeAsTheKernelAllows) {
    const auto guest = start("nobody", true);
    EXPECT_THAT(failure_of([&] { guest->upload("x", "/etc/ingot-agent-test", 0600, never_); }),
                HasSubstr("Permission denied"));
}

TEST_F(AgentCommunicatorTest, ReturnsWhenALeftBehindProcessHoldsTheOutput) {
    const auto guest = start();
    std::vector<std::string> lines;
    const auto keep = [&](GuestStream, std::string_view line) { lines.emplace_back(line); };
    auto begin = Steady::now();
    EXPECT_EQ(guest->run("sleep 30 & echo $!; exit 5", keep, never_), 5);
    EXPECT_GE(seconds_since(begin), 1.9);
    EXPECT_LT(seconds_since(begin), 10);
    EXPECT_EQ(guest->run("kill " + lines.at(0), {}, never_), 0) << "it was left alone";
    begin = Steady::now();
    EXPECT_EQ(guest->run("sleep 1.5 >/dev/null 2>&1 & exit 6", {}, never_), 6);
    EXPECT_LT(seconds_since(begin), 1.5) << "this one holds nothing";
    lines.clear();
    EXPECT_EQ(guest->run("(sleep 1; echo late) & exit 0", keep, never_), 0);
    EXPECT_THAT(lines, testing::ElementsAre("late"));
}

TEST_F(AgentCommunicatorTest, ActsAsTheUserWhoWasNamed) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can become others";
    }
    const auto guest = start("nobody");
    EXPECT_THAT(failure_of([&] { guest->upload("x", "/etc/ingot-agent-test", 0600, never_); }),
                HasSubstr("Permission denied"));
    const auto folder = scratch_.path() / "open";
    os::make_folders(folder);
    ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
    guest->upload("theirs", folder / "file", 0600, never_);
    guest->upload_as_root("ours", folder / "root", 0600, never_);
    EXPECT_EQ(owner_of(folder / "file"), kNobody);
    EXPECT_EQ(owner_of(folder / "root"), 0U);
    std::string user;
    const auto keep_user = [&](GuestStream, std::string_view line) { user = line; };
    EXPECT_EQ(guest->run_script("id -un", folder / "script", keep_user, never_), 0);
    EXPECT_EQ(user, "nobody");

    std::string root;
    const auto keep = [&](GuestStream, std::string_view line) { root.append(line).append(";"); };
    EXPECT_EQ(guest->run_as_root("id -u; echo $HOME $USER; echo $PATH", keep, never_), 0);
    EXPECT_EQ(root, "0;/root root;/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin;");
}

TEST_F(AgentCommunicatorTest, GivesAUserAllTheirGroupsAndNoMore) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can become others";
    }
    const auto user = user_in_most_groups();
    const auto guest = start(user);
    EXPECT_EQ(text_of(*guest, "id -un; id -G | tr ' ' '\\n' | sort; pwd"),
              user + "\n" + text_of(*start("root"), "id -G " + user + " | tr ' ' '\\n' | sort") +
                  text_of(*guest, "cd 2>/dev/null || cd /; pwd"));
}

TEST_F(AgentCommunicatorTest, RefusesUsersThatDoNotExist) {
    const auto guest = start("no-such-user");
    EXPECT_THAT(failure_of([&] { guest->run("true", {}, never_); }),
                testing::AllOf(HasSubstr("AgentRequestFailed"), HasSubstr("no-such-user")));
    EXPECT_THAT(failure_of([&] { guest->upload("x", "/tmp/x", 0600, never_); }),
                testing::AllOf(HasSubstr("UploadFailed"), HasSubstr("no-such-user")));
    guest->hello(never_);
}

TEST_F(AgentCommunicatorTest, RefusesWhatNeedsPrivilegeWithWords) {
    const auto guest = start("nobody", true);
    EXPECT_THAT(failure_of([&] { guest->renew(never_); }),
                testing::AllOf(HasSubstr("AgentRequestFailed"),
                               HasSubstr("adding entropy"),
                               HasSubstr("Operation not permitted")));
    EXPECT_THAT(failure_of([&] { guest->freeze(never_); }),
                testing::AllOf(HasSubstr("AgentRequestFailed"), HasSubstr("freezing /")));
    guest->thaw(never_);
    guest->thaw(never_);
    EXPECT_THAT(failure_of([&] { guest->upload_as_root("x", "/etc/x", 0600, never_); }),
                HasSubstr("Operation not permitted"));
    EXPECT_THAT(failure_of([&] { guest->run_as_root("true", {}, never_); }),
                HasSubstr("Operation not permitted"));
}

TEST_F(AgentCommunicatorTest, CancelsAtOnceAndTheCommandDiesWithItsConnection) {
    auto guest = start();
    const auto scope = never_.child();
    std::string pid;
    const auto cancel = [&](GuestStream, std::string_view line) {
        pid = line;
        scope.cancel(base::CancelCause::User);
    };
    const auto begin = Steady::now();
    EXPECT_THROW(guest->run("echo $$; exec sleep 60", cancel, scope), base::Cancelled);
    EXPECT_LT(seconds_since(begin), 5);
    EXPECT_THAT(failure_of([&] { guest->hello(never_); }), HasSubstr("GuestConnectionLost"));
    guest.reset();
    EXPECT_TRUE(agents_.at(0).wait(never_).success()) << "an inherited port never comes back";
    EXPECT_EQ(::kill(std::stoi(pid), 0), -1) << "the agent had reaped it";
}

TEST_F(AgentCommunicatorTest, WaitsNoLongerThanTheDeadline) {
    auto pair = os::make_socket_pair();
    AgentCommunicator guest(std::move(pair.ours), "user");
    EXPECT_THROW(guest.hello(never_.child(200ms)), base::Cancelled);

    auto full = os::make_socket_pair();
    AgentCommunicator deaf(std::move(full.ours), "user");
    const std::string large(8U * 1024 * 1024, 'x');
    EXPECT_THROW(deaf.upload(large, "/x", 0600, never_.child(200ms)), base::Cancelled);
}

TEST_F(AgentCommunicatorTest, NoticesThatTheGuestIsGone) {
    auto guest = start();
    EXPECT_THAT(failure_of([&] { guest->run("kill -9 $PPID; sleep 60", {}, never_); }),
                HasSubstr("GuestConnectionLost"));
    EXPECT_THAT(failure_of([&] { against("").thaw(never_); }), HasSubstr("GuestConnectionLost"));
}

TEST_F(AgentCommunicatorTest, BelievesNothingThatTheGuestSays) {
    using agent::Frame;
    const auto say = [](Frame type, std::string_view payload) {
        return agent::encode(type, payload);
    };
    const std::vector<std::string> lies = {
        std::string(64, '\xff'),
        "\x01\x00\x10\x00\x43"s,
        say(Frame::Run, "what?"),
        say(Frame{0}, ""),
        say(Frame::Hello, ""),
        say(Frame::Exited, ""),
        say(Frame::Exited, "\x00\x01\x00\x00"sv),
        say(Frame::Exited, "\x00\x00\x00\x00\x00"sv),
        say(Frame::Done, "") + say(Frame::Done, ""),
    };
    for (const auto& lie : lies) {
        auto guest = against(lie);
        EXPECT_THAT(failure_of([&] { guest.run("true", {}, never_); }), HasSubstr("AgentProtocol"));
        EXPECT_THAT(failure_of([&] { guest.run("true", {}, never_); }),
                    HasSubstr("GuestConnectionLost"));
    }
    auto early = against(say(Frame::Done, "") + say(Frame::Out, "x"));
    early.thaw(never_);
    EXPECT_THAT(failure_of([&] { early.thaw(never_); }), HasSubstr("AgentProtocol"));
    EXPECT_THAT(failure_of([&] { against(lies[0]).upload("x", "/x", 0600, never_); }),
                HasSubstr("AgentProtocol"));
    EXPECT_THAT(failure_of([&] { against(say(Frame::Failed, "no")).freeze(never_); }),
                HasSubstr("file systems: no"));
}

// A snapshot may have been taken while the agent was answering somebody else.
TEST_F(AgentCommunicatorTest, GreetsOverTheRestOfAnotherConversation) {
    auto pair = os::make_socket_pair();
    os::write_all(pair.theirs.get(), agent::encode(agent::Frame::Out, "old"));
    os::write_all(
        pair.theirs.get(),
        agent::encode(agent::Frame::Hello, agent::PayloadWriter().u32(1).text("other").bytes()));
    AgentCommunicator guest(std::move(pair.ours), "user");
    auto greeting = std::async(std::launch::async, [&] { guest.hello(never_); });
    std::array<char, 64> request{};
    const auto got = ::recv(pair.theirs.get(), request.data(), request.size(), 0);
    ASSERT_EQ(got, 5 + 4 + 16);
    agent::PayloadReader nonce({request.data() + 5, 20});
    os::write_all(pair.theirs.get(),
                  agent::encode(agent::Frame::Hello,
                                agent::PayloadWriter().u32(1).text(*nonce.text()).bytes()));
    greeting.get();
}

class AgentAgainstRubbish : public AgentCommunicatorTest {
  protected:
    // A fresh agent is told `bytes` and then asked for a greeting; what it answers in between.
    std::vector<agent::ReceivedFrame> answers_to(std::string_view bytes) {
        auto pair = os::make_socket_pair();
        agents_.push_back(os::Child::start(
            {.argv = {program_, "fd:3", environment_}, .fds = {{pair.theirs.get(), 3}}}));
        os::write_all(pair.ours.get(), bytes);
        os::write_all(
            pair.ours.get(),
            agent::encode(agent::Frame::Hello, agent::PayloadWriter().text("end").bytes()));
        agent::FrameReader reader;
        std::vector<agent::ReceivedFrame> answers;
        std::array<char, 4096> buffer{};
        while (answers.empty() || answers.back().type != agent::Frame::Hello) {
            const auto got = ::read(pair.ours.get(), buffer.data(), buffer.size());
            EXPECT_GT(got, 0);
            if (got <= 0) {
                return answers;
            }
            reader.add({buffer.data(), static_cast<std::size_t>(got)});
            while (auto frame = reader.next()) {
                answers.push_back(*frame);
            }
        }
        answers.pop_back();
        return answers;
    }
};

TEST_F(AgentAgainstRubbish, TheAgentRefusesWhatItDoesNotKnowAndLives) {
    using agent::Frame;
    for (const auto type : {Frame{0},
                            Frame{200},
                            Frame::Done,
                            Frame::PutData,
                            Frame::PutEnd,
                            Frame::Hello,
                            Frame::Renew,
                            Frame::Run}) {
        const auto answers = answers_to(agent::encode(type, "xyz"));
        ASSERT_EQ(answers.size(), 1U) << static_cast<int>(type);
        EXPECT_EQ(answers[0].type, Frame::Failed);
        EXPECT_FALSE(answers[0].payload.empty());
    }
    for (const auto type : {Frame::PutBegin, Frame::Script}) {
        const auto put =
            answers_to(agent::encode(type, "xyz") + agent::encode(Frame::PutData, "x") +
                       agent::encode(Frame::PutEnd, ""));
        ASSERT_EQ(put.size(), 1U);
        EXPECT_EQ(put[0].type, Frame::Failed);
    }
}

// The whole installation needs a guest. Here it is known to end before it changes anything.
TEST(InstallAgent, SaysThatThereIsNoPort) {
    const auto scope = Cancellation().child(60s);
    TestSshd sshd;
    const auto ssh = wait_until_ready(sshd.access(), scope);
    EXPECT_THAT(failure_of([&] { install_agent(*ssh, scope); }),
                testing::AllOf(HasSubstr("AgentNotInstalled"),
                               testing::AnyOf(HasSubstr("no virtio-serial port org.ingot.agent"),
                                              HasSubstr("sudo"))));
    EXPECT_EQ(ssh->capture("ls /dev/shm /tmp | grep ingot-guest-agent || true", scope), "");
}

}  // namespace
}  // namespace ingot::guest
