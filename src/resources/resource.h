// SPDX-License-Identifier: Apache-2.0
// A resource of Azure Resource Manager as it is kept: one document with an id, an etag and what
// every resource has. What the document means is its type's knowledge (providers/); keeping it is
// resource_repository.h's.
#pragma once

#include "base/timestamp.h"

#include <optional>
#include <string>

#include <boost/json/object.hpp>

namespace ingot::resources {

struct Resource {
    std::string id{};        // as clients get it, in the case it was created with
    std::string type{};      // Microsoft.Compute/galleries, as registered
    std::string location{};  // empty for what has none
    boost::json::object tags{};
    // Every other member of the body: properties, identity, sku, …
    boost::json::object body{};
    // What only the service knows; never shown.
    boost::json::object internal{};
    std::string etag{};  // given by the repository at each write
    base::Timestamp created{};
    base::Timestamp changed{};

    [[nodiscard]] std::string name() const { return id.substr(id.find_last_of('/') + 1); }

    // Makes the member if it is not there.
    [[nodiscard]] boost::json::object& properties();
    // Empty if there is none.
    [[nodiscard]] const boost::json::object& properties() const;

    // {id, name, type, location, tags, …body}: what a client gets.
    [[nodiscard]] boost::json::object document() const;
};

// An ARM long-running operation, as its status URL shows it.
enum class OperationStatus { InProgress, Succeeded, Failed, Canceled };

[[nodiscard]] std::string to_string(OperationStatus status);
[[nodiscard]] std::optional<OperationStatus> operation_status_from(std::string_view text);

struct Operation {
    std::string id{};            // lower-case uuid
    std::string subscription{};  // whose it is: nobody else can ask for it
    std::string resource_key{};  // what it is about
    std::string run_id{};        // of a template's run: then the run's state is the status
    OperationStatus status = OperationStatus::InProgress;
    base::Timestamp started{};
    std::optional<base::Timestamp> ended{};
    std::string error_code{};
    std::string error_message{};
};

// One line of the activity log.
struct Activity {
    base::Timestamp time{};
    std::string caller{};
    std::string action{};  // Microsoft.Compute/images/delete
    std::string resource_id{};
    std::string correlation_id{};
    std::string status{};  // Succeeded, Accepted, Failed
};

}  // namespace ingot::resources
