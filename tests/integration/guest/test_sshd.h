// SPDX-License-Identifier: Apache-2.0
// A real sshd of our own on a loopback port, with its own keys and configuration, that lets the
// user who runs the test in. Ends with everything that was started through it.
#pragma once

#include "guest/ssh_communicator.h"
#include "guest/ssh_keys.h"
#include "os/child_process.h"
#include "os/files.h"

#include <optional>
#include <string>
#include <vector>

namespace ingot::guest {

class TestSshd {
  public:
    // `extra` are lines for its configuration.
    explicit TestSshd(const std::string& extra = "");
    ~TestSshd();
    TestSshd(const TestSshd&) = delete;
    TestSshd& operator=(const TestSshd&) = delete;

    [[nodiscard]] static std::string user();

    [[nodiscard]] GuestAccess access() const;
    [[nodiscard]] Dialer dialer() const;

    [[nodiscard]] const os::Path& folder() const { return folder_.path(); }

    void let_in(const std::string& public_key) const;

    // To the server and all its sessions.
    void send_signal(int signal) const;

  private:
    [[nodiscard]] std::vector<pid_t> processes() const;

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    SshKeyPair host_key_ = generate_ssh_key("host");
    SshKeyPair user_key_ = generate_ssh_key("user");
    int port_;
    std::optional<os::Child> server_;
};

// Connects to a port of 127.0.0.1.
[[nodiscard]] os::Fd dial_loopback(int port, const base::Cancellation& cancellation);

}  // namespace ingot::guest
