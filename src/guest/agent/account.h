// SPDX-License-Identifier: Apache-2.0
// Users of the guest, read from /etc/passwd and /etc/group by hand (a static program has no NSS),
// their environment, and how a forked child becomes one of them. What that child does then is its
// caller's business.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace ingot::guest::agent {

struct Account {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::string home;
    std::string shell;
    std::vector<gid_t> groups;  // all of them, gid among them
};

// An empty name is root, who exists even without /etc/passwd.
[[nodiscard]] std::optional<Account> find_account(std::string_view name);

// NAME=VALUE strings for a command of this account: `login` (separated by NUL) is the environment
// of some user's login; what in it is about that user is made right for this one.
[[nodiscard]] std::vector<std::string> environment_of(const Account& account,
                                                      std::string_view login);

// In a forked child: a session of its own, default signals, umask 022, this user's rights and home.
// Returns 0 or errno. A process without privilege can only become itself.
[[nodiscard]] int become(const Account& account);

}  // namespace ingot::guest::agent
