// SPDX-License-Identifier: Apache-2.0
// What a resource type is to the router: its name, its api-versions, and a function for each verb
// it knows. A verb without a function is answered 405. Every function may be called from several
// threads at once; it throws base::Error for what cannot be, and the router makes the answer of it.
// Adding a type is adding one of these (providers/).
#pragma once

#include "arm/error_body.h"
#include "resources/call.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ingot::resources {

using Verb = std::function<Answer(const Call& call)>;

struct ResourceType {
    std::string name{};  // Microsoft.Compute/galleries/images
    // Newest first, as they are listed to clients.
    std::vector<std::string> api_versions{};
    // Only these are answered; otherwise any well-formed one is, since the bodies of most types
    // have never differed in what clients look at.
    bool strict_api_versions = false;
    bool has_location = true;  // a tracked resource: it has a location and tags
    bool in_group = true;      // lives in a resource group, which must exist
    bool is_tenants = false;   // lives directly under the tenant and in no subscription
    // Everyone who is signed in may read it: what tells nothing, and what is named by a secret id.
    bool open_to_all = false;
    // Everyone may list it: the list leaves out what the caller may not see.
    bool list_is_open = false;
    // Stands on any scope, from the tenant to a resource, and goes with it.
    bool is_extension = false;

    // What GET answers depends on nothing but the database, so it may be kept until that changes.
    bool can_be_kept = false;

    Verb get{};
    Verb put{};
    Verb patch{};
    Verb remove{};
    Verb list{};                                         // GET on the collection
    std::map<std::string, Verb, std::less<>> actions{};  // POST on /<name>, in lower case

    // Throws if this very resource stands against its removal at the moment, as a template that
    // runs does. What is below it does not count: all of a group is asked before any of it is
    // removed.
    std::function<void(const Call& call)> check_removal{};
    // The right a call needs, where Azure does not name it after type and verb; given the usual
    // one.
    std::function<std::string(const Call& call, const std::string& usual)> right{};

    // The shape of errors from this type itself. Those of the router are always nested.
    std::function<arm::ErrorShape(const std::string& api_version)> error_shape{};

    [[nodiscard]] std::string provider() const { return name.substr(0, name.find('/')); }
};

}  // namespace ingot::resources
