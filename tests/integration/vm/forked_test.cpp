// SPDX-License-Identifier: Apache-2.0
#include "forked_test.h"

#include "base/error.h"
#include "os/fd.h"
#include "os/wait.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ingot::vm::test {
namespace {

constexpr uid_t kOrdinaryUser = 4711;

void require(int result, const char* what) {
    if (result != 0) {
        throw base::SystemError(errno, what);
    }
}

std::string outcome_of(const std::function<std::string()>& body) {
    try {
        return body();
    } catch (const std::exception& error) {
        return fmt::format("threw: {}", error.what());
    }
}

// Ends the fork whatever happens to the test.
class ForkGuard {
  public:
    explicit ForkGuard(pid_t pid) : pid_(pid) {}

    ~ForkGuard() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    ForkGuard(const ForkGuard&) = delete;
    ForkGuard& operator=(const ForkGuard&) = delete;

  private:
    pid_t pid_;
};

}  // namespace

std::string in_fork(const std::function<std::string()>& body,
                    const base::Cancellation& cancellation) {
    auto pipe = os::make_pipe();
    const pid_t pid = ::fork();
    if (pid == 0) {
        os::write_all(pipe.write_end.get(), outcome_of(body));
        ::_exit(0);
    }
    const ForkGuard guard(pid);
    pipe.write_end.reset();
    std::string outcome;
    std::array<char, 4096> buffer{};
    ssize_t got = 1;
    while (got > 0) {
        [[maybe_unused]] const bool readable = os::wait_readable(pipe.read_end.get(), cancellation);
        got = ::read(pipe.read_end.get(), buffer.data(), buffer.size());
        outcome.append(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    }
    return outcome;
}

void write_proc(const std::string& path, const std::string& text) {
    os::write_all(os::open_file(path, O_WRONLY).get(), text);
}

void leave_the_host() {
    const auto user = ::geteuid();
    const auto group = ::getegid();
    require(::unshare((user == 0 ? 0 : CLONE_NEWUSER) | CLONE_NEWNET | CLONE_NEWNS), "unshare");
    if (user != 0) {
        write_proc("/proc/self/setgroups", "deny");
        write_proc("/proc/self/uid_map", fmt::format("0 {} 1", user));
        write_proc("/proc/self/gid_map", fmt::format("0 {} 1", group));
    }
    require(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "private mounts");
}

void become_ordinary_user(unsigned tun_mode) {
    require(::unshare(CLONE_NEWNS), "unshare");
    require(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "private mounts");
    require(::mount("tmpfs", "/dev/net", "tmpfs", 0, "mode=0755"), "mounting on /dev/net");
    require(::mknod("/dev/net/tun", S_IFCHR, makedev(10, 200)), "making a tun device");
    require(::chmod("/dev/net/tun", tun_mode), "chmod");
    require(::setgroups(0, nullptr), "setgroups");
    require(::setresgid(kOrdinaryUser, kOrdinaryUser, kOrdinaryUser), "setresgid");
    require(::setresuid(kOrdinaryUser, kOrdinaryUser, kOrdinaryUser), "setresuid");
    // A change of user closes /proc/self to the user; a freshly started program has it open.
    require(::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl");
}

void replace_for_this_process(const std::string& path, const std::string& contents) {
    require(::mount("tmpfs", "/mnt", "tmpfs", 0, "mode=0755"), "mounting on /mnt");
    os::write_all(os::open_file("/mnt/file", O_WRONLY | O_CREAT, 0644).get(), contents);
    require(::mount("/mnt/file", path.c_str(), nullptr, MS_BIND, nullptr), "mounting a file");
}

}  // namespace ingot::vm::test
