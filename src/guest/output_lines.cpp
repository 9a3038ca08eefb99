// SPDX-License-Identifier: Apache-2.0
#include "guest/output_lines.h"

#include <algorithm>

namespace ingot::guest {

std::string& OutputLines::pending(GuestStream stream) {
    return pending_[stream == GuestStream::Out ? 0 : 1];
}

void OutputLines::emit(GuestStream stream, std::string_view line) const {
    if (handler_) {
        handler_(stream, line);
    }
}

void OutputLines::add(GuestStream stream, std::string_view bytes) {
    auto& start = pending(stream);
    while (!bytes.empty()) {
        const auto room = kLongestLine - start.size();
        const auto newline = bytes.substr(0, room + 1).find('\n');
        const bool whole = newline != std::string_view::npos;
        const auto piece = bytes.substr(0, whole ? newline : std::min(room, bytes.size()));
        bytes.remove_prefix(piece.size() + (whole ? 1 : 0));
        if (!whole && bytes.empty()) {
            start += piece;
        } else if (start.empty()) {
            emit(stream, piece);  // the usual case: no copy
        } else {
            start += piece;
            emit(stream, start);
            start.clear();
        }
    }
}

void OutputLines::finish() {
    for (const auto stream : {GuestStream::Out, GuestStream::Err}) {
        if (!pending(stream).empty()) {
            emit(stream, pending(stream));
            pending(stream).clear();
        }
    }
}

}  // namespace ingot::guest
