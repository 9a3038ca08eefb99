// SPDX-License-Identifier: Apache-2.0
// The smallest user land there is: an initrd with one program that prints kBootProofWord on the
// console and restarts the machine. It is built from bytes, so that a host needs no compiler.
#pragma once

#include <string>
#include <string_view>

namespace ingot::vm {

inline constexpr std::string_view kBootProofWord = "ingot-boot-proof";

// A newc cpio archive.
[[nodiscard]] std::string boot_proof_initrd();

}  // namespace ingot::vm
