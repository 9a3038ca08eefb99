// SPDX-License-Identifier: Apache-2.0
// The way into a guest over SSH: wait_until_ready() waits for a booting guest's sshd by events and
// logs in, and the SshCommunicator it returns runs commands, uploads files and opens a shell. How
// the key got into the guest is not its job (seed.h, credentials.h), nor is how packets reach it:
// the dialer brings a connected socket. Nothing here blocks for longer than the guest is silent,
// and every wait ends at once when its scope is cancelled or the VM dies.
#pragma once

#include "base/cancellation.h"
#include "guest/communicator.h"
#include "os/fd.h"

#include <functional>
#include <memory>
#include <string>

namespace ingot::guest {

// A TCP connection to the guest's sshd, established or in progress; an Error is a failed attempt.
using Dialer = std::function<os::Fd(const base::Cancellation&)>;

struct SshIdentity {
    std::string user;
    std::string private_key;      // ed25519, OpenSSH PEM text
    std::string host_public_key;  // "ssh-ed25519 AAAA...": the only one that is accepted
};

struct GuestAccess {
    Dialer dial;
    SshIdentity identity;
    // Called between waits and when alive_fd fires; throws if the VM has died. Optional.
    std::function<void()> check_alive{};
    // Becomes readable when the VM dies (its pidfd). Borrowed; -1 for none.
    int alive_fd = -1;
};

// What interactive_shell() talks to. Borrowed.
struct ShellStreams {
    int input = 0;
    int output = 1;
};

class SshSession;

class SshCommunicator final : public Communicator {
  public:
    explicit SshCommunicator(std::unique_ptr<SshSession> session);
    ~SshCommunicator() override;
    SshCommunicator(const SshCommunicator&) = delete;
    SshCommunicator& operator=(const SshCommunicator&) = delete;
    SshCommunicator(SshCommunicator&&) = delete;
    SshCommunicator& operator=(SshCommunicator&&) = delete;

    // Contract in communicator.h. A guest that has been silent for 15 s is lost. A process that the
    // command left behind may hold its output open: run() returns 2 s after the last line that
    // follows the exit code.
    int run(const std::string& command,
            const OutputHandler& on_output,
            const base::Cancellation& cancellation) override;
    int run_as_root(const std::string& command,
                    const OutputHandler& on_output,
                    const base::Cancellation& cancellation) override;
    // The mode is set before the first byte is written.
    void upload(std::string_view contents,
                const std::string& path,
                unsigned mode,
                const base::Cancellation& cancellation) override;
    void upload_file(const std::filesystem::path& local,
                     const std::string& path,
                     unsigned mode,
                     const base::Cancellation& cancellation) override;

    // A login shell on a pseudo-terminal of the local one's size and type, until it exits; returns
    // its exit code. The local terminal is raw meanwhile (so Ctrl-C is the guest's) and restored on
    // every way out. SIGWINCH must be blocked in all other threads for a resize to be seen at once.
    int interactive_shell(const base::Cancellation& cancellation, const ShellStreams& streams = {});

  private:
    std::unique_ptr<SshSession> session_;
};

// Waits for the guest's sshd, checks its host key and logs in. The scope's deadline bounds it and
// becomes Error{GuestFailed, "GuestDidNotAnswer"}, which tells what was seen; other cancels are
// Cancelled. A wrong host key is Error{GuestFailed, "HostKeyMismatch"} at once; a login that is
// denied is tried again until the deadline, since the guest may still be installing the key.
[[nodiscard]] std::unique_ptr<SshCommunicator> wait_until_ready(
    GuestAccess access, const base::Cancellation& cancellation);

}  // namespace ingot::guest
