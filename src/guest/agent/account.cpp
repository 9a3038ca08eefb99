// SPDX-License-Identifier: Apache-2.0
#include "guest/agent/account.h"

#include "guest/agent/descriptor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::guest::agent {
namespace {

std::vector<std::string_view> split(std::string_view line, char separator) {
    std::vector<std::string_view> pieces;
    for_each_piece(line, separator, [&](std::string_view piece) { pieces.push_back(piece); });
    return pieces;
}

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const auto* end = text.data() + text.size();
    const auto done = std::from_chars(text.data(), end, value);
    return done.ec == std::errc() && done.ptr == end && !text.empty() ? std::optional(value)
                                                                      : std::nullopt;
}

// name:password:uid:gid:comment:home:shell
std::optional<Account> account_in(std::string_view line) {
    auto fields = split(line, ':');
    if (fields.size() < 4) {
        return std::nullopt;
    }
    fields.resize(7);
    const auto uid = number(fields[2]);
    const auto gid = number(fields[3]);
    if (!uid || !gid) {
        return std::nullopt;
    }
    return Account{.name = std::string(fields[0]),
                   .uid = *uid,
                   .gid = *gid,
                   .home = fields[5].empty() ? "/" : std::string(fields[5]),
                   .shell = fields[6].empty() ? "/bin/sh" : std::string(fields[6]),
                   .groups = {}};
}

std::optional<Account> passwd_entry(std::string_view name) {
    std::optional<Account> found;
    const auto passwd = read_file("/etc/passwd").value_or("");
    for_each_piece(passwd, '\n', [&](std::string_view line) {
        if (!found && line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
            found = account_in(line);
        }
    });
    return found;
}

// name:password:gid:member,member
std::vector<gid_t> groups_of(const Account& account) {
    std::vector<gid_t> groups = {account.gid};
    const auto file = read_file("/etc/group").value_or("");
    for_each_piece(file, '\n', [&](std::string_view line) {
        const auto fields = split(line, ':');
        const auto gid = fields.size() == 4 ? number(fields[2]) : std::nullopt;
        if (!gid || std::ranges::find(groups, *gid) != groups.end()) {
            return;
        }
        const auto members = split(fields[3], ',');
        if (std::ranges::find(members, account.name) != members.end()) {
            groups.push_back(*gid);
        }
    });
    return groups;
}

std::optional<std::string_view> variable(std::string_view environment, std::string_view name) {
    std::optional<std::string_view> value;
    for_each_piece(environment, '\0', [&](std::string_view entry) {
        if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) {
            value = entry.substr(name.size() + 1);
        }
    });
    return value;
}

bool is_one_of(std::string_view entry, std::initializer_list<std::string_view> names) {
    const auto name = entry.substr(0, entry.find('='));
    return std::ranges::find(names, name) != names.end();
}

// logind takes the folder away when the last session of its user ends.
bool session_folder_exists(std::string_view environment) {
    const auto folder = variable(environment, "XDG_RUNTIME_DIR");
    return folder && ::access(std::string(*folder).c_str(), X_OK) == 0;
}

void reset_signals() {
    for (int signal = 1; signal < NSIG; ++signal) {
        ::signal(signal, SIG_DFL);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

// The agent is spared by the kernel when memory runs out; what it runs must not be.
void be_no_favourite() {
    const Descriptor file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    if (file) {
        write_all(file.get(), "0");
    }
}

}  // namespace

std::optional<Account> find_account(std::string_view name) {
    auto account = passwd_entry(name.empty() ? "root" : name);
    if (!account && name.empty()) {
        account = Account{.name = "root", .home = "/root", .shell = "/bin/sh", .groups = {}};
    }
    if (account) {
        account->groups = groups_of(*account);
    }
    return account;
}

std::vector<std::string> environment_of(const Account& account, std::string_view login) {
    const bool same_user = variable(login, "USER") == account.name;
    const bool keep_session = same_user && session_folder_exists(login);
    std::vector<std::string> result = {"HOME=" + account.home,
                                       "USER=" + account.name,
                                       "LOGNAME=" + account.name,
                                       "SHELL=" + account.shell};
    if (account.uid == 0) {
        result.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }
    for_each_piece(login, '\0', [&](std::string_view entry) {
        const bool replaced = is_one_of(entry, {"HOME", "USER", "LOGNAME", "SHELL"}) ||
                              (account.uid == 0 && is_one_of(entry, {"PATH"}));
        const bool foreign = !same_user && is_one_of(entry, {"MAIL"});
        const bool stale =
            !keep_session && is_one_of(entry, {"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"});
        if (!replaced && !foreign && !stale) {
            result.emplace_back(entry);
        }
    });
    return result;
}

int become(const Account& account) {
    ::setsid();
    reset_signals();
    ::umask(022);
    be_no_favourite();
    const bool already = ::geteuid() != 0 && ::geteuid() == account.uid;
    if (!already && (::setgroups(account.groups.size(), account.groups.data()) != 0 ||
                     ::setresgid(account.gid, account.gid, account.gid) != 0 ||
                     ::setresuid(account.uid, account.uid, account.uid) != 0)) {
        return errno;
    }
    if (::chdir(account.home.c_str()) != 0 && ::chdir("/") != 0) {
        return errno;
    }
    return 0;
}

}  // namespace ingot::guest::agent
