// SPDX-License-Identifier: Apache-2.0
#include "guest/agent/upload.h"

#include "guest/agent/descriptor.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ingot::guest::agent {
namespace {

constexpr std::size_t kMostWords = 4096;

// In the child. Returns 0 or errno.
int write_file(const Account& account, unsigned mode, const std::string& path, int input) {
    if (const int failed = become(account); failed != 0) {
        return failed;
    }
    const Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600));
    if (!file || ::fchmod(file.get(), mode) != 0) {
        return errno;
    }
    std::array<char, kPiece> buffer{};
    while (true) {
        const auto got = ::read(input, buffer.data(), buffer.size());
        if (got == 0) {
            return 0;
        }
        if (got > 0 ? !write_all(file.get(), {buffer.data(), static_cast<std::size_t>(got)})
                    : errno != EINTR) {
            return errno;
        }
    }
}

// Frames up to PutEnd; `use` says whether to go on. False if it did not, or the host hung up.
bool take_pieces(Port& port,
                 std::string& failed,
                 const std::function<bool(std::string_view bytes)>& use) {
    while (const auto frame = port.receive()) {
        if (frame->type == Frame::PutEnd) {
            return true;
        }
        if (frame->type != Frame::PutData) {
            failed = "something else was asked for in the middle of a file";
        } else if (!use(frame->payload)) {
            return false;
        }
    }
    return false;
}

}  // namespace

FileWriter::FileWriter(const Account& account,
                       unsigned mode,
                       const std::string& path,
                       const std::function<int()>& then) {
    auto data = make_pipe();
    auto words = make_pipe();
    pid_ = data.read_end && words.read_end ? ::fork() : -1;
    if (pid_ == 0) {
        data.write_end.close();
        int failed = write_file(account, mode, path, data.read_end.get());
        if (failed == 0 && then) {
            failed = then();
        }
        write_all(words.write_end.get(), failed == 0 ? std::string() : words_of(failed));
        ::_exit(failed == 0 ? 0 : 1);
    }
    if (pid_ < 0) {
        failure_ = failure(errno, "starting a process");
        return;
    }
    data_ = std::move(data.write_end);
    words_ = std::move(words.read_end);
    ::fcntl(data_.get(), F_SETFL, O_NONBLOCK);
}

FileWriter::~FileWriter() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

bool FileWriter::take_file(Port& port) {
    return take_pieces(port, failure_, [&](std::string_view bytes) { return write(bytes, port); });
}

// Bytes for a child that has failed are dropped. False when the host hung up meanwhile: a disk may
// be slow or frozen.
bool FileWriter::write(std::string_view bytes, const Port& port) {
    while (data_ && !bytes.empty()) {
        const auto written = ::write(data_.get(), bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            std::array<pollfd, 2> fds = {pollfd{port.fd(), 0, 0}, pollfd{data_.get(), POLLOUT, 0}};
            if (::poll(fds.data(), fds.size(), -1) > 0 && fds[0].revents != 0) {
                return false;
            }
        } else if (errno != EINTR) {
            data_.close();
        }
    }
    return true;
}

std::string FileWriter::finish() {
    if (!failure_.empty()) {
        return failure_;
    }
    data_.close();
    return read_all(words_.get(), kMostWords);
}

pid_t FileWriter::release() {
    return std::exchange(pid_, -1);
}

void receive_file(Port& port, const Account& account, unsigned mode, const std::string& path) {
    FileWriter writer(account, mode, path);
    if (!writer.take_file(port)) {
        return;
    }
    auto words = writer.finish();
    int status = 0;
    if (const pid_t child = words.empty() ? writer.release() : -1; child > 0) {
        ::waitpid(child, &status, 0);
    }
    if (status != 0) {
        words = "the process that wrote it was killed";
    }
    port.send(words.empty() ? Frame::Done : Frame::Failed, words);
}

void refuse_file(Port& port, const std::string& why) {
    std::string ignored;
    if (take_pieces(port, ignored, [](std::string_view) { return true; })) {
        port.send(Frame::Failed, why);
    }
}

}  // namespace ingot::guest::agent
