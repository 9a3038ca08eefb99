// SPDX-License-Identifier: Apache-2.0
// One request to Azure Resource Manager and its answer, free of transport: what the router hands
// to a resource type, and what that gives back.
#pragma once

#include "resources/request_path.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

namespace ingot::resources {

struct Caller {
    std::string object_id{};  // what role assignments name
    std::string client_id{};
    std::string name{};             // for the activity log
    bool is_administrator = false;  // the owner of the Unix socket
};

struct Call {
    std::string verb{};  // GET, HEAD, PUT, PATCH, DELETE, POST
    RequestPath path{};
    std::string raw_path{};  // as it came, for links
    std::string api_version{};
    std::map<std::string, std::string, std::less<>> query{};  // names in lower case
    std::optional<boost::json::value> body{};
    std::string if_match{};
    std::string if_none_match{};
    Caller caller{};
    std::string correlation_id{};
    std::string base_url{};  // https://localhost:8443, as the client reached us

    [[nodiscard]] std::string query_value(std::string_view name) const {
        const auto found = query.find(name);
        return found == query.end() ? std::string() : found->second;
    }

    // The name of the addressed resource.
    [[nodiscard]] const std::string& name() const { return path.names.back(); }

    // The body, which must be an object. Throws Error{InvalidArgument, "InvalidRequestContent"}.
    [[nodiscard]] const boost::json::object& object() const;
};

// A piece of a body that comes while it is made.
struct LivePiece {
    std::string text{};  // empty: nothing yet
    bool ended = false;  // there will be no more
};

struct Answer {
    int status = 200;
    boost::json::value body{};  // null: no body
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string file{};  // instead of a body: the whole file, ranges by the transport
    std::shared_ptr<const std::string> text{};  // instead of a body: JSON, as it is sent
    // Instead of a body: asked for the next piece again and again, on one thread at a time, until
    // it has ended or nobody listens any more. Must not block.
    std::function<LivePiece()> live{};
};

[[nodiscard]] Answer ok(boost::json::value body);
[[nodiscard]] Answer created(boost::json::value body);
[[nodiscard]] Answer no_content();

}  // namespace ingot::resources
