// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/service_client.h"

#include "base/json.h"
#include "cli/remote/members.h"
#include "cli/remote/service_error.h"
#include "http/form.h"
#include "os/wait.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

constexpr auto kLookAgain = std::chrono::seconds(1);

// Of a path that people may have typed: slashes stay, the rest is escaped where it has to be.
std::string encoded_path(std::string_view path) {
    std::string encoded;
    while (true) {
        const auto slash = path.find('/');
        encoded += http::percent_encode(path.substr(0, slash));
        if (slash == std::string_view::npos) {
            return encoded;
        }
        encoded += '/';
        path.remove_prefix(slash + 1);
    }
}

std::string target_of(const std::string& path,
                      std::string_view api_version,
                      const ServiceClient::Query& query = {}) {
    auto target = fmt::format("{}?api-version={}", encoded_path(path), api_version);
    for (const auto& [name, value] : query) {
        target += fmt::format("&{}={}", http::percent_encode(name), http::percent_encode(value));
    }
    return target;
}

// Of an address that the service gave. It may name the service otherwise than we reach it: by
// another name behind a gateway, or by TCP while we come through its socket.
std::string target_in(std::string_view url) {
    const auto scheme = url.find("://");
    const auto path = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
    return path == std::string_view::npos ? "" : std::string(url.substr(path));
}

boost::json::value parsed(const std::string& body, const std::string& target) {
    if (body.empty()) {
        return nullptr;
    }
    auto result = base::parse_json(body, {.size = base::ByteCount::mib(64)});
    if (const auto* problem = std::get_if<base::JsonProblem>(&result)) {
        throw Error(
            ErrorKind::Unavailable,
            "UnreadableAnswer",
            fmt::format(
                "the service answered {} with what is no JSON: {}", target, problem->message));
    }
    return std::move(std::get<boost::json::value>(result));
}

const boost::json::object& object_in(const ServiceClient::Answer& answer) {
    static const boost::json::object kNone;
    return answer.body.is_object() ? answer.body.get_object() : kNone;
}

ServiceError unreachable(const http::HttpError& error, const ServiceAddress& address) {
    if (error.code() == "TlsNotTrusted") {
        return {0,
                error.code(),
                fmt::format("{}\nSSL_CERT_FILE must name the authority of the service: a copy of "
                            "service/ca.pem in its state folder (`ingot connect --env` names it)",
                            error.message())};
    }
    return {503,
            error.code(),
            fmt::format("the service at {} does not answer: {}\nIs it running (`ingot serve`), and "
                        "is the address right?",
                        address.name(),
                        error.message())};
}

}  // namespace

ServiceClient::ServiceClient(ServiceAddress address, base::Cancellation scope)
    : address_(std::move(address)), scope_(std::move(scope)) {}

http::Reply ServiceClient::exchange(http::SendRequest request) {
    request.unix_socket = address_.unix_socket;
    request.authorities = address_.authorities;
    try {
        return client_.send(request, scope_);
    } catch (const http::HttpError& error) {
        if (error.status() == 0) {
            throw unreachable(error, address_);
        }
        throw;
    }
}

void ServiceClient::sign_in() {
    if (!address_.credentials) {
        return;
    }
    const auto& who = *address_.credentials;
    http::SendRequest request;
    request.method = "POST";
    request.url =
        fmt::format("{}/{}/oauth2/v2.0/token", address_.url, http::percent_encode(who.tenant_id));
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    // This audience holds by whatever name the service is reached.
    request.body =
        fmt::format("grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
                    http::percent_encode(who.client_id),
                    http::percent_encode(who.client_secret),
                    http::percent_encode("https://management.azure.com/.default"));
    const auto reply = exchange(std::move(request));
    if (reply.status != 200) {
        throw service_error_from(reply.status, reply.body);
    }
    const auto document = parsed(reply.body, "sign-in");
    token_ = document.is_object() ? text_of(document.get_object(), "access_token") : "";
}

// A token may run out while a command goes on; then it gets a new one, once.
http::Reply ServiceClient::signed_exchange(const http::SendRequest& request) {
    const bool is_new = token_.empty();
    if (is_new) {
        sign_in();
    }
    const auto with_token = [&] {
        auto copy = request;
        if (!token_.empty()) {
            copy.headers.add("Authorization", "Bearer " + token_);
        }
        return exchange(std::move(copy));
    };
    auto reply = with_token();
    if (reply.status == 401 && !is_new) {
        sign_in();
        reply = with_token();
    }
    if (reply.status >= 300) {
        throw service_error_from(reply.status, reply.body);
    }
    return reply;
}

ServiceClient::Answer ServiceClient::answer(const std::string& method,
                                            const std::string& target,
                                            std::optional<std::string> body,
                                            http::Headers headers) {
    http::SendRequest request;
    request.method = method;
    request.headers = std::move(headers);
    request.url = address_.url + target;
    if (body) {
        request.headers.add("Content-Type", "application/json");
    }
    request.body = std::move(body);
    const auto reply = signed_exchange(request);
    return {.status = reply.status,
            .body = parsed(reply.body, target),
            .operation = target_in(reply.headers.find("Azure-AsyncOperation").value_or("")),
            .location = target_in(reply.headers.find("Location").value_or(""))};
}

const std::string& ServiceClient::subscription() {
    if (!address_.subscription.empty()) {
        return address_.subscription;
    }
    const auto known = list("/subscriptions", "2022-12-01");
    if (known.size() != 1 || !known[0].is_object()) {
        throw Error(ErrorKind::InvalidArgument,
                    "NoSubscription",
                    fmt::format("the service at {} shows {} subscriptions; name one with "
                                "--subscription or AZURE_SUBSCRIPTION_ID",
                                address_.name(),
                                known.size()));
    }
    address_.subscription = text_of(known[0].get_object(), "subscriptionId");
    return address_.subscription;
}

boost::json::object ServiceClient::get(const std::string& path, std::string_view api_version) {
    return object_in(answer("GET", target_of(path, api_version)));
}

boost::json::array ServiceClient::list(const std::string& path,
                                       std::string_view api_version,
                                       const Query& query) {
    boost::json::array all;
    auto target = target_of(path, api_version, query);
    while (!target.empty()) {
        const auto page = answer("GET", target);
        for (const auto& one : list_of(object_in(page), "value")) {
            all.push_back(one);
        }
        target = target_in(text_of(object_in(page), "nextLink"));
    }
    return all;
}

ServiceClient::Answer ServiceClient::put(const std::string& path,
                                         std::string_view api_version,
                                         const boost::json::object& body) {
    return answer("PUT", target_of(path, api_version), boost::json::serialize(body));
}

ServiceClient::Answer ServiceClient::put_new(const std::string& path,
                                             std::string_view api_version,
                                             const boost::json::object& body) {
    http::Headers headers;
    headers.add("If-None-Match", "*");
    return answer(
        "PUT", target_of(path, api_version), boost::json::serialize(body), std::move(headers));
}

ServiceClient::Answer ServiceClient::post(const std::string& path,
                                          std::string_view api_version,
                                          const std::optional<boost::json::object>& body) {
    return answer("POST", target_of(path, api_version), body ? boost::json::serialize(*body) : "");
}

ServiceClient::Answer ServiceClient::remove(const std::string& path, std::string_view api_version) {
    auto result = answer("DELETE", target_of(path, api_version));
    if (result.status == 204) {
        throw ServiceError(404, "ResourceNotFound", fmt::format("There is no {}.", path));
    }
    return result;
}

void ServiceClient::finish(const Answer& answer) {
    if (!answer.operation.empty()) {
        follow_operation(answer.operation);
    } else if (answer.status == 202 && !answer.location.empty()) {
        follow_location(answer.location);
    }
}

// The service names no event for an operation's end, so it is asked, as often as it suggests.
void ServiceClient::follow_operation(const std::string& operation) {
    while (true) {
        const auto state = answer("GET", operation);
        const auto status = text_of(object_in(state), "status");
        if (status == "Succeeded") {
            return;
        }
        if (status == "Failed" || status == "Canceled" || status.empty()) {
            throw operation_error_from(object_in(state));
        }
        os::pause_for(kLookAgain, scope_);
    }
}

void ServiceClient::follow_location(const std::string& location) {
    while (answer("GET", location).status == 202) {
        os::pause_for(kLookAgain, scope_);
    }
}

void ServiceClient::stream(const std::string& path,
                           std::string_view api_version,
                           const Query& query,
                           const std::function<void(std::string_view bytes)>& on_bytes,
                           const std::function<void()>& on_wait) {
    http::SendRequest request;
    request.url = address_.url + target_of(path, api_version, query);
    request.stall_timeout = std::chrono::seconds(0);
    request.on_body = on_bytes;
    request.on_wait = on_wait;
    static_cast<void>(signed_exchange(request));
}

}  // namespace ingot::cli
