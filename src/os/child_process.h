// SPDX-License-Identifier: Apache-2.0
// Child processes as owned things. ProcessSpec says what to run and starts nothing; Child is a
// running process in its own process group that cannot outlive its owner: the destructor ends the
// whole group, and where `dies_with_parent` is set the kernel ends it even if Ingot is killed.
// What the output means is the caller's business.
#pragma once

#include "base/cancellation.h"
#include "base/error.h"
#include "os/fd.h"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace ingot::os {

enum class Stream {
    Null,     // /dev/null
    Inherit,  // the parent's
    Pipe,     // readable (stdout, stderr) by the owner
};

struct ProcessSpec {
    std::vector<std::string> argv;             // argv[0] is looked up in PATH
    std::map<std::string, std::string> env{};  // added to the parent's environment
    std::string working_directory{};           // empty: the parent's
    Stream standard_input = Stream::Null;      // Null or Inherit
    Stream standard_output = Stream::Null;
    Stream standard_error = Stream::Null;
    // The kernel sends SIGKILL to the child when the *thread* that started it ends. Start such
    // children from a thread that outlives them.
    bool dies_with_parent = true;
    // false keeps the child in the parent's process group, where a terminal's Ctrl-C reaches it.
    bool own_group = true;
    // Descriptors to hand over: first is ours, second its number in the child (3 or more, unique).
    std::vector<std::pair<int, int>> fds{};
    // Runs in the child between fork and exec: async-signal-safe calls only. Returns 0 or an errno
    // that start() reports as a SystemError.
    std::function<int()> before_exec{};
};

// The command as a person could paste it into a shell.
[[nodiscard]] std::string to_shell(const std::vector<std::string>& argv);

struct ExitStatus {
    int code = 0;    // meaningful if signal is 0
    int signal = 0;  // what killed it, or 0

    [[nodiscard]] bool success() const { return code == 0 && signal == 0; }
};

// "exit code 3", "killed by signal 9 (Killed)".
[[nodiscard]] std::string to_string(const ExitStatus& status);

class Child {
  public:
    // Throws SystemError{NotFound...} if the program does not exist or cannot be started.
    [[nodiscard]] static Child start(const ProcessSpec& spec);

    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    // SIGKILL to the group if it still runs.
    ~Child();

    [[nodiscard]] pid_t pid() const { return pid_; }

    // Readable when the process has ended: for poll beside other descriptors.
    [[nodiscard]] int pidfd() const { return pidfd_.get(); }

    [[nodiscard]] const Fd& standard_output() const { return stdout_; }

    [[nodiscard]] const Fd& standard_error() const { return stderr_; }

    // Blocks until the process ends. Throws Cancelled and leaves the process running.
    ExitStatus wait(const base::Cancellation& cancellation);
    // The status if it has ended.
    [[nodiscard]] std::optional<ExitStatus> poll();
    void send_signal(int signal) const;

    // It goes on after this object, which then is only good for destruction. Whoever inherits it
    // reaps it.
    void leave_running() noexcept { pid_ = -1; }

    // SIGTERM to the group, then SIGKILL after `grace`. Blocks for at most about `grace`.
    ExitStatus terminate(std::chrono::milliseconds grace);

  private:
    Child() = default;
    void reap_by_force() noexcept;

    pid_t pid_ = -1;
    bool owns_group_ = true;
    Fd pidfd_;
    Fd stdout_;
    Fd stderr_;
    std::optional<ExitStatus> status_;
};

using LineHandler = std::function<void(std::string_view line)>;

struct RunOptions {
    // Called for each line as it comes, without its newline, from the calling thread.
    LineHandler on_stdout{};
    LineHandler on_stderr{};
    std::chrono::milliseconds grace = std::chrono::seconds(2);
};

struct Completed {
    ExitStatus status;
    std::string out;  // complete standard output, unless on_stdout was given
    std::string err;  // the last 4 KiB of standard error
};

// Starts, streams and waits. On Cancelled the group is ended first (SIGTERM, grace, SIGKILL).
[[nodiscard]] Completed run(ProcessSpec spec,
                            const base::Cancellation& cancellation,
                            const RunOptions& options = {});

// A tool that had to succeed and did not.
class ChildFailed : public base::Error {
  public:
    ChildFailed(const ProcessSpec& spec, const Completed& completed);
};

// run(), and ChildFailed unless it exits 0. Returns standard output.
std::string run_checked(const ProcessSpec& spec,
                        const base::Cancellation& cancellation,
                        const RunOptions& options = {});

// How the process behind a pidfd ended, without reaping it; nothing while it runs or once its owner
// has reaped it. Any thread may ask.
[[nodiscard]] std::optional<ExitStatus> peek_exit_status(int pidfd);

// The absolute path of a program in PATH (or the sbin folders, which ordinary users' PATH lacks).
[[nodiscard]] std::optional<std::string> find_program(const std::string& name);

}  // namespace ingot::os
