// SPDX-License-Identifier: Apache-2.0
#include "guest/ssh_communicator.h"

#include "base/error.h"
#include "guest/output_lines.h"
#include "guest/ssh_channel.h"
#include "guest/ssh_session.h"
#include "os/child_process.h"

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::guest {
namespace {

using base::Cancellation;
using base::Error;
using base::ErrorKind;

// How long a process that a command left behind may keep quiet before its output is given up.
constexpr std::chrono::milliseconds kStragglersMayBeQuiet = std::chrono::seconds(2);
constexpr std::size_t kUploadPiece = 256 * 1024;
constexpr std::size_t kUploadWordsKept = 4096;

// Whether the command is over as far as it can be known.
bool over(const SshSession& session, const SshChannel& channel) {
    return channel.closed() || (channel.exit_code() && session.lost());
}

int exit_code_of(const SshSession& session, const SshChannel& channel) {
    if (!channel.exit_code()) {
        session.fail("the guest ended a command without telling how it went");
    }
    return *channel.exit_code();
}

// The next bytes to send; empty at the end. Valid until the next call.
using Pieces = std::function<std::string_view()>;

class Upload {
  public:
    Upload(SshSession& session, const Pieces& pieces) : session_(session), pieces_(pieces) {}

    void run(const std::string& path, unsigned mode, const Cancellation& cancellation) {
        SshChannel channel(session_, cancellation);
        channel.execute(receiving_command(path, mode), cancellation);
        while (!over(session_, channel)) {
            send(channel);
            session_.wait(cancellation);
            for (const auto& chunk : channel.take_output()) {
                keep(chunk.bytes);
            }
        }
        if (const int code = exit_code_of(session_, channel); code != 0) {
            throw Error(ErrorKind::GuestFailed,
                        "UploadFailed",
                        fmt::format("the guest could not write {}: {}",
                                    path,
                                    words_.empty() ? fmt::format("exit code {}", code) : words_),
                        path);
        }
    }

  private:
    // The shell opens the file once, so that a mode that forbids writing does no harm, and sets the
    // mode while the file is still empty.
    static std::string receiving_command(const std::string& path, unsigned mode) {
        const auto quoted = os::to_shell({path});
        return fmt::format("umask 077; {{ chmod {:o} -- {} && cat; }} > {}", mode, quoted, quoted);
    }

    void send(SshChannel& channel) {
        while (!ended_) {
            if (unsent_.empty()) {
                unsent_ = pieces_();
            }
            if (unsent_.empty()) {
                channel.end_input();
                ended_ = true;
                return;
            }
            const auto sent = channel.write(unsent_);
            unsent_.remove_prefix(sent);
            if (!unsent_.empty()) {
                return;  // the guest's window is full
            }
        }
    }

    void keep(std::string_view words) {
        words_ += words.substr(0, kUploadWordsKept - std::min(kUploadWordsKept, words_.size()));
        while (!words_.empty() && words_.back() == '\n') {
            words_.pop_back();
        }
    }

    SshSession& session_;
    const Pieces& pieces_;
    std::string_view unsent_;
    bool ended_ = false;
    std::string words_;
};

}  // namespace

SshCommunicator::SshCommunicator(std::unique_ptr<SshSession> session)
    : session_(std::move(session)) {}

SshCommunicator::~SshCommunicator() = default;

int SshCommunicator::run(const std::string& command,
                         const OutputHandler& on_output,
                         const Cancellation& cancellation) {
    SshChannel channel(*session_, cancellation);
    channel.execute(command, cancellation);
    channel.end_input();
    OutputLines lines(on_output);
    bool heard = true;
    while (heard && !over(*session_, channel)) {
        heard = channel.exit_code() ? session_->wait(cancellation, {}, kStragglersMayBeQuiet)
                                    : session_->wait(cancellation);
        for (const auto& chunk : channel.take_output()) {
            lines.add(chunk.stream, chunk.bytes);
        }
    }
    lines.finish();
    return exit_code_of(*session_, channel);
}

int SshCommunicator::run_as_root(const std::string& command,
                                 const OutputHandler& on_output,
                                 const Cancellation& cancellation) {
    return run("sudo -n sh -c " + os::to_shell({command}), on_output, cancellation);
}

void SshCommunicator::upload(std::string_view contents,
                             const std::string& path,
                             unsigned mode,
                             const Cancellation& cancellation) {
    const Pieces pieces = [&contents] {
        const auto piece = contents.substr(0, kUploadPiece);
        contents.remove_prefix(piece.size());
        return piece;
    };
    Upload(*session_, pieces).run(path, mode, cancellation);
}

void SshCommunicator::upload_file(const std::filesystem::path& local,
                                  const std::string& path,
                                  unsigned mode,
                                  const Cancellation& cancellation) {
    const auto file = os::open_file(local.string(), O_RDONLY);
    std::string buffer(kUploadPiece, '\0');
    const Pieces pieces = [&] {
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0) {
            throw base::SystemError(errno, "reading " + local.string());
        }
        return std::string_view(buffer).substr(0, static_cast<std::size_t>(got));
    };
    Upload(*session_, pieces).run(path, mode, cancellation);
}

}  // namespace ingot::guest
