// SPDX-License-Identifier: Apache-2.0
// Work in numbered pieces, spread over all cores: what reading, hashing and copying of disks share.
// It owns no threads between calls, and what a piece is, is the caller's business.
#pragma once

#include "base/cancellation.h"

#include <cstddef>
#include <functional>

namespace ingot::disk {

// Calls `piece` for 0 … count-1, from several threads at once, roughly in rising order. Blocks
// until all are done. The first exception of a piece ends the work and leaves here; throws
// Cancelled between pieces.
void in_parallel(std::size_t count,
                 const std::function<void(std::size_t number)>& piece,
                 const base::Cancellation& cancellation);

}  // namespace ingot::disk
