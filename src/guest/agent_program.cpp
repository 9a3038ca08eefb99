// SPDX-License-Identifier: Apache-2.0
#include "guest/agent_program.h"

#include <cstddef>

// INGOT_GUEST_AGENT is the path of the program, which the build makes first.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".global kIngotGuestAgentBegin, kIngotGuestAgentEnd\n"
    ".hidden kIngotGuestAgentBegin, kIngotGuestAgentEnd\n"
    "kIngotGuestAgentBegin:\n"
    ".incbin \"" INGOT_GUEST_AGENT
    "\"\n"
    "kIngotGuestAgentEnd:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" const char kIngotGuestAgentBegin[];
extern "C" const char kIngotGuestAgentEnd[];

namespace ingot::guest {

std::string_view guest_agent_program() {
    return {kIngotGuestAgentBegin,
            static_cast<std::size_t>(kIngotGuestAgentEnd - kIngotGuestAgentBegin)};
}

}  // namespace ingot::guest
