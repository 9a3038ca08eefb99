// SPDX-License-Identifier: Apache-2.0
// The answers of the OAuth2 endpoints as plain values, and the errors among them in the words and
// with the AADSTS codes of Entra ID, which clients show to people and some switch on.
#pragma once

#include "base/timestamp.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace ingot::identity {

// The fields of a form or a query, decoded. They hold secrets: not to be logged.
using FormFields = std::map<std::string, std::string, std::less<>>;

// Empty if the field is missing.
[[nodiscard]] std::string_view field_of(const FormFields& fields, std::string_view name);

struct TokenResponse {
    int status = 200;
    boost::json::object body{};
};

struct OAuthError {
    int status;
    std::string error;    // RFC 6749 section 5.2
    int code;             // AADSTS…
    std::string message;  // for people; without the AADSTS prefix
};

// Who asks has not shown that it is who it says it is.
[[nodiscard]] OAuthError invalid_client(int code, std::string message);

// `correlation_id` is the client's, or a new one if that is empty.
[[nodiscard]] TokenResponse to_response(const OAuthError& error,
                                        base::Timestamp now,
                                        std::string_view correlation_id = {});

// What a client sent, as it may be repeated to it: printable ASCII, 100 characters at most.
[[nodiscard]] std::string quotable(std::string_view text);

}  // namespace ingot::identity
