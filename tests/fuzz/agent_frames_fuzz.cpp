// SPDX-License-Identifier: Apache-2.0
#include "guest/agent_frames.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

// The first byte says into which pieces the stream is torn.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ingot::guest::agent;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::size_t piece = size == 0 ? 1 : std::max<std::size_t>(data[0], 1);
    FrameReader reader;
    while (!rest.empty() && !reader.broken()) {
        reader.add(rest.substr(0, piece));
        rest.remove_prefix(std::min(piece, rest.size()));
        while (const auto frame = reader.next()) {
            PayloadReader payload(frame->payload);
            while (payload.u32() && payload.text() && payload.i64()) {
            }
        }
    }
    return 0;
}
