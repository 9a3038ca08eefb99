// SPDX-License-Identifier: Apache-2.0
// A part of a test that runs in a process of its own, because it changes what a process cannot
// change back: its user, its mounts, its network, or that it lives.
#pragma once

#include "base/cancellation.h"

#include <functional>
#include <string>

#include <sys/types.h>

namespace ingot::vm::test {

// Runs `body` in a fork and returns what it returned, or what it threw.
[[nodiscard]] std::string in_fork(const std::function<std::string()>& body,
                                  const base::Cancellation& cancellation);

// From here on this process has a network without anything and mounts of its own; for an ordinary
// user as root of a new user namespace.
void leave_the_host();

// From here on this process is an ordinary user. /dev/net/tun has `tun_mode` for it.
void become_ordinary_user(unsigned tun_mode);

// This process alone sees `contents` at `path`.
void replace_for_this_process(const std::string& path, const std::string& contents);

void write_proc(const std::string& path, const std::string& text);

}  // namespace ingot::vm::test
