// SPDX-License-Identifier: Apache-2.0
#include "sql/errors.h"

#include <fmt/format.h>

namespace ingot::sql {
namespace {

using base::Error;
using base::ErrorKind;

}  // namespace

Error unavailable(const std::string& name, std::string_view finding) {
    return {ErrorKind::Unavailable,
            "DatabaseUnavailable",
            fmt::format("the database {} cannot be used: {}", name, finding),
            name};
}

Error stayed_locked(const std::string& name, std::string_view remedy) {
    return {
        ErrorKind::Unavailable,
        "DatabaseBusy",
        fmt::format("the database {} stayed locked by another process; see who {}", name, remedy),
        name};
}

Error disk_full(const std::string& name) {
    return {ErrorKind::QuotaExceeded,
            "DiskFull",
            fmt::format("the disk that holds {} is full; what was recorded before is safe, make "
                        "room and try again",
                        name),
            name};
}

Error damaged(const std::string& name, std::string_view finding, std::string_view repair) {
    return {ErrorKind::Corrupt,
            "DatabaseCorrupt",
            fmt::format("the database {} is damaged ({}); {}", name, finding, repair),
            name};
}

Error duplicate_key(const std::string& name, std::string_view finding) {
    return {ErrorKind::AlreadyExists,
            "AlreadyExists",
            fmt::format("the database refused a row: {}", finding),
            name};
}

Error constraint_violated(const std::string& name, std::string_view finding) {
    return {ErrorKind::Conflict,
            "ConstraintViolated",
            fmt::format("the database refused a row: {}", finding),
            name};
}

Error unexpected(const std::string& name, std::string_view finding) {
    return {ErrorKind::Internal,
            "DatabaseError",
            fmt::format("the database {} reports: {}", name, finding),
            name};
}

}  // namespace ingot::sql
