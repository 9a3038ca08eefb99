// SPDX-License-Identifier: Apache-2.0
#include "guest/agent/command.h"

#include "guest/agent/descriptor.h"
#include "guest/agent/upload.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ingot::guest::agent {
namespace {

// Not the account's own shell: scripts name theirs in their first line, bash takes three times as
// long to start, and a service account has none.
constexpr const char* kShell = "/bin/sh";

struct Output {
    Descriptor fd;
    Frame frame;
};

struct Started {
    pid_t pid = -1;
    std::vector<Output> outputs;
    std::string failure;  // empty if it runs
};

Started failed_to_start(std::string words) {
    return {.pid = -1, .outputs = {}, .failure = std::move(words)};
}

Started running(pid_t pid, Descriptor out, Descriptor err) {
    Started started = {.pid = pid, .outputs = {}, .failure = {}};
    started.outputs.push_back({std::move(out), Frame::Out});
    started.outputs.push_back({std::move(err), Frame::Err});
    return started;
}

std::int64_t milliseconds_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (auto& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

// In the child: /dev/null as the input, and the pipes as the outputs. Returns 0 or errno.
int take_streams(int out, int err) {
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const bool taken = null >= 0 && ::dup2(null, STDIN_FILENO) >= 0 &&
                       ::dup2(out, STDOUT_FILENO) >= 0 && ::dup2(err, STDERR_FILENO) >= 0;
    return taken ? 0 : errno;
}

// In the child. Returns only if it could not be done: errno.
int execute(const Account& account,
            std::string_view login,
            const char* program,
            std::vector<std::string> arguments) {
    auto environment = environment_of(account, login);
    ::execve(program, pointers_to(arguments).data(), pointers_to(environment).data());
    return errno;
}

int become_shell(
    const Account& account, std::string_view login, const std::string& command, int out, int err) {
    int failed = take_streams(out, err);
    if (failed == 0) {
        failed = become(account);
    }
    return failed != 0 ? failed : execute(account, login, kShell, {"sh", "-c", command});
}

// The child is the user already. What the kernel cannot run is the shell's, which knows what to do
// with a script that has no first line, and has words and exit codes for the rest.
int become_script(
    const Account& account, std::string_view login, const std::string& path, int out, int err) {
    if (const int failed = take_streams(out, err); failed != 0) {
        return failed;
    }
    execute(account, login, path.c_str(), {path});
    return execute(account, login, kShell, {"sh", "-c", "\"$0\"", path});
}

// Waits until the child is the shell or has told why it is not: errno, or 0.
int outcome_of_start(int report) {
    int failed = 0;
    const auto told = read_all(report, sizeof failed);
    return told.size() == sizeof failed ? *reinterpret_cast<const int*>(told.data()) : 0;
}

Started start(const Account& account, std::string_view login, const std::string& command) {
    auto out = make_pipe();
    auto err = make_pipe();
    auto report = make_pipe();
    const pid_t pid = report.read_end && out.read_end && err.read_end ? ::fork() : -1;
    if (pid < 0) {
        return failed_to_start(failure(errno, "starting a process"));
    }
    if (pid == 0) {
        const int failed =
            become_shell(account, login, command, out.write_end.get(), err.write_end.get());
        write_all(report.write_end.get(), {reinterpret_cast<const char*>(&failed), sizeof failed});
        ::_exit(127);
    }
    report.write_end.close();
    if (const int failed = outcome_of_start(report.read_end.get()); failed != 0) {
        ::waitpid(pid, nullptr, 0);
        return failed_to_start(
            failure(failed, std::string("starting ") + kShell + " as " + account.name));
    }
    return running(pid, std::move(out.read_end), std::move(err.read_end));
}

class Relay {
  public:
    Relay(Port& port, Started started) : port_(port), started_(std::move(started)) {
        sigset_t child;
        ::sigemptyset(&child);
        ::sigaddset(&child, SIGCHLD);
        child_signals_ = Descriptor(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    }

    // The exit code; nothing when the host has hung up, and the command is killed.
    std::optional<unsigned> run() {
        while (!over()) {
            if (!step()) {
                ::kill(-started_.pid, SIGKILL);
                ::waitpid(started_.pid, nullptr, 0);
                return std::nullopt;
            }
        }
        return *exit_code_;
    }

  private:
    [[nodiscard]] bool over() const {
        return exit_code_ && (started_.outputs.empty() || quiet_left() == 0);
    }

    // How much longer what the command left behind may keep quiet.
    [[nodiscard]] int quiet_left() const {
        const auto end = last_event_ + kStragglersMayBeQuietMilliseconds;
        return static_cast<int>(std::max<std::int64_t>(end - milliseconds_now(), 0));
    }

    // One wait and what came of it. False when the host has hung up.
    bool step() {
        std::vector<pollfd> fds = {{port_.fd(), 0, 0}, {child_signals_.get(), POLLIN, 0}};
        for (const auto& output : started_.outputs) {
            fds.push_back({output.fd.get(), POLLIN, 0});
        }
        if (::poll(fds.data(), fds.size(), exit_code_ ? quiet_left() : -1) <= 0) {
            return true;
        }
        if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
            return false;
        }
        // Output first: what was written before the exit belongs before it.
        for (std::size_t i = 0; i < started_.outputs.size(); ++i) {
            if (fds[i + 2].revents != 0 && !pass_on(started_.outputs[i])) {
                return false;
            }
        }
        std::erase_if(started_.outputs, [](const Output& output) { return !output.fd; });
        if (fds[1].revents != 0) {
            reap();
        }
        return true;
    }

    bool pass_on(Output& output) {
        std::array<char, kPiece> buffer{};
        const auto got = ::read(output.fd.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            return true;
        }
        if (got <= 0) {
            output.fd.close();
            return true;
        }
        const bool sent = port_.send(output.frame, {buffer.data(), static_cast<std::size_t>(got)});
        last_event_ = milliseconds_now();
        return sent;
    }

    void reap() {
        signalfd_siginfo ignored{};
        while (::read(child_signals_.get(), &ignored, sizeof ignored) > 0) {
        }
        int status = 0;
        if (::waitpid(started_.pid, &status, WNOHANG) == started_.pid) {
            exit_code_ = static_cast<unsigned>(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                                                   : WEXITSTATUS(status));
            last_event_ = milliseconds_now();
        }
    }

    Port& port_;
    Started started_;
    Descriptor child_signals_;
    std::optional<unsigned> exit_code_;
    std::int64_t last_event_ = 0;
};

// No code: the host has hung up.
void tell(Port& port, std::optional<unsigned> code) {
    if (code) {
        port.send(Frame::Exited, PayloadWriter().u32(*code).bytes());
    }
}

// Nothing if the host has hung up.
std::optional<Started> start_script(Port& port,
                                    const Account& account,
                                    std::string_view login,
                                    const std::string& path) {
    auto out = make_pipe();
    auto err = make_pipe();
    FileWriter writer(account, 0755, path, [&] {
        return become_script(account, login, path, out.write_end.get(), err.write_end.get());
    });
    if (!writer.take_file(port)) {
        return std::nullopt;
    }
    if (auto words = writer.finish(); !words.empty()) {
        return failed_to_start(path + ": " + words);
    }
    return running(writer.release(), std::move(out.read_end), std::move(err.read_end));
}

}  // namespace

void run_command(Port& port,
                 const Account& account,
                 std::string_view login,
                 const std::string& command) {
    auto started = start(account, login, command);
    if (!started.failure.empty()) {
        port.send(Frame::Failed, started.failure);
    } else {
        tell(port, Relay(port, std::move(started)).run());
    }
}

// The file is gone before the answer: who has heard it may look.
void run_script(Port& port,
                const Account& account,
                std::string_view login,
                const std::string& path) {
    auto started = start_script(port, account, login, path);
    const bool runs = started && started->failure.empty();
    const auto code = runs ? Relay(port, std::move(*started)).run() : std::nullopt;
    ::unlink(path.c_str());
    if (started && !runs) {
        port.send(Frame::Failed, started->failure);
    }
    tell(port, code);
}

}  // namespace ingot::guest::agent
