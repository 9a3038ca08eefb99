// SPDX-License-Identifier: Apache-2.0
// Azure Resource Manager over HTTP: from a request to the call that the router answers, and from
// its answer to the response, with who calls, the correlation ids and the headers that every answer
// of Azure has. What resources there are is the router's knowledge.
#pragma once

#include "base/cancellation.h"
#include "daemon/live_pump.h"
#include "http/message.h"
#include "identity/authenticator.h"
#include "resources/router.h"

#include <string>

namespace ingot::daemon {

class ArmEndpoint {
  public:
    struct Parts {
        const resources::Router& router;
        identity::Authenticator& authenticator;
        LivePump& live;
        std::string authority;  // where a client without a token is sent
    };

    explicit ArmEndpoint(Parts parts) : parts_(std::move(parts)) {}

    // Any thread.
    [[nodiscard]] http::Response answer(const http::Request& request) const;

    // Who sent the request. Throws Error{Unauthenticated}; the owner of the Unix socket, and root,
    // need no token.
    [[nodiscard]] resources::Caller caller_of(const http::Request& request) const;

    // 401 as clients expect it.
    [[nodiscard]] http::Response challenge(const http::Request& request,
                                           const base::Error& error) const;

  private:
    [[nodiscard]] http::Response routed(const http::Request& request,
                                        const std::string& correlation_id) const;

    Parts parts_;
    base::Cancellation scope_;
};

// https://host:port as the client reached us.
[[nodiscard]] std::string base_url_of(const http::Request& request);

// JSON with the headers of every answer.
[[nodiscard]] http::Response json_response(int status, const boost::json::value& body);

// The answer to what never became a request: malformed, or larger than is taken.
[[nodiscard]] http::Response refusal_of_request(int status);

}  // namespace ingot::daemon
