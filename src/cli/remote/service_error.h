// SPDX-License-Identifier: Apache-2.0
// What a service answered instead of doing what it was asked: its own code and message, and what a
// person can do about it.
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace ingot::cli {

class ServiceError : public base::Error {
  public:
    ServiceError(int status, const std::string& code, const std::string& message);

    // Of the answer; 0 for an operation that failed later.
    [[nodiscard]] int status() const noexcept { return status_; }

    // A sentence on what to do next; empty where there is nothing to say.
    [[nodiscard]] std::string advice() const;

  private:
    int status_;
};

// From a body {"error": {…}}, the bare {"code", "message"} of old api-versions, or OAuth's
// {"error", "error_description"}; anything else is named by its status alone. Details become
// ErrorDetails.
[[nodiscard]] ServiceError service_error_from(int status, std::string_view body);
// From the "error" of a long-running operation that did not succeed.
[[nodiscard]] ServiceError operation_error_from(const boost::json::value& operation);

}  // namespace ingot::cli
