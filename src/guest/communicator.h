// SPDX-License-Identifier: Apache-2.0
// The way into a running guest: run a command and see its output as it comes, put a file in, get
// one out. Implementations: SSH (ssh_communicator.h) and our agent on a serial port
// (agent_communicator.h). What is run, and what its exit code means, is the caller's business. One
// object belongs to one thread.
#pragma once

#include "base/cancellation.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace ingot::guest {

enum class GuestStream { Out, Err };

// Called for each line as it arrives, without its newline, on the calling thread. Bytes are the
// guest's: not trusted, maybe not UTF-8. Lines longer than 64 KiB arrive in pieces.
using OutputHandler = std::function<void(GuestStream stream, std::string_view line)>;

class Communicator {
  public:
    Communicator() = default;
    virtual ~Communicator() = default;
    Communicator(const Communicator&) = delete;
    Communicator& operator=(const Communicator&) = delete;

    // Runs `command` through a shell of the login user's and returns its exit code (128 + n if
    // signal n ended it). Throws Error{GuestFailed, "GuestConnectionLost"} if the guest goes away,
    // and Cancelled at once, leaving the command to die with its connection.
    virtual int run(const std::string& command,
                    const OutputHandler& on_output,
                    const base::Cancellation& cancellation) = 0;

    // The same as root. Over SSH the login user needs sudo without a password, which build users
    // have.
    virtual int run_as_root(const std::string& command,
                            const OutputHandler& on_output,
                            const base::Cancellation& cancellation) = 0;

    // Writes the bytes to `path` in the guest (parent folders must exist) with this mode, as the
    // login user. Throws Error{GuestFailed, "UploadFailed"} with the guest's own words.
    virtual void upload(std::string_view contents,
                        const std::string& path,
                        unsigned mode,
                        const base::Cancellation& cancellation) = 0;
    // The same, streamed from a local file of any size.
    virtual void upload_file(const std::filesystem::path& local,
                             const std::string& path,
                             unsigned mode,
                             const base::Cancellation& cancellation) = 0;

    // Writes the script to `path`, which nobody else uses, runs it from there as the login user and
    // removes it. Otherwise as run(); a script that cannot be written throws Error{GuestFailed}.
    virtual int run_script(std::string_view script,
                           const std::string& path,
                           const OutputHandler& on_output,
                           const base::Cancellation& cancellation);

    // Everything `command` prints on standard output; throws Error{GuestFailed} if it fails.
    [[nodiscard]] std::string capture(const std::string& command,
                                      const base::Cancellation& cancellation);
};

}  // namespace ingot::guest
