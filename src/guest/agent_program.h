// SPDX-License-Identifier: Apache-2.0
// The guest agent's executable (guest/agent/), carried inside Ingot: static, x86-64, any Linux.
// Getting it into a guest is agent_install.h's job.
#pragma once

#include <string_view>

namespace ingot::guest {

// An ELF file of a few hundred KiB; lives as long as the program.
[[nodiscard]] std::string_view guest_agent_program();

}  // namespace ingot::guest
