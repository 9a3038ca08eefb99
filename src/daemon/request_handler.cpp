// SPDX-License-Identifier: Apache-2.0
#include "daemon/request_handler.h"

#include "arm/error_body.h"
#include "base/error.h"
#include "daemon/log.h"
#include "http/form.h"
#include "identity/oidc_token_verifier.h"
#include "providers/cloud_metadata.h"

#include <chrono>
#include <utility>

namespace ingot::daemon {
namespace {

using base::Error;

constexpr std::string_view kReadOutputs =
    "Microsoft.VirtualMachineImages/imageTemplates/runOutputs/read";

bool is_local(const http::Peer& peer) {
    return peer.unix_socket || peer.address.starts_with("127.") || peer.address == "::1";
}

std::string api_version_of(const http::Request& request) {
    const auto form = http::parse_form(request.query).value_or(http::Form());
    const auto found = form.find("api-version");
    return found == form.end() ? "" : found->second;
}

// Doubled slashes mean nothing: az makes some of a resource id that ends in one.
std::string squeezed(const std::string& path) {
    std::string plain;
    for (const char c : path) {
        if (c != '/' || plain.empty() || plain.back() != '/') {
            plain += c;
        }
    }
    return plain;
}

void log_request(const http::Request& request,
                 const http::Response& response,
                 std::chrono::microseconds took) {
    log(Level::Info,
        "request",
        request.method,
        {{"path", request.path},
         {"status", response.status},
         {"milliseconds", static_cast<double>(took.count()) / 1000},
         {"peer", request.peer.unix_socket ? "socket" : request.peer.address},
         {"correlationId",
          response.headers.find("x-ms-correlation-request-id").value_or(std::string_view())}});
}

}  // namespace

RequestHandler::RequestHandler(Parts parts)
    : parts_(std::move(parts)),
      audiences_(parts_.audiences),
      issuer_({.issuer = "https://ingot/" + parts_.tenant_id, .tenant_id = parts_.tenant_id},
              parts_.token_key),
      authenticator_(verifiers()),
      sign_in_({.issuer = issuer_,
                .audiences = audiences_,
                .principals = parts_.principals,
                .external = parts_.external,
                .public_url = parts_.url}),
      arm_({.router = parts_.router,
            .authenticator = authenticator_,
            .live = parts_.live,
            .authority = parts_.tenant_id}) {}

std::vector<std::unique_ptr<identity::TokenVerifier>> RequestHandler::verifiers() const {
    std::vector<std::unique_ptr<identity::TokenVerifier>> list;
    list.push_back(
        std::make_unique<identity::BuiltInTokenVerifier>(issuer_.settings().issuer,
                                                         parts_.tenant_id,
                                                         std::vector{parts_.token_key.public_key()},
                                                         audiences_));
    for (const auto& one : parts_.trusted) {
        list.push_back(std::make_unique<identity::OidcTokenVerifier>(
            parts_.external.at(one.issuer),
            identity::OidcCallerMapping{.audience = one.audience,
                                        .claim = one.claim,
                                        .claim_is_object_id = one.claim_is_object_id}));
    }
    return list;
}

http::Response RequestHandler::answer(const http::Request& request) {
    const auto begin = std::chrono::steady_clock::now();
    auto response = dispatch(request);
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin);
    metrics_.count_request(response.status, took);
    if (response.status >= 400 || request.method != "GET") {
        log_request(request, response, took);
    }
    return response;
}

http::Response RequestHandler::dispatch(const http::Request& request) {
    if (request.peer.listener == "identity") {
        return sign_in_.answer_managed_identity(request);
    }
    if (auto open = answer_open(request)) {
        return std::move(*open);
    }
    try {
        if (auto download = answer_download(request)) {
            return std::move(*download);
        }
    } catch (const Error& error) {
        return json_response(arm::http_status(error.kind()), arm::error_body(error));
    }
    return arm_.answer(request);
}

// What needs no token.
std::optional<http::Response> RequestHandler::answer_open(const http::Request& request) {
    const auto path = squeezed(request.path);
    if (request.method == "GET") {
        if (path == "/metadata/endpoints") {
            return json_response(
                200,
                providers::cloud_metadata(
                    base_url_of(request), api_version_of(request), parts_.tenant_id));
        }
        if (path == "/aliases.json") {
            return json_response(200, providers::image_aliases(parts_.catalog));
        }
        if (path == "/healthz") {
            return json_response(200, {{"status", "ok"}});
        }
        if (path == "/metrics" && is_local(request.peer)) {
            return answer_metrics(request);
        }
    }
    return sign_in_.answer(request);
}

http::Response RequestHandler::answer_metrics(const http::Request&) {
    const auto counts = parts_.queue.counts();
    http::Response response;
    response.headers.add("Content-Type", "text/plain; version=0.0.4");
    response.body = metrics_.text({.runs_running = counts.running,
                                   .runs_waiting = counts.waiting,
                                   .followers = parts_.live.followers()});
    return response;
}

std::optional<http::Response> RequestHandler::answer_download(const http::Request& request) {
    if (request.method != "GET" && request.method != "HEAD") {
        return std::nullopt;
    }
    const auto vhd = parts_.vhds.find(request);
    if (!vhd) {
        return std::nullopt;
    }
    if (!parts_.vhds.is_signed(request, *vhd)) {
        const auto caller = arm_.caller_of(request);
        const auto run = parts_.runs.find(vhd->provenance.run_id);
        const auto scope = run && !run->template_key.empty() ? run->template_key : "/";
        if (!parts_.access.may(caller, kReadOutputs, scope)) {
            throw identity::authorization_failed(
                caller.client_id, caller.object_id, kReadOutputs, scope);
        }
    }
    return parts_.vhds.answer(request, *vhd);
}

}  // namespace ingot::daemon
