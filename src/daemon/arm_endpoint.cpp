// SPDX-License-Identifier: Apache-2.0
#include "daemon/arm_endpoint.h"

#include "arm/error_body.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/json.h"
#include "base/uuid.h"
#include "daemon/log.h"
#include "http/form.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::daemon {
namespace {

using base::Error;
using base::ErrorKind;
using resources::Answer;
using resources::Call;

constexpr std::size_t kLongestId = 128;

bool is_letter_or_digit(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string header(const http::Request& request, std::string_view name) {
    return std::string(request.headers.find(name).value_or(""));
}

// What a client sent as an id may go into a header again only if it looks like one.
bool is_plain_id(std::string_view text) {
    return !text.empty() && text.size() <= kLongestId &&
           std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

std::string correlation_of(const http::Request& request) {
    auto given = header(request, "x-ms-correlation-request-id");
    return is_plain_id(given) ? given : base::new_uuid();
}

std::map<std::string, std::string, std::less<>> query_of(const http::Request& request) {
    const auto form = http::parse_form(request.query);
    if (!form) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidQueryString",
                    "The query of the request is not properly percent-encoded.");
    }
    std::map<std::string, std::string, std::less<>> query;
    for (const auto& [name, value] : *form) {
        query.emplace(base::to_lower(name), value);
    }
    return query;
}

std::optional<boost::json::value> body_of(const http::Request& request) {
    if (request.body.empty()) {
        return std::nullopt;
    }
    auto parsed = base::parse_json(request.body);
    if (const auto* problem = std::get_if<base::JsonProblem>(&parsed)) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidRequestContent",
                    fmt::format("The request content was invalid and could not be deserialized: "
                                "'{} Line {}, position {}.'.",
                                problem->message,
                                problem->position.line,
                                problem->position.column));
    }
    return std::move(std::get<boost::json::value>(parsed));
}

resources::RequestPath path_of(const http::Request& request) {
    auto path = resources::RequestPath::parse(request.path);
    if (!path) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidRequestUri",
                    "The path of the request is not one of Azure Resource Manager.");
    }
    return std::move(*path);
}

Call call_of(const http::Request& request,
             resources::Caller caller,
             const std::string& correlation) {
    Call call;
    call.verb = request.method;
    call.path = path_of(request);
    call.raw_path = request.path;
    call.query = query_of(request);
    call.api_version = base::to_lower(call.query_value("api-version"));
    call.body = body_of(request);
    call.if_match = header(request, "If-Match");
    call.if_none_match = header(request, "If-None-Match");
    call.caller = std::move(caller);
    call.correlation_id = correlation;
    call.base_url = base_url_of(request);
    return call;
}

void add_common_headers(http::Response& response) {
    response.headers.add("Cache-Control", "no-cache");
    response.headers.add("Pragma", "no-cache");
    response.headers.add("Expires", "-1");
    response.headers.add("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
    response.headers.add("X-Content-Type-Options", "nosniff");
}

http::Response text_response(const std::string& json) {
    http::Response response;
    add_common_headers(response);
    response.headers.add("Content-Type", "application/json; charset=utf-8");
    response.body = json;
    return response;
}

http::Response live_response(Answer&& answer, LivePump& pump) {
    http::Response response;
    http::Stream stream;
    stream.start = [&pump, next = std::move(answer.live)](http::StreamWriter writer) {
        pump.add(next, std::move(writer));
    };
    response.body = std::move(stream);
    return response;
}

http::Response response_of(Answer&& answer, LivePump& pump) {
    auto headers = std::move(answer.headers);
    const int status = answer.status;
    auto response = answer.live   ? live_response(std::move(answer), pump)
                    : answer.text ? text_response(*answer.text)
                                  : json_response(status, answer.body);
    response.status = status;
    for (auto& [name, value] : headers) {
        response.headers.add(std::move(name), std::move(value));
    }
    return response;
}

http::Response error_response(const Error& error) {
    return json_response(arm::http_status(error.kind()), arm::error_body(error));
}

}  // namespace

std::string base_url_of(const http::Request& request) {
    const auto host = header(request, "Host");
    const bool sound = std::ranges::all_of(host, [](char c) {
        return is_letter_or_digit(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
    });
    return "https://" + (host.empty() || !sound ? "localhost" : host);
}

http::Response json_response(int status, const boost::json::value& body) {
    http::Response response;
    response.status = status;
    add_common_headers(response);
    if (!body.is_null()) {
        response.headers.add("Content-Type", "application/json; charset=utf-8");
        response.body = boost::json::serialize(body);
    }
    return response;
}

http::Response refusal_of_request(int status) {
    const auto [code, message] =
        status == 413 ? std::pair("RequestContentTooLarge", "The request's body is too large.")
        : status == 431
            ? std::pair("RequestHeaderFieldsTooLarge", "The request's head is too large.")
        : status == 505 ? std::pair("HttpVersionNotSupported", "Only HTTP/1.1 and 1.0 are spoken.")
                        : std::pair("BadRequest", "The request is not well-formed HTTP/1.1.");
    return json_response(status,
                         arm::error_body(Error(base::ErrorKind::InvalidArgument, code, message)));
}

resources::Caller ArmEndpoint::caller_of(const http::Request& request) const {
    if (request.peer.unix_socket) {
        const auto uid = request.peer.uid.value_or(::geteuid() + 1);
        if (uid == ::geteuid() || uid == 0) {
            return {.name = "owner", .is_administrator = true};
        }
    }
    constexpr std::string_view kScheme = "bearer ";
    const auto given = header(request, "Authorization");
    if (!base::to_lower(std::string_view(given).substr(0, kScheme.size())).starts_with(kScheme)) {
        throw Error(ErrorKind::Unauthenticated,
                    "AuthenticationFailed",
                    "Authentication failed. The 'Authorization' header is missing.");
    }
    const auto caller = parts_.authenticator.authenticate(
        std::string_view(given).substr(kScheme.size()), base::now(), scope_);
    return {.object_id = caller->object_id,
            .client_id = caller->client_id,
            .name = caller->client_id.empty() ? caller->object_id : caller->client_id};
}

http::Response ArmEndpoint::challenge(const http::Request& request, const Error& error) const {
    auto response = json_response(401, arm::error_body(error));
    response.headers.add("WWW-Authenticate",
                         fmt::format("Bearer authorization_uri=\"{}/{}\", error=\"invalid_token\", "
                                     "error_description=\"{}\"",
                                     base_url_of(request),
                                     parts_.authority,
                                     error.code()));
    return response;
}

http::Response ArmEndpoint::routed(const http::Request& request,
                                   const std::string& correlation_id) const {
    try {
        auto caller = caller_of(request);
        auto answer = parts_.router.answer(call_of(request, std::move(caller), correlation_id));
        return response_of(std::move(answer), parts_.live);
    } catch (const Error& error) {
        return error.kind() == ErrorKind::Unauthenticated ? challenge(request, error)
                                                          : error_response(error);
    } catch (const std::exception& bug) {
        log(Level::Error, "bug", bug.what(), {{"correlationId", correlation_id}});
        return error_response(Error(ErrorKind::Internal,
                                    "InternalServerError",
                                    fmt::format("Encountered internal server error. Diagnostic "
                                                "information: activity id '{}'.",
                                                correlation_id)));
    }
}

http::Response ArmEndpoint::answer(const http::Request& request) const {
    const auto correlation_id = correlation_of(request);
    auto response = routed(request, correlation_id);
    const auto request_id = base::new_uuid();
    response.headers.add("x-ms-request-id", request_id);
    response.headers.add("x-ms-correlation-request-id", correlation_id);
    response.headers.add("x-ms-routing-request-id",
                         fmt::format("INGOT:{}:{}", base::to_compact(base::now()), request_id));
    if (const auto client_id = header(request, "x-ms-client-request-id");
        is_plain_id(client_id) && header(request, "x-ms-return-client-request-id") == "true") {
        response.headers.add("x-ms-client-request-id", client_id);
    }
    return response;
}

}  // namespace ingot::daemon
