// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace ingot::base {
namespace {

ErrorKind kind_of(int error_number) {
    switch (error_number) {
        case ENOENT:
            return ErrorKind::NotFound;
        case EEXIST:
            return ErrorKind::AlreadyExists;
        case EACCES:
        case EPERM:
            return ErrorKind::Forbidden;
        case ENOSPC:
        case EDQUOT:
            return ErrorKind::QuotaExceeded;
        case ETIMEDOUT:
            return ErrorKind::Timeout;
        default:
            return ErrorKind::Internal;
    }
}

std::string code_of(int error_number) {
    if (error_number == ENOSPC || error_number == EDQUOT) {
        return "DiskFull";
    }
    return "SystemCallFailed";
}

}  // namespace

Error::Error(ErrorKind kind, std::string code, std::string message, std::string target)
    : kind_(kind),
      code_(std::move(code)),
      message_(std::move(message)),
      target_(std::move(target)) {}

void Error::add_context(const std::string& context) {
    message_ = context + ": " + message_;
}

SystemError::SystemError(int error_number, const std::string& what_failed)
    : Error(kind_of(error_number),
            code_of(error_number),
            what_failed + ": " + std::generic_category().message(error_number)),
      error_number_(error_number) {}

std::string to_string(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::InvalidArgument:
            return "InvalidArgument";
        case ErrorKind::NotFound:
            return "NotFound";
        case ErrorKind::AlreadyExists:
            return "AlreadyExists";
        case ErrorKind::Conflict:
            return "Conflict";
        case ErrorKind::PreconditionFailed:
            return "PreconditionFailed";
        case ErrorKind::Unauthenticated:
            return "Unauthenticated";
        case ErrorKind::Forbidden:
            return "Forbidden";
        case ErrorKind::QuotaExceeded:
            return "QuotaExceeded";
        case ErrorKind::TooManyRequests:
            return "TooManyRequests";
        case ErrorKind::Unsupported:
            return "Unsupported";
        case ErrorKind::Unavailable:
            return "Unavailable";
        case ErrorKind::Timeout:
            return "Timeout";
        case ErrorKind::GuestFailed:
            return "GuestFailed";
        case ErrorKind::Corrupt:
            return "Corrupt";
        case ErrorKind::Internal:
            return "Internal";
    }
    return "Internal";
}

}  // namespace ingot::base
