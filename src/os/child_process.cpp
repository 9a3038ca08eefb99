// SPDX-License-Identifier: Apache-2.0
#include "os/child_process.h"

#include "os/wait.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// NOLINTNEXTLINE(readability-identifier-naming): the C library's name
extern char** environ;

namespace ingot::os {
namespace {

using base::SystemError;

constexpr std::size_t kStderrTail = 4096;

// Everything the child needs, prepared before fork: after it only async-signal-safe calls are
// allowed, since other threads may have held a lock.
struct ChildPlan {
    std::string program;
    std::vector<char*> argv;
    std::vector<std::string> env_text;
    std::vector<char*> env;
    int in = -1;
    int out = -1;
    int err = -1;
    int error_pipe = -1;
    pid_t parent = 0;
};

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (!added.contains(std::string(text.substr(0, text.find('='))))) {
            result.emplace_back(text);
        }
    }
    for (const auto& [name, value] : added) {
        result.push_back(name + "=" + value);
    }
    return result;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const auto& text : texts) {
        pointers.push_back(const_cast<char*>(text.c_str()));
    }
    pointers.push_back(nullptr);
    return pointers;
}

[[noreturn]] void give_up(int error_pipe, int error_number) {
    [[maybe_unused]] const auto ignored = ::write(error_pipe, &error_number, sizeof error_number);
    ::_exit(127);
}

// Moves descriptors to the numbers the child wants. Sources may collide with wanted numbers, so all
// of them are first lifted above every wanted number.
bool place_fds(const std::vector<std::pair<int, int>>& fds) {
    constexpr int kAboveAll = 200;
    std::array<int, 64> lifted{};
    if (fds.size() > lifted.size()) {
        return false;
    }
    for (std::size_t i = 0; i < fds.size(); ++i) {
        lifted[i] = ::fcntl(fds[i].first, F_DUPFD_CLOEXEC, kAboveAll);
        if (lifted[i] < 0) {
            return false;
        }
    }
    for (std::size_t i = 0; i < fds.size(); ++i) {
        if (::dup2(lifted[i], fds[i].second) < 0) {
            return false;
        }
    }
    return true;
}

void reset_signals() {
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGCHLD}) {
        ::signal(signal, SIG_DFL);
    }
}

[[noreturn]] void become_child(const ProcessSpec& spec, const ChildPlan& plan) {
    reset_signals();
    if (spec.own_group) {
        ::setpgid(0, 0);
    }
    const int error_pipe = ::fcntl(plan.error_pipe, F_DUPFD_CLOEXEC, 300);
    if (!spec.working_directory.empty() && ::chdir(spec.working_directory.c_str()) != 0) {
        give_up(error_pipe, errno);
    }
    // Before any descriptor moves: it may use some of ours, whose numbers the child wants.
    if (spec.before_exec) {
        if (const int failed = spec.before_exec()) {
            give_up(error_pipe, failed);
        }
    }
    if (::dup2(plan.in, 0) < 0 || ::dup2(plan.out, 1) < 0 || ::dup2(plan.err, 2) < 0 ||
        !place_fds(spec.fds)) {
        give_up(error_pipe, errno);
    }
    // After before_exec: the kernel clears the death signal when credentials change.
    if (spec.dies_with_parent) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != plan.parent) {
            ::_exit(127);
        }
    }
    ::execve(plan.program.c_str(), plan.argv.data(), plan.env.data());
    give_up(error_pipe, errno);
}

// The child's side of one standard stream, and what must stay open until the fork.
struct StreamEnds {
    Fd child_side;
    Fd our_side;
};

StreamEnds open_stream(Stream stream, int number) {
    if (stream == Stream::Pipe) {
        auto pipe = make_pipe();
        return {std::move(pipe.write_end), std::move(pipe.read_end)};
    }
    if (stream == Stream::Inherit) {
        return {Fd(::fcntl(number, F_DUPFD_CLOEXEC, 3)), Fd()};
    }
    return {open_file("/dev/null", O_RDWR), Fd()};
}

int open_pidfd(pid_t pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

ExitStatus decode(int raw) {
    if (WIFSIGNALED(raw)) {
        return {0, WTERMSIG(raw)};
    }
    return {WEXITSTATUS(raw), 0};
}

// Splits a stream into lines and hands them on, or keeps the text.
class LineCollector {
  public:
    explicit LineCollector(const LineHandler& handler) : handler_(handler) {}

    void add(std::string_view bytes) {
        if (!handler_) {
            text_ += bytes;
            return;
        }
        pending_ += bytes;
        std::size_t start = 0;
        for (auto end = pending_.find('\n'); end != std::string::npos;
             end = pending_.find('\n', start)) {
            handler_(std::string_view(pending_).substr(start, end - start));
            start = end + 1;
        }
        pending_.erase(0, start);
    }

    void finish() {
        if (handler_ && !pending_.empty()) {
            handler_(pending_);
            pending_.clear();
        }
    }

    [[nodiscard]] std::string& text() { return text_; }

  private:
    const LineHandler& handler_;
    std::string pending_;
    std::string text_;
};

// False at end of file.
bool read_some(int fd, const std::function<void(std::string_view)>& take) {
    std::array<char, 65536> buffer{};
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got > 0) {
        take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    }
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

void stream_output(Child& child,
                   const base::Cancellation& cancellation,
                   const std::function<void(std::string_view)>& take_out,
                   const std::function<void(std::string_view)>& take_err) {
    std::array<pollfd, 2> fds = {pollfd{child.standard_output().get(), POLLIN, 0},
                                 pollfd{child.standard_error().get(), POLLIN, 0}};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        [[maybe_unused]] const bool event = wait_for_any(fds, cancellation);
        if (fds[0].revents != 0 && !read_some(fds[0].fd, take_out)) {
            fds[0].fd = -1;
        }
        if (fds[1].revents != 0 && !read_some(fds[1].fd, take_err)) {
            fds[1].fd = -1;
        }
    }
}

}  // namespace

std::string to_shell(const std::vector<std::string>& argv) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%";
    std::string text;
    for (const auto& word : argv) {
        std::string quoted = word;
        if (word.empty() || word.find_first_not_of(kPlain) != std::string::npos) {
            quoted = "'";
            for (const char c : word) {
                quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
            }
            quoted += "'";
        }
        text += (text.empty() ? "" : " ") + quoted;
    }
    return text;
}

std::string to_string(const ExitStatus& status) {
    if (status.signal != 0) {
        return fmt::format(
            "killed by signal {} ({})",
            status.signal,
            ::sigdescr_np(status.signal) != nullptr ? ::sigdescr_np(status.signal) : "unknown");
    }
    return fmt::format("exit code {}", status.code);
}

Child Child::start(const ProcessSpec& spec) {
    const auto program = find_program(spec.argv.at(0));
    if (!program) {
        throw base::Error(base::ErrorKind::NotFound,
                          "ProgramNotFound",
                          fmt::format("the program {} is not installed", spec.argv[0]),
                          spec.argv[0]);
    }
    ChildPlan plan;
    plan.program = *program;
    plan.argv = pointers_to(spec.argv);
    plan.env_text = merged_environment(spec.env);
    plan.env = pointers_to(plan.env_text);
    plan.parent = ::getpid();
    const auto in = open_stream(spec.standard_input, 0);
    auto out = open_stream(spec.standard_output, 1);
    auto err = open_stream(spec.standard_error, 2);
    auto errors = make_pipe();
    plan.in = in.child_side.get();
    plan.out = out.child_side.get();
    plan.err = err.child_side.get();
    plan.error_pipe = errors.write_end.get();

    Child child;
    child.owns_group_ = spec.own_group;
    child.pid_ = ::fork();
    if (child.pid_ < 0) {
        throw SystemError(errno, "starting " + spec.argv[0]);
    }
    if (child.pid_ == 0) {
        become_child(spec, plan);
    }
    if (spec.own_group) {
        ::setpgid(child.pid_, child.pid_);  // whoever is first; both orders are safe
    }
    child.pidfd_ = Fd(open_pidfd(child.pid_));
    errors.write_end.reset();
    int child_errno = 0;
    if (::read(errors.read_end.get(), &child_errno, sizeof child_errno) == sizeof child_errno) {
        throw SystemError(child_errno, "starting " + to_shell(spec.argv));
    }
    child.stdout_ = std::move(out.our_side);
    child.stderr_ = std::move(err.our_side);
    return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      owns_group_(other.owns_group_),
      pidfd_(std::move(other.pidfd_)),
      stdout_(std::move(other.stdout_)),
      stderr_(std::move(other.stderr_)),
      status_(other.status_) {}

Child& Child::operator=(Child&& other) noexcept {
    if (this != &other) {
        reap_by_force();
        pid_ = std::exchange(other.pid_, -1);
        owns_group_ = other.owns_group_;
        pidfd_ = std::move(other.pidfd_);
        stdout_ = std::move(other.stdout_);
        stderr_ = std::move(other.stderr_);
        status_ = other.status_;
    }
    return *this;
}

Child::~Child() {
    reap_by_force();
}

void Child::reap_by_force() noexcept {
    if (pid_ <= 0 || status_) {
        return;
    }
    send_signal(SIGKILL);
    int raw = 0;
    while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

std::optional<ExitStatus> Child::poll() {
    if (!status_) {
        int raw = 0;
        if (::waitpid(pid_, &raw, WNOHANG) == pid_) {
            status_ = decode(raw);
        }
    }
    return status_;
}

ExitStatus Child::wait(const base::Cancellation& cancellation) {
    while (!poll()) {
        [[maybe_unused]] const bool ended = wait_readable(pidfd_.get(), cancellation);
    }
    return *status_;
}

void Child::send_signal(int signal) const {
    if (pid_ > 0 && !status_) {
        ::kill(owns_group_ ? -pid_ : pid_, signal);
    }
}

ExitStatus Child::terminate(std::chrono::milliseconds grace) {
    const base::Cancellation own;  // ending a process must not itself be cancelled half-way
    send_signal(SIGTERM);
    if (!poll() && !wait_readable(pidfd_.get(), own, grace)) {
        send_signal(SIGKILL);
    }
    return wait(own);
}

Completed run(ProcessSpec spec, const base::Cancellation& cancellation, const RunOptions& options) {
    spec.standard_output = Stream::Pipe;
    spec.standard_error = Stream::Pipe;
    auto child = Child::start(spec);
    LineCollector out(options.on_stdout);
    LineCollector err(options.on_stderr);
    Completed completed;
    const auto take_err = [&](std::string_view bytes) {
        completed.err += bytes;
        if (completed.err.size() > kStderrTail) {
            completed.err.erase(0, completed.err.size() - kStderrTail);
        }
        if (options.on_stderr) {
            err.add(bytes);
        }
    };
    try {
        stream_output(
            child, cancellation, [&](std::string_view b) { out.add(b); }, take_err);
        completed.status = child.wait(cancellation);
    } catch (const base::Cancelled&) {
        child.terminate(options.grace);
        throw;
    }
    out.finish();
    err.finish();
    completed.out = std::move(out.text());
    return completed;
}

ChildFailed::ChildFailed(const ProcessSpec& spec, const Completed& completed)
    : Error(base::ErrorKind::Internal,
            "ToolFailed",
            fmt::format("{} failed with {}\n  command: {}\n  {}",
                        spec.argv.at(0),
                        to_string(completed.status),
                        to_shell(spec.argv),
                        completed.err.empty() ? "(it printed no error)" : completed.err)) {}

std::string run_checked(const ProcessSpec& spec,
                        const base::Cancellation& cancellation,
                        const RunOptions& options) {
    auto completed = run(spec, cancellation, options);
    if (!completed.status.success()) {
        throw ChildFailed(spec, completed);
    }
    return std::move(completed.out);
}

std::optional<ExitStatus> peek_exit_status(int pidfd) {
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
        return std::nullopt;
    }
    return info.si_code == CLD_EXITED ? ExitStatus{info.si_status, 0}
                                      : ExitStatus{0, info.si_status};
}

std::optional<std::string> find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return ::access(name.c_str(), X_OK) == 0 ? std::optional(name) : std::nullopt;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in Ingot calls setenv after start-up
    const char* path = std::getenv("PATH");
    std::string folders = path != nullptr ? path : "/usr/bin:/bin";
    folders += ":/usr/sbin:/sbin";
    for (std::size_t start = 0; start < folders.size();) {
        const auto end = std::min(folders.find(':', start), folders.size());
        const auto candidate = folders.substr(start, end - start) + "/" + name;
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
        start = end + 1;
    }
    return std::nullopt;
}

}  // namespace ingot::os
