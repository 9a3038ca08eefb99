// SPDX-License-Identifier: Apache-2.0
// The way into a guest through the agent that install_agent() left there: commands and files as
// over SSH, without its handshake and its cryptography, and what only root inside can do to a
// machine that was restored from memory (renew, freeze, thaw). It owns the host's end of the port;
// making the port and starting the agent are not its job. The guest's bytes are not trusted: what
// is no frame of agent_protocol.h is Error{GuestFailed, "AgentProtocol"}.
#pragma once

#include "base/cancellation.h"
#include "guest/agent_frames.h"
#include "guest/communicator.h"
#include "os/fd.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace ingot::guest {

// Every function may wait for the guest, forever if it is silent: bound it by the scope's deadline.
// Each throws Error{GuestFailed, "GuestConnectionLost"} when the port is closed. After Cancelled,
// GuestConnectionLost or AgentProtocol the object can only be destroyed: the conversation is in an
// unknown place, and any further call throws GuestConnectionLost. So it is when an output handler
// throws.
class AgentCommunicator final : public Communicator {
  public:
    // `port`: one end of a stream, the other is QEMU's character device. `user`: whom run() and
    // upload() work as; must exist in the guest.
    AgentCommunicator(os::Fd port, std::string user);
    ~AgentCommunicator() override;
    AgentCommunicator(const AgentCommunicator&) = delete;
    AgentCommunicator& operator=(const AgentCommunicator&) = delete;
    AgentCommunicator(AgentCommunicator&&) = delete;
    AgentCommunicator& operator=(AgentCommunicator&&) = delete;

    // Returns when the agent has answered and speaks our version. Frames from before its answer
    // (a conversation that a snapshot caught in the middle) are skipped. Needed only as a check.
    void hello(const base::Cancellation& cancellation);
    // Gives the guest fresh randomness and the host's time: first thing after a restore, before
    // anything in it makes a key or a timestamp. Throws Error{GuestFailed, "AgentRequestFailed"}.
    void renew(const base::Cancellation& cancellation);

    // Contract in communicator.h. The command sees the environment of the user's login, /dev/null
    // as its input, and umask 022. A process that it left behind may hold its output open: run()
    // returns 2 s after the last output that follows the exit. A user that the guest does not know
    // is AgentRequestFailed.
    int run(const std::string& command,
            const OutputHandler& on_output,
            const base::Cancellation& cancellation) override;
    int run_as_root(const std::string& command,
                    const OutputHandler& on_output,
                    const base::Cancellation& cancellation) override;

    // One request for all of it: under emulation a process less in the guest is a tenth of a
    // second.
    int run_script(std::string_view script,
                   const std::string& path,
                   const OutputHandler& on_output,
                   const base::Cancellation& cancellation) override;

    // The mode is set before the first byte is written; an existing file keeps its owner.
    void upload(std::string_view contents,
                const std::string& path,
                unsigned mode,
                const base::Cancellation& cancellation) override;
    void upload_file(const std::filesystem::path& local,
                     const std::string& path,
                     unsigned mode,
                     const base::Cancellation& cancellation) override;
    void upload_as_root(std::string_view contents,
                        const std::string& path,
                        unsigned mode,
                        const base::Cancellation& cancellation);

    // Brings every writable disk-backed file system of the guest to its disk, and holds all further
    // writes until thaw(): in between, run() and uploads may block in the guest. All or nothing: a
    // failure thaws again and throws AgentRequestFailed, which names the mount. A file system that
    // cannot be frozen (vfat on old kernels) is only synced.
    void freeze(const base::Cancellation& cancellation);
    // Harmless when nothing is frozen. The agent remembers over a snapshot what it froze.
    void thaw(const base::Cancellation& cancellation);

  private:
    class Conversation;
    using Pieces = std::function<std::string_view()>;

    int run_as(const std::string& user,
               const std::string& command,
               const OutputHandler& on_output,
               const base::Cancellation& cancellation);
    static int follow(Conversation& conversation,
                      const std::string& what,
                      const OutputHandler& on_output,
                      const base::Cancellation& cancellation);
    static void send_file(Conversation& conversation,
                          const Pieces& pieces,
                          const base::Cancellation& cancellation);
    void upload_as(const std::string& user,
                   const Pieces& pieces,
                   const std::string& path,
                   unsigned mode,
                   const base::Cancellation& cancellation);
    void ask(agent::Frame request,
             std::string_view payload,
             const std::string& what,
             const base::Cancellation& cancellation);

    os::Fd port_;
    std::string user_;
    agent::FrameReader frames_;
    bool usable_ = true;
};

}  // namespace ingot::guest
