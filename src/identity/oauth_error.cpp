// SPDX-License-Identifier: Apache-2.0
#include "identity/oauth_error.h"

#include "base/uuid.h"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace ingot::identity {

std::string_view field_of(const FormFields& fields, std::string_view name) {
    const auto at = fields.find(name);
    return at == fields.end() ? std::string_view() : std::string_view(at->second);
}

std::string quotable(std::string_view text) {
    constexpr std::size_t kLongest = 100;
    std::string result(text.substr(0, kLongest));
    for (char& c : result) {
        c = c >= ' ' && c <= '~' ? c : '?';
    }
    return result;
}

OAuthError invalid_client(int code, std::string message) {
    return {.status = 401, .error = "invalid_client", .code = code, .message = std::move(message)};
}

TokenResponse to_response(const OAuthError& error,
                          base::Timestamp now,
                          std::string_view correlation_id) {
    const auto time = fmt::format("{:%Y-%m-%d %H:%M:%SZ}",
                                  fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
    const auto trace = base::new_uuid();
    const auto correlation = correlation_id.empty() ? base::new_uuid() : quotable(correlation_id);
    return {.status = error.status,
            .body = {{"error", error.error},
                     {"error_description",
                      fmt::format("AADSTS{}: {} Trace ID: {} Correlation ID: {} Timestamp: {}",
                                  error.code,
                                  error.message,
                                  trace,
                                  correlation,
                                  time)},
                     {"error_codes", boost::json::array{error.code}},
                     {"timestamp", time},
                     {"trace_id", trace},
                     {"correlation_id", correlation}}};
}

}  // namespace ingot::identity
