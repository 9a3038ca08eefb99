// SPDX-License-Identifier: Apache-2.0
// Cuts the two streams of a command into lines, as communicator.h promises them.
#pragma once

#include "guest/communicator.h"

#include <array>
#include <string>
#include <string_view>

namespace ingot::guest {

class OutputLines {
  public:
    static constexpr std::size_t kLongestLine = 64 * 1024;

    // Borrows the handler, which may be empty.
    explicit OutputLines(const OutputHandler& handler) : handler_(handler) {}

    void add(GuestStream stream, std::string_view bytes);
    // Hands on what was left without a newline.
    void finish();

  private:
    void emit(GuestStream stream, std::string_view line) const;
    [[nodiscard]] std::string& pending(GuestStream stream);

    const OutputHandler& handler_;
    std::array<std::string, 2> pending_;
};

}  // namespace ingot::guest
