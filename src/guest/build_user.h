// SPDX-License-Identifier: Apache-2.0
// The user that customizers run as: its marks, and the shell script that takes it away before the
// image is sealed, however it came into the guest (seed.h, credentials.h). Pure text; running it as
// root is the caller's job.
#pragma once

#include <string>
#include <string_view>

namespace ingot::guest {

// The account's comment (GECOS): marks users that we made, so that only those are removed.
inline constexpr std::string_view kBuildUserComment = "Ingot build user";

inline constexpr std::string_view kBuildUserSudoRule = "/etc/sudoers.d/90-ingot-build-user";

// The comment of every key that we put into a guest: a guest that began in a layer of another run
// has that run's as well.
inline constexpr std::string_view kBuildKeyComment = "ingot-build";

// Throws Error{InvalidArgument, "InvalidUserName"} unless Linux takes it ([a-z_][a-z0-9_-]{0,31}).
void check_user_name(std::string_view user);

// Takes away the sudo rule, the key (and all with our comment) in the user's and root's
// authorized_keys, and the user with its home if we made it. Works also from within that user's own
// session (sudo sh). Idempotent.
[[nodiscard]] std::string build_user_removal_script(const std::string& user,
                                                    const std::string& public_key);

}  // namespace ingot::guest
