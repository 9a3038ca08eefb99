// SPDX-License-Identifier: Apache-2.0
// Reads blobs out of an SQLite file that somebody else wrote, such as a package database out of an
// image. The file is hostile input: its triggers, views and functions are not carried out, sizes
// have limits, and damage is an Error. State of our own is in a Database (database.h).
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "os/files.h"

#include <functional>
#include <string>
#include <string_view>

namespace ingot::sql {

using BlobVisitor = std::function<void(std::string_view blob)>;

// Shows the first column of each row of `query`. `file` lies in a folder of the caller's own: its
// write-ahead log, if it stands beside it, is read and may be folded into the file. Throws
// Error{Corrupt, DatabaseDamaged}, also when the blobs together are more than `limit`, and
// Cancelled.
void for_each_blob(const os::Path& file,
                   const std::string& query,
                   base::ByteCount limit,
                   const BlobVisitor& visit,
                   const base::Cancellation& cancellation);

}  // namespace ingot::sql
