// SPDX-License-Identifier: Apache-2.0
#include "os/child_process.h"
#include "os/file_lock.h"
#include "os/files.h"
#include "os/wait.h"

#include <csignal>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ingot::os {
namespace {

using base::Cancellation;
using base::Cancelled;
using namespace std::chrono_literals;

TEST(Run, StreamsLinesAndReturnsTheExitCode) {
    std::vector<std::string> lines;
    RunOptions options;
    options.on_stdout = [&](std::string_view line) { lines.emplace_back(line); };
    const auto done =
        run({.argv = {"sh", "-c", "echo one; printf 'two\\nthree'; echo bad >&2; exit 3"}},
            Cancellation(),
            options);
    EXPECT_EQ(done.status.code, 3);
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
    EXPECT_EQ(done.err, "bad\n");
}

TEST(Run, EndsTheWholeGroupWhenCancelled) {
    const Cancellation scope;
    std::string pid_text;
    RunOptions options;
    options.on_stdout = [&](std::string_view line) {
        pid_text = line;
        scope.cancel(base::CancelCause::User);
    };
    const auto before = std::chrono::steady_clock::now();
    EXPECT_THROW(run_checked({.argv = {"sh", "-c", "sleep 60 & echo $!; wait"}}, scope, options),
                 Cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
    // Its pidfd is readable once it has ended; where it is already reaped there is none.
    const Fd grandchild(static_cast<int>(::syscall(SYS_pidfd_open, std::stoi(pid_text), 0)));
    EXPECT_TRUE(!grandchild || wait_readable(grandchild.get(), Cancellation(), 5s));
}

TEST(Run, SaysWhichProgramIsMissing) {
    try {
        run_checked({.argv = {"no-such-program"}}, Cancellation());
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "ProgramNotFound");
        EXPECT_EQ(error.target(), "no-such-program");
    }
}

TEST(Run, HandsDescriptorsOverAtTheNumbersAsked) {
    const auto a = memory_file("a", "first");
    const auto b = memory_file("b", "second");
    ProcessSpec spec{.argv = {"sh", "-c", "cat <&4; cat <&3"}};
    spec.fds = {{a.get(), 3}, {b.get(), 4}};
    EXPECT_EQ(run_checked(spec, Cancellation()), "secondfirst");
}

TEST(Child, IsKilledByItsDestructor) {
    pid_t pid = 0;
    {
        const auto child = Child::start({.argv = {"sleep", "60"}});
        pid = child.pid();
    }
    EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(PeekExitStatus, TellsTheEndWithoutTakingItAway) {
    auto child = Child::start({.argv = {"sh", "-c", "kill -TERM $$"}});
    ASSERT_TRUE(wait_readable(child.pidfd(), Cancellation(), 5s));
    EXPECT_EQ(peek_exit_status(child.pidfd())->signal, SIGTERM);
    EXPECT_EQ(child.wait(Cancellation()).signal, SIGTERM);
    EXPECT_FALSE(peek_exit_status(child.pidfd()));
}

TEST(ToShell, QuotesWhatAShellWouldRead) {
    EXPECT_EQ(to_shell({"a", "b c", "it's", ""}), "a 'b c' 'it'\\''s' ''");
}

TEST(Wait, IsWokenByACancelFromAnotherThread) {
    const Cancellation scope;
    const auto pipe = make_pipe();
    std::jthread canceller([scope] { scope.cancel(base::CancelCause::User); });
    EXPECT_THROW((void)wait_readable(pipe.read_end.get(), scope), Cancelled);
}

TEST(Wait, EndsAtTheScopesDeadline) {
    const auto scope = Cancellation().child(1ms);
    EXPECT_THROW(pause_for(1h, scope), Cancelled);
}

TEST(CopySparse, KeepsHolesAndBytes) {
    const auto scratch = ScratchFolder::temporary();
    const auto from = scratch.path() / "from";
    const auto to = scratch.path() / "to";
    {
        const auto fd = open_file(from, O_WRONLY | O_CREAT);
        ASSERT_EQ(::ftruncate(fd.get(), 64 << 20), 0);
        ASSERT_EQ(::pwrite(fd.get(), "hello", 5, 32 << 20), 5);
    }
    copy_sparse(from, to, Cancellation());
    EXPECT_EQ(file_length(to), base::ByteCount::mib(64));
    EXPECT_LT(allocated_size(to), base::ByteCount::mib(1));
    EXPECT_EQ(hash_file(from, base::HashAlgorithm::Sha256, Cancellation()),
              hash_file(to, base::HashAlgorithm::Sha256, Cancellation()));
}

TEST(ReplaceFile, LeavesNothingBeside) {
    const auto scratch = ScratchFolder::temporary();
    replace_file(scratch.path() / "f", "one");
    replace_file(scratch.path() / "f", "two");
    EXPECT_EQ(read_file(scratch.path() / "f"), "two");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch.path()), {}), 1);
}

TEST(ScratchFolder, VanishesWithItsOwner) {
    Path path;
    {
        const auto scratch = ScratchFolder::temporary();
        path = scratch.path();
        replace_file(path / "f", "x");
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(FileLock, IsExclusiveAndFreedWithItsOwner) {
    const auto scratch = ScratchFolder::temporary();
    const auto path = scratch.path() / "lock";
    {
        const auto held = FileLock::try_acquire(path);
        EXPECT_TRUE(held);
        EXPECT_FALSE(FileLock::try_acquire(path));
    }
    EXPECT_TRUE(FileLock::try_acquire(path));
}

}  // namespace
}  // namespace ingot::os
