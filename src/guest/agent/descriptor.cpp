// SPDX-License-Identifier: Apache-2.0
#include "guest/agent/descriptor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace ingot::guest::agent {

void Descriptor::close() {
    if (fd_ >= 0) {
        ::close(std::exchange(fd_, -1));
    }
}

PipeEnds make_pipe() {
    std::array<int, 2> ends = {-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return {};
    }
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return true;
}

std::string read_all(int fd, std::size_t limit) {
    std::string all;
    std::array<char, 4096> buffer{};
    while (all.size() < limit) {
        const auto got = ::read(fd, buffer.data(), std::min(buffer.size(), limit - all.size()));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            break;
        }
        all.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    return all;
}

std::optional<std::string> read_file(const char* path) {
    constexpr std::size_t kLargest = 16UL * 1024 * 1024;
    const Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
    return file ? std::optional(read_all(file.get(), kLargest)) : std::nullopt;
}

std::string words_of(int error_number) {
    const char* words = ::strerrordesc_np(error_number);
    return words == nullptr ? "unknown error" : words;
}

std::string failure(int error_number, std::string_view what) {
    return std::string(what) + ": " + words_of(error_number);
}

}  // namespace ingot::guest::agent
