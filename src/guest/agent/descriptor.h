// SPDX-License-Identifier: Apache-2.0
// Descriptors, files and words for the agent, which must not throw and links nothing of Ingot (so
// os/ is not for it). Failures are errno.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ingot::guest::agent {

class Descriptor {
  public:
    Descriptor() = default;

    explicit Descriptor(int fd) : fd_(fd) {}

    ~Descriptor() { close(); }

    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            close();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int get() const { return fd_; }

    [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }

    void close();

  private:
    int fd_ = -1;
};

struct PipeEnds {
    Descriptor read_end;
    Descriptor write_end;
};

// Close-on-exec; no descriptors and errno when the kernel has none left.
[[nodiscard]] PipeEnds make_pipe();

// Tries again when interrupted; blocks until all is written. False and errno on failure.
bool write_all(int fd, std::string_view bytes);

// What is left to read, at most `limit` bytes. Blocks.
[[nodiscard]] std::string read_all(int fd, std::size_t limit);
[[nodiscard]] std::optional<std::string> read_file(const char* path);

// The system's words: "Permission denied".
[[nodiscard]] std::string words_of(int error_number);

// "opening /x: Permission denied"
[[nodiscard]] std::string failure(int error_number, std::string_view what);

// Calls `each(piece)` for what stands between separators; a last empty piece is none.
template <typename Each>
void for_each_piece(std::string_view text, char separator, const Each& each) {
    while (!text.empty()) {
        const auto end = text.find(separator);
        each(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

}  // namespace ingot::guest::agent
