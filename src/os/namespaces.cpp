// SPDX-License-Identifier: Apache-2.0
#include "os/namespaces.h"

#include "base/error.h"
#include "os/files.h"
#include "os/wait.h"

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ingot::os {
namespace {

using base::SystemError;

// What a program needs of the operating system in order to run. Everything else, all data of the
// host and of its users and all sockets, is absent inside.
constexpr std::array<const char*, 13> kVisibleFolders = {"/usr",
                                                         "/bin",
                                                         "/sbin",
                                                         "/lib",
                                                         "/lib32",
                                                         "/lib64",
                                                         "/libx32",
                                                         "/etc",
                                                         "/opt",
                                                         "/nix",
                                                         "/gnu",
                                                         "/dev",
                                                         "/proc"};

constexpr int kNameLimit = PATH_MAX;

// A forked copy of this process that executes nothing: it lives for one question and is gone with
// this object. Its code may only make async-signal-safe calls.
class ForkedHelper {
  public:
    template <typename Body>
    explicit ForkedHelper(Body&& body) : pid_(::fork()) {
        if (pid_ < 0) {
            throw SystemError(errno, "forking");
        }
        if (pid_ == 0) {
            sigset_t all;
            sigfillset(&all);
            ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
            body();
            ::_exit(0);
        }
    }

    ~ForkedHelper() {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    ForkedHelper(const ForkedHelper&) = delete;
    ForkedHelper& operator=(const ForkedHelper&) = delete;
    ForkedHelper(ForkedHelper&&) = delete;
    ForkedHelper& operator=(ForkedHelper&&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_;
};

// ---- Inside the helper: plain system calls, 0 or an errno. ----

int result_of(long returned) {
    return returned < 0 ? errno : 0;
}

struct VisibleFolder {
    std::string path;         // absolute
    std::string link_target;  // where the host has a link, such as /bin -> usr/bin
};

struct FileSystemPlan {
    std::vector<VisibleFolder> folders;
    std::string resolv_conf;         // contents
    std::string resolv_conf_target;  // the real file behind /etc/resolv.conf, or empty
};

int show_folder(const VisibleFolder& folder) {
    const char* name = folder.path.c_str() + 1;  // relative to the new root
    if (!folder.link_target.empty()) {
        return result_of(::symlink(folder.link_target.c_str(), name));
    }
    if (::mkdir(name, 0755) != 0) {
        return errno;
    }
    return result_of(::mount(folder.path.c_str(), name, nullptr, MS_BIND | MS_REC, nullptr));
}

void make_parents(const char* path) {
    std::array<char, kNameLimit> prefix{};
    for (std::size_t i = 0; path[i] != '\0' && i + 1 < prefix.size(); ++i) {
        if (i > 0 && path[i] == '/') {
            ::mkdir(prefix.data(), 0755);  // most of them exist
        }
        prefix[i] = path[i];
    }
}

int place_resolv_conf(const FileSystemPlan& plan) {
    if (plan.resolv_conf_target.empty()) {
        return 0;
    }
    constexpr const char* kFile = "/resolv.conf";
    const int file = ::open(kFile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (file < 0 || ::write(file, plan.resolv_conf.data(), plan.resolv_conf.size()) < 0) {
        return errno;
    }
    ::close(file);
    make_parents(plan.resolv_conf_target.c_str());
    // For reading: an existing file is the host's own.
    const int place = ::open(plan.resolv_conf_target.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0444);
    if (place >= 0) {
        ::close(place);
    }
    return result_of(::mount(kFile, plan.resolv_conf_target.c_str(), nullptr, MS_BIND, nullptr));
}

int make_read_only() {
    struct mount_attr attributes {};

    attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
    return result_of(::mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attributes, sizeof attributes));
}

int build_file_system(const FileSystemPlan& plan) {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0 ||
        ::chdir("/tmp") != 0) {
        return errno;
    }
    for (const auto& folder : plan.folders) {
        if (const int failed = show_folder(folder)) {
            return failed;
        }
    }
    // The old root ends up over the new one and is taken away: see pivot_root(2), NOTES.
    if (::syscall(SYS_pivot_root, ".", ".") != 0 || ::umount2(".", MNT_DETACH) != 0 ||
        ::chdir("/") != 0) {
        return errno;
    }
    if (const int failed = place_resolv_conf(plan)) {
        return failed;
    }
    return make_read_only();
}

int raise_loopback() {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const int failed = socket < 0 ? errno : result_of(::ioctl(socket, SIOCSIFFLAGS, &request));
    ::close(socket);
    return failed;
}

int become_inner_root() {
    if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) {
        return errno;
    }
    return 0;
}

// Root's supplementary groups would go on counting inside; an ordinary user cannot drop them, and
// has them outside anyway.
void drop_supplementary_groups() {
    if (::geteuid() == 0) {
        ::setgroups(0, nullptr);
    }
}

int drop_all_capabilities() {
    for (unsigned long capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;
         ++capability) {
    }
    // With these, exec gives inner root nothing; its present capabilities end at exec.
    constexpr unsigned long kRootIsNobody = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
                                            SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED;
    if (::prctl(PR_SET_SECUREBITS, kRootIsNobody, 0, 0, 0) != 0) {
        return errno;
    }
    return result_of(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

// ---- The conversation between the creator and its helper. ----

enum class Stage : int { Unshare, Root, Network, FileSystem, Ready };

struct Report {
    Stage stage;
    int error;
};

const char* words_for(Stage stage) {
    switch (stage) {
        case Stage::Unshare:
            return "making a user, a network and a mount namespace";
        case Stage::Root:
            return "becoming root inside";
        case Stage::Network:
            return "raising the loopback";
        case Stage::FileSystem:
            return "building the file system";
        case Stage::Ready:
            break;
    }
    return "reporting";
}

// True if the stage was passed.
bool report(int channel, Stage stage, int error) {
    const Report message{stage, error};
    return ::write(channel, &message, sizeof message) == sizeof message && error == 0;
}

void be_namespace_helper(int channel, const FileSystemPlan& plan) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    drop_supplementary_groups();
    const int unshared = result_of(::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS));
    char go = 0;
    if (!report(channel, Stage::Unshare, unshared) || ::read(channel, &go, 1) != 1) {
        return;
    }
    if (report(channel, Stage::Root, become_inner_root()) &&
        report(channel, Stage::Network, raise_loopback()) &&
        report(channel, Stage::FileSystem, build_file_system(plan)) &&
        report(channel, Stage::Ready, 0)) {
        // Keeps the namespaces until their descriptors are taken; ends with the creator.
        [[maybe_unused]] const auto ended = ::read(channel, &go, 1);
    }
}

[[noreturn]] void throw_unavailable(const std::string& refused, int error) {
    throw base::Error(
        base::ErrorKind::Unavailable,
        "UserNamespacesUnavailable",
        fmt::format("this host does not let user {} confine a process: {}: {}. User namespaces "
                    "must be allowed (sysctl user.max_user_namespaces above 0; on Debian "
                    "kernel.unprivileged_userns_clone=1; on Ubuntu "
                    "kernel.apparmor_restrict_unprivileged_userns=0), or run Ingot as root",
                    ::geteuid(),
                    refused,
                    ::strerrordesc_np(error)));
}

void await_stage(int channel, Stage wanted, const base::Cancellation& cancellation) {
    Report message{};
    do {
        [[maybe_unused]] const bool readable = wait_readable(channel, cancellation);
        if (::recv(channel, &message, sizeof message, MSG_WAITALL) != sizeof message) {
            throw_unavailable("the helper process ended", EPIPE);
        }
        if (message.error != 0) {
            throw_unavailable(words_for(message.stage), message.error);
        }
    } while (message.stage != wanted);
}

void write_proc_file(const std::string& path, const std::string& text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const Fd owned(fd);
    if (fd < 0 || ::write(fd, text.data(), text.size()) < 0) {
        throw_unavailable("writing " + path, errno);
    }
}

void map_root(pid_t pid, const NamespaceSpec& spec) {
    const auto folder = fmt::format("/proc/{}/", pid);
    write_proc_file(folder + "setgroups", "deny");
    write_proc_file(folder + "uid_map", fmt::format("0 {} 1", spec.host_uid));
    write_proc_file(folder + "gid_map", fmt::format("0 {} 1", spec.host_gid));
}

std::string link_target(const char* path) {
    std::array<char, kNameLimit> text{};
    const auto length = ::readlink(path, text.data(), text.size());
    return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : "";
}

FileSystemPlan plan_file_system(const std::string& resolv_conf) {
    FileSystemPlan plan;
    for (const char* path : kVisibleFolders) {
        struct stat status {};

        if (::lstat(path, &status) == 0) {
            plan.folders.push_back({path, link_target(path)});
        }
    }
    plan.resolv_conf = resolv_conf;
    std::array<char, kNameLimit> real{};
    if (!resolv_conf.empty() && ::realpath("/etc/resolv.conf", real.data()) != nullptr) {
        plan.resolv_conf_target = real.data();
    }
    return plan;
}

// user_namespaces(7): lines of first id inside, first id outside, count.
bool is_in_map(const char* map, std::uint64_t id) {
    std::istringstream ranges(read_file(map));
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    while (ranges >> inside >> outside >> count) {
        if (id >= inside && id - inside < count) {
            return true;
        }
    }
    return false;
}

// ---- A socket made inside and sent out. ----

struct FdMessage {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};

    FdMessage() {
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
    }
};

void send_fd(int channel, int fd) {
    FdMessage message;
    auto* control = CMSG_FIRSTHDR(&message.header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(control), &fd, sizeof fd);
    ::sendmsg(channel, &message.header, MSG_NOSIGNAL);
}

Fd receive_fd(int channel) {
    FdMessage message;
    const auto got = ::recvmsg(channel, &message.header, MSG_CMSG_CLOEXEC);
    const auto* control = CMSG_FIRSTHDR(&message.header);
    if (got != 1 || control == nullptr || control->cmsg_type != SCM_RIGHTS) {
        throw base::Error(base::ErrorKind::Unavailable,
                          "NamespaceGone",
                          "no socket could be made in the machine's network");
    }
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(control), sizeof fd);
    return Fd(fd);
}

int enter(int user, int other, int kind) {
    const int failed = result_of(::setns(user, CLONE_NEWUSER));
    return failed != 0 ? failed : result_of(::setns(other, kind));
}

Fd socket_inside(int user, int network, const base::Cancellation& cancellation) {
    auto channel = make_socket_pair();
    const ForkedHelper helper([&] {
        if (enter(user, network, CLONE_NEWNET) == 0) {
            const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            if (made >= 0) {
                send_fd(channel.theirs.get(), made);
            }
        }
    });
    channel.theirs.reset();
    [[maybe_unused]] const bool readable = wait_readable(channel.ours.get(), cancellation);
    return receive_fd(channel.ours.get());
}

}  // namespace

bool is_mapped(uid_t user, gid_t group) {
    return is_in_map("/proc/self/uid_map", user) && is_in_map("/proc/self/gid_map", group);
}

Namespaces Namespaces::create(const NamespaceSpec& spec, const base::Cancellation& cancellation) {
    const auto plan = plan_file_system(spec.resolv_conf);
    auto channel = make_socket_pair();
    const ForkedHelper helper([&] {
        channel.ours.reset();
        be_namespace_helper(channel.theirs.get(), plan);
    });
    channel.theirs.reset();
    await_stage(channel.ours.get(), Stage::Unshare, cancellation);
    map_root(helper.pid(), spec);
    write_all(channel.ours.get(), "g");
    await_stage(channel.ours.get(), Stage::Ready, cancellation);

    const auto folder = fmt::format("/proc/{}/ns/", helper.pid());
    Namespaces made;
    made.user_ = open_file(folder + "user", O_RDONLY);
    made.network_ = open_file(folder + "net", O_RDONLY);
    made.mount_ = open_file(folder + "mnt", O_RDONLY);
    return made;
}

std::function<int()> Namespaces::enter_as_root() const {
    return [user = user_.get()] {
        const int failed = result_of(::setns(user, CLONE_NEWUSER));
        return failed != 0 ? failed : become_inner_root();
    };
}

std::function<int()> Namespaces::enter_as_administrator() const {
    return [user = user_.get(), network = network_.get()] {
        drop_supplementary_groups();
        const int failed = enter(user, network, CLONE_NEWNET);
        return failed != 0 ? failed : become_inner_root();
    };
}

std::function<int()> Namespaces::enter_confined() const {
    return [user = user_.get(), network = network_.get(), mount = mount_.get()] {
        drop_supplementary_groups();
        if (const int failed = enter(user, network, CLONE_NEWNET)) {
            return failed;
        }
        if (::setns(mount, CLONE_NEWNS) != 0) {
            return errno;
        }
        const int failed = become_inner_root();
        return failed != 0 ? failed : drop_all_capabilities();
    };
}

Fd Namespaces::connect_loopback(std::uint16_t port, const base::Cancellation& cancellation) const {
    auto socket = socket_inside(user_.get(), network_.get(), cancellation);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int error = result_of(
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    if (error == EINPROGRESS) {
        [[maybe_unused]] const bool writable = wait_writable(socket.get(), cancellation);
        socklen_t length = sizeof error;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    }
    if (error != 0) {
        throw SystemError(error, fmt::format("connecting to port {} of the machine", port));
    }
    return socket;
}

}  // namespace ingot::os
