// SPDX-License-Identifier: Apache-2.0
#include "guest/agent_communicator.h"

#include "base/error.h"
#include "guest/output_lines.h"
#include "os/wait.h"

#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ingot::guest {
namespace {

using agent::Frame;
using agent::PayloadReader;
using agent::PayloadWriter;
using agent::ReceivedFrame;
using base::Cancellation;
using base::Error;
using base::ErrorKind;

constexpr std::size_t kWordsKept = 4096;
constexpr std::size_t kEntropy = 256;

[[noreturn]] void lose(const std::string& what) {
    throw Error(ErrorKind::GuestFailed, "GuestConnectionLost", "the guest agent is gone: " + what);
}

[[noreturn]] void fail_protocol(const std::string& what) {
    throw Error(ErrorKind::GuestFailed,
                "AgentProtocol",
                "what came from the guest agent is not its protocol: " + what);
}

[[noreturn]] void fail_request(const std::string& what, std::string_view words) {
    throw Error(ErrorKind::GuestFailed,
                "AgentRequestFailed",
                fmt::format("the guest agent could not {}: {}", what, words.substr(0, kWordsKept)));
}

std::string random_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    // Up to 256 bytes come whole (getrandom(2)).
    if (::getrandom(bytes.data(), size, 0) != static_cast<ssize_t>(size)) {
        throw base::SystemError(errno, "reading random bytes");
    }
    return bytes;
}

int exit_code_in(const ReceivedFrame& frame) {
    PayloadReader payload(frame.payload);
    const auto code = payload.u32();
    if (!code || *code > 255 || !payload.at_end()) {
        fail_protocol("an exit code that is none");
    }
    return static_cast<int>(*code);
}

std::function<std::string_view()> pieces_of(std::string_view contents) {
    return [rest = contents]() mutable {
        const auto piece = rest.substr(0, agent::kPiece);
        rest.remove_prefix(piece.size());
        return piece;
    };
}

}  // namespace

// One request and its answer. Whatever ends it before complete() leaves the stream in an unknown
// place, and the communicator unusable.
class AgentCommunicator::Conversation {
  public:
    Conversation(AgentCommunicator& owner, const Cancellation& cancellation)
        : owner_(owner), cancellation_(cancellation) {
        cancellation.throw_if_cancelled();
        if (!std::exchange(owner_.usable_, false)) {
            lose("an earlier request was not completed");
        }
    }

    void complete() { owner_.usable_ = true; }

    void send(Frame type, std::string_view payload) {
        const auto bytes = agent::encode(type, payload);
        std::string_view rest = bytes;
        while (!rest.empty()) {
            const auto sent = ::send(owner_.port_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent >= 0) {
                rest.remove_prefix(static_cast<std::size_t>(sent));
            } else if (errno == EAGAIN) {
                [[maybe_unused]] const bool ready =
                    os::wait_writable(owner_.port_.get(), cancellation_);
            } else if (errno != EINTR) {
                lose(std::generic_category().message(errno));
            }
        }
    }

    ReceivedFrame receive() {
        while (true) {
            if (auto frame = owner_.frames_.next()) {
                return std::move(*frame);
            }
            if (owner_.frames_.broken()) {
                fail_protocol("a frame that is too large");
            }
            read_more();
        }
    }

  private:
    void read_more() {
        std::array<char, agent::kPiece> buffer{};
        const auto got = ::recv(owner_.port_.get(), buffer.data(), buffer.size(), 0);
        if (got > 0) {
            owner_.frames_.add({buffer.data(), static_cast<std::size_t>(got)});
        } else if (got == 0) {
            lose("the port was closed");
        } else if (errno == EAGAIN) {
            [[maybe_unused]] const bool ready =
                os::wait_readable(owner_.port_.get(), cancellation_);
        } else if (errno != EINTR) {
            lose(std::generic_category().message(errno));
        }
    }

    AgentCommunicator& owner_;
    const Cancellation& cancellation_;
};

AgentCommunicator::AgentCommunicator(os::Fd port, std::string user)
    : port_(std::move(port)), user_(std::move(user)) {
    os::set_nonblocking(port_.get());
}

AgentCommunicator::~AgentCommunicator() = default;

void AgentCommunicator::hello(const Cancellation& cancellation) {
    Conversation conversation(*this, cancellation);
    const auto nonce = random_bytes(16);
    conversation.send(Frame::Hello, PayloadWriter().text(nonce).bytes());
    while (true) {
        const auto frame = conversation.receive();
        PayloadReader payload(frame.payload);
        const auto version = payload.u32();
        if (frame.type != Frame::Hello || payload.text() != nonce) {
            continue;
        }
        if (version != agent::kVersion) {
            fail_protocol(fmt::format("it is version {}, not {}", *version, agent::kVersion));
        }
        return conversation.complete();
    }
}

void AgentCommunicator::ask(Frame request,
                            std::string_view payload,
                            const std::string& what,
                            const Cancellation& cancellation) {
    Conversation conversation(*this, cancellation);
    conversation.send(request, payload);
    const auto answer = conversation.receive();
    if (answer.type != Frame::Done && answer.type != Frame::Failed) {
        fail_protocol("no answer to a request");
    }
    conversation.complete();
    if (answer.type == Frame::Failed) {
        fail_request(what, answer.payload);
    }
}

void AgentCommunicator::renew(const Cancellation& cancellation) {
    const auto entropy = random_bytes(kEntropy);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const auto payload = PayloadWriter()
                             .i64(now.tv_sec)
                             .u32(static_cast<std::uint32_t>(now.tv_nsec))
                             .text(entropy)
                             .bytes();
    ask(Frame::Renew, payload, "renew the guest's randomness and clock", cancellation);
}

void AgentCommunicator::freeze(const Cancellation& cancellation) {
    ask(Frame::Freeze, {}, "freeze the guest's file systems", cancellation);
}

void AgentCommunicator::thaw(const Cancellation& cancellation) {
    ask(Frame::Thaw, {}, "thaw the guest's file systems", cancellation);
}

int AgentCommunicator::run(const std::string& command,
                           const OutputHandler& on_output,
                           const Cancellation& cancellation) {
    return run_as(user_, command, on_output, cancellation);
}

int AgentCommunicator::run_as_root(const std::string& command,
                                   const OutputHandler& on_output,
                                   const Cancellation& cancellation) {
    return run_as({}, command, on_output, cancellation);
}

int AgentCommunicator::run_as(const std::string& user,
                              const std::string& command,
                              const OutputHandler& on_output,
                              const Cancellation& cancellation) {
    const auto request = PayloadWriter().text(user).text(command).bytes();
    if (request.size() > agent::kLargestPayload) {
        fail_request("run a command", "it is too long");
    }
    Conversation conversation(*this, cancellation);
    conversation.send(Frame::Run, request);
    return follow(conversation, "run a command", on_output, cancellation);
}

int AgentCommunicator::run_script(std::string_view script,
                                  const std::string& path,
                                  const OutputHandler& on_output,
                                  const Cancellation& cancellation) {
    Conversation conversation(*this, cancellation);
    conversation.send(Frame::Script, PayloadWriter().text(user_).text(path).bytes());
    send_file(conversation, pieces_of(script), cancellation);
    return follow(conversation, "run a script", on_output, cancellation);
}

// Hands on what a process says, until it has ended.
int AgentCommunicator::follow(Conversation& conversation,
                              const std::string& what,
                              const OutputHandler& on_output,
                              const Cancellation& cancellation) {
    OutputLines lines(on_output);
    while (true) {
        const auto frame = conversation.receive();
        if (frame.type == Frame::Out || frame.type == Frame::Err) {
            const auto stream = frame.type == Frame::Out ? GuestStream::Out : GuestStream::Err;
            lines.add(stream, frame.payload);
        } else if (frame.type == Frame::Exited) {
            lines.finish();
            const int code = exit_code_in(frame);
            conversation.complete();
            return code;
        } else if (frame.type == Frame::Failed) {
            conversation.complete();
            fail_request(what, frame.payload);
        } else {
            fail_protocol("no output of a command");
        }
        cancellation.throw_if_cancelled();
    }
}

void AgentCommunicator::send_file(Conversation& conversation,
                                  const Pieces& pieces,
                                  const Cancellation& cancellation) {
    for (auto piece = pieces(); !piece.empty(); piece = pieces()) {
        cancellation.throw_if_cancelled();
        conversation.send(Frame::PutData, piece);
    }
    conversation.send(Frame::PutEnd, {});
}

void AgentCommunicator::upload_as(const std::string& user,
                                  const Pieces& pieces,
                                  const std::string& path,
                                  unsigned mode,
                                  const Cancellation& cancellation) {
    Conversation conversation(*this, cancellation);
    conversation.send(Frame::PutBegin, PayloadWriter().text(user).u32(mode).text(path).bytes());
    send_file(conversation, pieces, cancellation);
    const auto answer = conversation.receive();
    if (answer.type != Frame::Done && answer.type != Frame::Failed) {
        fail_protocol("no answer to an upload");
    }
    conversation.complete();
    if (answer.type == Frame::Failed) {
        const auto words = std::string_view(answer.payload).substr(0, kWordsKept);
        throw Error(ErrorKind::GuestFailed,
                    "UploadFailed",
                    fmt::format("the guest could not write {}: {}", path, words),
                    path);
    }
}

void AgentCommunicator::upload(std::string_view contents,
                               const std::string& path,
                               unsigned mode,
                               const Cancellation& cancellation) {
    upload_as(user_, pieces_of(contents), path, mode, cancellation);
}

void AgentCommunicator::upload_as_root(std::string_view contents,
                                       const std::string& path,
                                       unsigned mode,
                                       const Cancellation& cancellation) {
    upload_as({}, pieces_of(contents), path, mode, cancellation);
}

void AgentCommunicator::upload_file(const std::filesystem::path& local,
                                    const std::string& path,
                                    unsigned mode,
                                    const Cancellation& cancellation) {
    const auto file = os::open_file(local.string(), O_RDONLY);
    std::string buffer(agent::kPiece, '\0');
    const Pieces pieces = [&] {
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0) {
            throw base::SystemError(errno, "reading " + local.string());
        }
        return std::string_view(buffer).substr(0, static_cast<std::size_t>(got));
    };
    upload_as(user_, pieces, path, mode, cancellation);
}

}  // namespace ingot::guest
