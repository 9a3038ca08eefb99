// SPDX-License-Identifier: Apache-2.0
#include "guest/build_user.h"

#include "base/error.h"
#include "os/child_process.h"

#include <algorithm>

#include <fmt/format.h>

namespace ingot::guest {
namespace {

std::string preamble(const std::string& user, const std::string& public_key) {
    check_user_name(user);
    return fmt::format(
        "set -eu\n"
        "cd /\n"
        "user={}\n"
        "key={}\n"
        "key_comment={}\n"
        "comment={}\n"
        "rule={}\n",
        user,
        os::to_shell({public_key}),
        kBuildKeyComment,
        os::to_shell({std::string(kBuildUserComment)}),
        kBuildUserSudoRule);
}

constexpr std::string_view kRemoval = R"sh(
# Takes our key out of a file, and the file and its folder away if nothing else was in them.
drop_key() {
    [ -f "$1" ] || return 0
    rest=$(grep -vxF -e "$key" "$1" | grep -v -e " $key_comment\$" || true)
    [ "$rest" != "$(cat "$1")" ] || return 0
    if [ -n "$rest" ]; then
        printf '%s\n' "$rest" >"$1"
    else
        rm -f "$1"
        rmdir "${1%/*}" 2>/dev/null || true
    fi
}
# cloud-init keeps the sudo rules of all its users in one file.
drop_cloud_rule() {
    cloud=/etc/sudoers.d/90-cloud-init-users
    [ -f "$cloud" ] || return 0
    sed -i -e "/^# User rules for $user\$/d" -e "/^$user ALL=/d" "$cloud"
    grep -q '^[^#]' "$cloud" || rm -f "$cloud"
}
drop_key /root/.ssh/authorized_keys
set -- "$rule"
entry=$(getent passwd "$user" || true)
if [ -n "$entry" ]; then
    IFS=: read -r _ _ _ _ comment_now home _ <<END
$entry
END
    if [ "$comment_now" = "$comment" ]; then
        drop_cloud_rule
        # --force: this may run in a session of that very user.
        if ! words=$(userdel --force --remove "$user" 2>&1) && id -u "$user" >/dev/null 2>&1; then
            printf 'user %s could not be removed: %s\n' "$user" "$words" >&2
            exit 1
        fi
        set -- "$@" "/var/mail/$user" "/var/spool/cron/crontabs/$user"
    else
        drop_key "$home/.ssh/authorized_keys"
    fi
fi
rm -rf -- "$@"
)sh";

}  // namespace

void check_user_name(std::string_view user) {
    constexpr std::string_view kStart = "abcdefghijklmnopqrstuvwxyz_";
    constexpr std::string_view kRest = "abcdefghijklmnopqrstuvwxyz_0123456789-";
    constexpr std::size_t kLongest = 32;
    if (user.empty() || user.size() > kLongest || kStart.find(user[0]) == std::string_view::npos ||
        user.find_first_not_of(kRest) != std::string_view::npos) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          "InvalidUserName",
                          fmt::format("\"{}\" cannot be the name of a user in the guest: use 1 to "
                                      "32 of a-z, 0-9, _ and -, not starting with a digit or -",
                                      user),
                          std::string(user));
    }
}

std::string build_user_removal_script(const std::string& user, const std::string& public_key) {
    return preamble(user, public_key).append(kRemoval);
}

}  // namespace ingot::guest
