// SPDX-License-Identifier: Apache-2.0
// The one error type of Ingot. An Error says what happened, to which thing, and carries a stable
// code that clients switch on; `kind` is what handlers react to. It is not for cancellation
// (Cancelled, in cancellation.h, is deliberately no Error) and not for validation, which returns
// every Diagnostic as a value.
#pragma once

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace ingot::base {

enum class ErrorKind {
    InvalidArgument,
    NotFound,
    AlreadyExists,
    Conflict,
    PreconditionFailed,
    Unauthenticated,
    Forbidden,
    QuotaExceeded,
    TooManyRequests,
    Unsupported,
    Unavailable,
    Timeout,
    GuestFailed,
    Corrupt,
    Internal,
};

struct ErrorDetail {
    std::string code;
    std::string message;
    std::string target;
};

class Error : public std::exception {
  public:
    // `code` is a stable PascalCase word (ARM clients switch on it); `message` is for a person;
    // `target` names the thing or field, may be empty.
    Error(ErrorKind kind, std::string code, std::string message, std::string target = {});

    [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

    [[nodiscard]] const std::string& code() const noexcept { return code_; }

    [[nodiscard]] const std::string& target() const noexcept { return target_; }

    [[nodiscard]] const std::vector<ErrorDetail>& details() const noexcept { return details_; }

    // Message with its context, outermost first: "building x: copying y: disk full".
    [[nodiscard]] const std::string& message() const noexcept { return message_; }

    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

    void add_context(const std::string& context);

    void add_detail(ErrorDetail detail) { details_.push_back(std::move(detail)); }

  private:
    ErrorKind kind_;
    std::string code_;
    std::string message_;
    std::string target_;
    std::vector<ErrorDetail> details_;
};

// A failed system call. Give it errno as the first thing after the failure: formatting a message
// may change errno, so the factory takes the number, not the global.
class SystemError : public Error {
  public:
    SystemError(int error_number, const std::string& what_failed);

    [[nodiscard]] int error_number() const noexcept { return error_number_; }

  private:
    int error_number_;
};

// Runs `body` and adds `context` to any Error that leaves it.
template <typename Body>
auto with_context(const std::string& context, Body&& body) -> decltype(body()) {
    try {
        return std::forward<Body>(body)();
    } catch (Error& error) {
        error.add_context(context);
        throw;
    }
}

[[nodiscard]] std::string to_string(ErrorKind kind);

}  // namespace ingot::base
