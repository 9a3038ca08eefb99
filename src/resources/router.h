// SPDX-License-Identifier: Apache-2.0
// From a request to the function that answers it, with everything in between that is the same for
// all types: api-version, subscription, authorization, registration, resource group, verb; and
// from what is thrown to the error body. Knows no type and no transport.
#pragma once

#include "resources/answer_cache.h"
#include "resources/resource_repository.h"
#include "resources/resource_type.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ingot::resources {

// What the router asks of others about a request.
struct Gates {
    std::function<bool(const Caller& caller, const std::string& action, const std::string& scope)>
        may;
    std::function<bool(const std::string& subscription)> has_subscription;
    std::function<bool(const std::string& subscription, const std::string& provider)> is_registered;
    DataVersion data_version{};  // may be empty
};

class Router {
  public:
    Router(std::vector<ResourceType> types, ResourceRepository& repository, Gates gates);

    // Never throws what a client can cause; Cancelled and bugs pass through.
    [[nodiscard]] Answer answer(const Call& call) const;

    // All of them, as they were given.
    [[nodiscard]] const std::vector<ResourceType>& types() const { return types_; }

    // Nothing if there is none. Compared without case.
    [[nodiscard]] const ResourceType* type_named(std::string_view name) const;

    // The call that a client would make of the resource with this id, in its type's newest
    // api-version; the caller and the correlation id are those of `cause`. Nothing where no type is
    // known. Its verbs are called as they are, without a look at rights: `cause` has been allowed.
    struct Request {
        const ResourceType* type;
        Call call;
    };

    [[nodiscard]] std::optional<Request> request_for(const std::string& id,
                                                     const std::string& verb,
                                                     const Call& cause) const;

  private:
    struct Target {
        const ResourceType* type = nullptr;
        const Verb* verb = nullptr;
        std::string action;  // Microsoft.Compute/images/read
    };

    [[nodiscard]] Answer route(const Call& call) const;
    [[nodiscard]] const ResourceType* find_type(const std::string& key) const;
    [[nodiscard]] const ResourceType* addressed_type(const RequestPath& path) const;
    [[nodiscard]] Target find_target(const Call& call) const;
    void check_api_version(const Call& call, const ResourceType& type) const;
    void check_rights(const Call& call, const std::string& action) const;
    void check_surroundings(const Call& call, const ResourceType& type) const;
    void check_group(const Call& call) const;
    void remove_extensions(const Call& call) const;
    [[nodiscard]] arm::ErrorShape shape_of(const Call& call) const;

    std::vector<ResourceType> types_;
    std::unordered_map<std::string, std::size_t> by_key_;
    ResourceRepository& repository_;
    Gates gates_;
    mutable AnswerCache kept_;
};

}  // namespace ingot::resources
