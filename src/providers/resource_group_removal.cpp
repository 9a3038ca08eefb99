// SPDX-License-Identifier: Apache-2.0
#include "providers/resource_group_removal.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/uuid.h"
#include "resources/documents.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using resources::Answer;
using resources::Call;
using resources::Operation;
using resources::OperationStatus;
using resources::Resource;
using Request = resources::Router::Request;

constexpr std::string_view kDeleteGroup = "Microsoft.Resources/subscriptions/resourceGroups/delete";
constexpr std::string_view kDeleting = "deleting";  // internal; the router looks for it too
// Zero or a fraction confuses several clients.
constexpr std::string_view kLookForTheEndAfter = "1";

void point_to(const Operation& operation, const Call& call, Answer& answer) {
    answer.headers.emplace_back(
        "Location",
        fmt::format("{}/subscriptions/{}/operationresults/{}?api-version={}",
                    call.base_url,
                    call.path.subscription,
                    operation.id,
                    call.api_version));
    answer.headers.emplace_back("Retry-After", kLookForTheEndAfter);
}

resources::ResourceFilter everything_in(const Call& call) {
    resources::ResourceFilter filter;
    filter.below = call.path.key();
    return filter;
}

// Children before what they belong to, and what may stand against its removal before what it may
// use; what stands on a resource, such as role assignments, last: should something fail, whoever
// had rights still has them.
auto order(const Request& request) {
    const auto& type = *request.type;
    return std::make_tuple(type.is_extension,
                           -static_cast<int>(request.call.path.names.size()),
                           !type.check_removal,
                           request.call.path.key());
}

}  // namespace

bool is_being_removed(const Resource& group) {
    return group.internal.contains(kDeleting);
}

Answer ResourceGroupRemoval::carry_out(const Call& call) {
    const std::scoped_lock lock(one_at_a_time_);
    const auto group = mark(call);
    Operation operation{.id = base::new_uuid(),
                        .subscription = base::to_lower(call.path.subscription),
                        .resource_key = call.path.key(),
                        .started = base::now()};
    try {
        empty(call);
        operation.status = OperationStatus::Succeeded;
    } catch (const Error& error) {
        operation.status = OperationStatus::Failed;
        operation.error_code = error.code();
        operation.error_message = error.message();
        unmark(group);
    }
    finish(call, operation);
    Answer answer;
    answer.status = 202;
    point_to(operation, call, answer);
    return answer;
}

Resource ResourceGroupRemoval::mark(const Call& call) const {
    for (;;) {
        auto group = services_.resources.find(call.path.key());
        if (!group) {
            throw Error(
                ErrorKind::NotFound,
                "ResourceGroupNotFound",
                fmt::format("Resource group '{}' could not be found.", call.path.resource_group));
        }
        group->internal[kDeleting] = true;
        resources::Change change;
        change.writes.push_back({*group, resources::Expectation::unchanged(*group)});
        try {
            group->etag = services_.resources.apply(change);
            return std::move(*group);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::PreconditionFailed) {
                throw;
            }
        }
    }
}

// Nobody writes a group that is being removed, so it is as mark() left it.
void ResourceGroupRemoval::unmark(const Resource& group) const {
    auto unmarked = group;
    unmarked.internal.erase(kDeleting);
    resources::Change change;
    change.writes.push_back({unmarked, resources::Expectation::unchanged(group)});
    static_cast<void>(services_.resources.apply(change));
}

std::vector<Request> ResourceGroupRemoval::requests(const Call& call) const {
    std::vector<Request> requests;
    for (const auto& resource : services_.resources.list(everything_in(call))) {
        auto request = router_->request_for(resource.id, "DELETE", call);
        if (request && request->type->remove) {
            requests.push_back(std::move(*request));
        }
    }
    std::ranges::sort(requests, {}, order);
    return requests;
}

void ResourceGroupRemoval::empty(const Call& call) const {
    const auto all = requests(call);
    for (const auto& request : all) {
        if (request.type->check_removal) {
            request.type->check_removal(request.call);
        }
    }
    for (const auto& request : all) {
        static_cast<void>(request.type->remove(request.call));
    }
    // A request that was under way when the group was marked may have made something since.
    const auto left = requests(call);
    if (!left.empty()) {
        throw Error(ErrorKind::Conflict,
                    "ResourceGroupDeletionBlocked",
                    fmt::format("Deletion of resource group '{}' failed: '{}' is still in it.",
                                call.path.resource_group,
                                left.front().call.raw_path));
    }
}

// What has no type, or one that cannot be removed by itself, goes with the group.
void ResourceGroupRemoval::finish(const Call& call, Operation& operation) const {
    operation.ended = base::now();
    resources::Change change;
    auto activity = resources::activity_of(call, std::string(kDeleteGroup), call.path.key());
    activity.status = resources::to_string(operation.status);
    if (operation.status == OperationStatus::Succeeded) {
        change.removals.push_back({call.path.key(), resources::Expectation::anything()});
        for (const auto& resource : services_.resources.list(everything_in(call))) {
            change.removals.push_back(
                {resources::key_of(resource.id), resources::Expectation::anything()});
        }
    }
    change.operations.push_back(operation);
    change.activities.push_back(std::move(activity));
    static_cast<void>(services_.resources.apply(change));
}

Answer ResourceGroupRemoval::result(const Call& call) const {
    const auto operation = services_.resources.find_operation(call.name());
    if (!operation || !operation->run_id.empty() ||
        !base::equal_ignoring_case(operation->subscription, call.path.subscription)) {
        throw Error(ErrorKind::NotFound,
                    "OperationNotFound",
                    fmt::format("There is no operation '{}'.", call.name()));
    }
    if (operation->status == OperationStatus::Failed ||
        operation->status == OperationStatus::Canceled) {
        throw Error(ErrorKind::Conflict, operation->error_code, operation->error_message);
    }
    Answer answer;
    if (operation->status == OperationStatus::InProgress) {
        answer.status = 202;
        point_to(*operation, call, answer);
    }
    return answer;
}

}  // namespace ingot::providers
