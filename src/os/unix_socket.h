// SPDX-License-Identifier: Apache-2.0
// Unix stream sockets in folders of any depth: the kernel takes only 107 bytes of path, so the
// folder is opened and the socket named through it. Who may connect is decided by the folder's
// permissions; what is said is the caller's business.
#pragma once

#include "os/fd.h"

#include <filesystem>

namespace ingot::os {

struct UnixListenOptions {
    unsigned mode = 0600;  // of the socket's file, from the first moment anybody can connect
    int backlog = 8;
};

// A listening socket; `path` must not exist. Non-blocking.
[[nodiscard]] Fd listen_unix(const std::filesystem::path& path,
                             const UnixListenOptions& options = {});

// Empty if nobody is waiting any more. Non-blocking socket.
[[nodiscard]] Fd accept_unix(int listener);

// Throws SystemError. Non-blocking socket.
[[nodiscard]] Fd connect_unix(const std::filesystem::path& path);

// Moves what can be read from one socket to the other. False once either has hung up.
[[nodiscard]] bool relay(int from, int to);

}  // namespace ingot::os
