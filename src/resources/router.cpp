// SPDX-License-Identifier: Apache-2.0
#include "resources/router.h"

#include "base/ascii.h"
#include "base/error.h"

#include <algorithm>
#include <cctype>

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::resources {
namespace {

using base::Error;
using base::ErrorKind;
using base::to_lower;

// "2022-07-01" or "2018-02-01-preview".
bool is_api_version(std::string_view text) {
    constexpr std::string_view kForm = "dddd-dd-dd";
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        const bool fits = i < text.size() &&
                          (kForm[i] == 'd' ? std::isdigit(static_cast<unsigned char>(text[i])) != 0
                                           : text[i] == kForm[i]);
        if (!fits) {
            return false;
        }
    }
    return text.size() == kForm.size() || text[kForm.size()] == '-';
}

std::string tail_key(const RequestPath& path) {
    return path.type_key() + "/" + to_lower(path.tail);
}

Answer answer_of(const Error& error, arm::ErrorShape shape) {
    Answer answer;
    answer.status = arm::http_status(error.kind());
    answer.body = arm::error_body(error, shape);
    answer.headers.emplace_back("x-ms-failure-cause", "gateway");
    return answer;
}

[[noreturn]] void refuse_verb(const Call& call) {
    throw Error(
        ErrorKind::Unsupported,
        "HttpMethodNotAllowed",
        fmt::format("The requested resource does not support http method '{}'.", call.verb));
}

[[noreturn]] void refuse_place(const RequestPath& path, const ResourceType& type) {
    if (path.subscription.empty()) {
        throw Error(ErrorKind::NotFound,
                    "MissingSubscription",
                    "The request did not have a subscription or a valid tenant level resource "
                    "provider.");
    }
    throw Error(
        ErrorKind::NotFound,
        "InvalidResourceType",
        fmt::format(
            "A resource of type '{}' cannot stand at the scope '{}'.", type.name, path.scope));
}

// An extension stands anywhere. What lives in groups has its lists at the subscription too; all
// else is the tenant's or a subscription's.
void check_place(const RequestPath& path, const ResourceType& type) {
    if (type.is_extension || !path.has_provider) {
        return;
    }
    const auto depth = std::count(path.scope.begin(), path.scope.end(), '/');
    const bool in_subscription = depth == 2 && !path.subscription.empty();
    const bool in_group = depth == 4 && !path.resource_group.empty();
    const bool is_list = path.names.empty();
    const bool fits = type.is_tenants ? depth == 0
                      : type.in_group ? in_group || (in_subscription && is_list)
                                      : depth == 0 || in_subscription || in_group;
    if (!fits) {
        refuse_place(path, type);
    }
}

const Verb* verb_of(const ResourceType& type, const std::string& method, std::string& word) {
    word = "read";
    if (method == "GET" || method == "HEAD") {
        return &type.get;
    }
    word = "write";
    if (method == "PUT" || method == "PATCH") {
        return method == "PUT" ? &type.put : &type.patch;
    }
    word = "delete";
    return method == "DELETE" ? &type.remove : nullptr;
}

}  // namespace

Router::Router(std::vector<ResourceType> types, ResourceRepository& repository, Gates gates)
    : types_(std::move(types)),
      repository_(repository),
      gates_(std::move(gates)),
      kept_(gates_.data_version) {
    for (std::size_t i = 0; i < types_.size(); ++i) {
        by_key_.emplace(to_lower(types_[i].name), i);
    }
}

const ResourceType* Router::find_type(const std::string& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &types_[found->second];
}

const ResourceType* Router::type_named(std::string_view name) const {
    return find_type(to_lower(name));
}

const ResourceType* Router::addressed_type(const RequestPath& path) const {
    const auto* type = path.tail.empty() ? nullptr : find_type(tail_key(path));
    return type != nullptr ? type : find_type(path.type_key());
}

std::optional<Router::Request> Router::request_for(const std::string& id,
                                                   const std::string& verb,
                                                   const Call& cause) const {
    const auto path = RequestPath::parse(id);
    const auto* type = path ? addressed_type(*path) : nullptr;
    if (type == nullptr) {
        return std::nullopt;
    }
    Request request{.type = type, .call = cause};
    request.call.verb = verb;
    request.call.path = *path;
    request.call.raw_path = id;
    request.call.api_version =
        type->api_versions.empty() ? cause.api_version : type->api_versions.front();
    request.call.query.clear();
    request.call.body.reset();
    request.call.if_match.clear();
    request.call.if_none_match.clear();
    return request;
}

// A tail is a collection of a known type, or else an action of the resource before it.
Router::Target Router::find_target(const Call& call) const {
    const auto& path = call.path;
    const auto* owner = find_type(path.type_key());
    if (path.tail.empty() && owner != nullptr) {
        std::string word;
        const auto* verb = verb_of(*owner, call.verb, word);
        return {owner, verb, owner->name + "/" + word};
    }
    if (const auto* type = find_type(tail_key(path))) {
        const bool reads = call.verb == "GET" || call.verb == "HEAD";
        return {type, reads ? &type->list : nullptr, type->name + "/read"};
    }
    if (owner != nullptr) {
        const auto action = owner->actions.find(to_lower(path.tail));
        if (action != owner->actions.end()) {
            return {owner,
                    call.verb == "POST" ? &action->second : nullptr,
                    owner->name + "/" + action->first + "/action"};
        }
    }
    throw Error(
        ErrorKind::NotFound,
        "InvalidResourceType",
        fmt::format("The resource type '{}' could not be found in the namespace '{}' for "
                    "api version '{}'.",
                    path.tail.empty() ? fmt::format("{}", fmt::join(path.types, "/")) : path.tail,
                    path.provider,
                    call.api_version));
}

void Router::check_api_version(const Call& call, const ResourceType& type) const {
    if (call.api_version.empty()) {
        throw Error(
            ErrorKind::InvalidArgument,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.");
    }
    if (!is_api_version(call.api_version)) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidApiVersionParameter",
                    fmt::format("The api-version '{}' is invalid. The supported versions are '{}'.",
                                call.api_version,
                                fmt::join(type.api_versions, ",")));
    }
    const auto known = [&](const std::string& version) {
        return base::equal_ignoring_case(version, call.api_version);
    };
    if (type.strict_api_versions &&
        std::none_of(type.api_versions.begin(), type.api_versions.end(), known)) {
        throw Error(ErrorKind::InvalidArgument,
                    "NoRegisteredProviderFound",
                    fmt::format("No registered resource provider found for location '' and API "
                                "version '{}' for type '{}'. The supported api-versions are '{}'.",
                                call.api_version,
                                type.name.substr(type.name.find('/') + 1),
                                fmt::join(type.api_versions, ", ")));
    }
}

void Router::check_rights(const Call& call, const std::string& action) const {
    const auto scope = call.path.names.empty() ? call.path.scope : call.path.key();
    if (!gates_.may(call.caller, action, scope)) {
        throw Error(
            ErrorKind::Forbidden,
            "AuthorizationFailed",
            fmt::format("The client '{0}' with object id '{1}' does not have authorization to "
                        "perform action '{2}' over scope '{3}' or the scope is invalid. If access "
                        "was recently granted, please refresh your credentials.",
                        call.caller.client_id,
                        call.caller.object_id,
                        action,
                        scope));
    }
}

void Router::check_surroundings(const Call& call, const ResourceType& type) const {
    const auto& path = call.path;
    const bool writes = call.verb != "GET" && call.verb != "HEAD" && call.verb != "DELETE";
    // The subscription itself is its own type's matter: a PUT makes one.
    const bool is_subscription = !path.has_provider && path.names.size() == 1;
    if (!path.subscription.empty() && !(is_subscription && path.tail.empty()) &&
        !gates_.has_subscription(path.subscription)) {
        throw Error(ErrorKind::NotFound,
                    "SubscriptionNotFound",
                    fmt::format("The subscription '{}' could not be found.", path.subscription));
    }
    if (writes && !gates_.is_registered(path.subscription, type.provider())) {
        throw Error(ErrorKind::Conflict,
                    "MissingSubscriptionRegistration",
                    fmt::format("The subscription is not registered to use namespace '{}'. See "
                                "https://aka.ms/rps-not-found for how to register subscriptions.",
                                type.provider()));
    }
    // A GET of one resource finds out by itself.
    const bool reads_one = (call.verb == "GET" || call.verb == "HEAD") && path.tail.empty();
    if (type.in_group && path.has_provider && !path.resource_group.empty() && !reads_one) {
        check_group(call);
    }
}

void Router::check_group(const Call& call) const {
    const auto& path = call.path;
    const auto group = repository_.find(key_of(fmt::format(
        "/subscriptions/{}/resourcegroups/{}", path.subscription, path.resource_group)));
    if (!group) {
        throw Error(ErrorKind::NotFound,
                    "ResourceGroupNotFound",
                    fmt::format("Resource group '{}' could not be found.", path.resource_group));
    }
    const bool makes = call.verb == "PUT" || call.verb == "PATCH" || call.verb == "POST";
    if (makes && group->internal.contains("deleting")) {
        throw Error(ErrorKind::Conflict,
                    "ResourceGroupBeingDeleted",
                    fmt::format("The resource group '{}' is in deprovisioning state and cannot "
                                "perform this operation.",
                                path.resource_group));
    }
}

// What stood on a resource must not stand on another that gets its name later, role assignments
// above all.
void Router::remove_extensions(const Call& call) const {
    const auto key = call.path.key();
    if (repository_.find(key)) {
        return;
    }
    ResourceFilter below;
    below.below = key;
    for (const auto& resource : repository_.list(below)) {
        const auto request = request_for(resource.id, "DELETE", call);
        if (request && request->type->is_extension && request->type->remove) {
            static_cast<void>(request->type->remove(request->call));
        }
    }
}

Answer Router::route(const Call& call) const {
    const auto target = find_target(call);
    check_api_version(call, *target.type);
    if (target.verb == nullptr || !*target.verb) {
        refuse_verb(call);
    }
    check_place(call.path, *target.type);
    const bool reads = call.verb == "GET" || call.verb == "HEAD";
    const bool is_open = target.type->open_to_all ||
                         (target.type->list_is_open && target.verb == &target.type->list);
    if (!reads || !is_open) {
        check_rights(call,
                     target.type->right ? target.type->right(call, target.action) : target.action);
    }
    check_surroundings(call, *target.type);
    const bool keep = target.type->can_be_kept && target.verb == &target.type->get;
    auto answer = keep ? kept_.answer(call, *target.verb) : (*target.verb)(call);
    if (call.verb == "DELETE" && (answer.status == 200 || answer.status == 202)) {
        remove_extensions(call);
    }
    return answer;
}

arm::ErrorShape Router::shape_of(const Call& call) const {
    const auto* type = addressed_type(call.path);
    return type != nullptr && type->error_shape ? type->error_shape(call.api_version)
                                                : arm::ErrorShape::Nested;
}

Answer Router::answer(const Call& call) const {
    try {
        auto answer = route(call);
        if (call.verb == "HEAD") {
            answer.status = answer.status == 200 ? 204 : answer.status;
            answer.body = nullptr;
        }
        return answer;
    } catch (const Error& error) {
        auto answer = answer_of(error, shape_of(call));
        if (error.code() == "HttpMethodNotAllowed") {
            answer.status = 405;
        }
        return answer;
    }
}

}  // namespace ingot::resources
