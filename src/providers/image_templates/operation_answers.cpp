// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/operation_answers.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/uuid.h"
#include "providers/image_templates/image_templates.h"

#include <cctype>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using resources::Answer;
using resources::Call;
using resources::Operation;
using resources::OperationStatus;
using resources::ResourceType;

// Without it az looks every 30 seconds; zero or a fraction confuses several clients.
constexpr std::string_view kLookAgainAfter = "1";

std::string upper(std::string text) {
    for (char& c : text) {
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return text;
}

OperationStatus status_of(build::RunState state) {
    switch (state) {
        case build::RunState::Running:
        case build::RunState::Canceling:
            return OperationStatus::InProgress;
        case build::RunState::Succeeded:
            return OperationStatus::Succeeded;
        // Some targets were written, but the client did not get what it asked for.
        case build::RunState::PartiallySucceeded:
        case build::RunState::Failed:
            return OperationStatus::Failed;
        case build::RunState::Canceled:
            return OperationStatus::Canceled;
    }
    return OperationStatus::Failed;
}

void follow_run(const Services& services, Operation& operation) {
    const auto run = operation.run_id.empty() ? std::nullopt : services.runs.find(operation.run_id);
    if (run) {
        operation.status = status_of(run->state);
        operation.ended = run->ended;
        operation.error_code = run->failure.code;
        operation.error_message = run->failure.message;
    }
}

object document_of(const Operation& operation) {
    object document{{"name", upper(operation.id)},
                    {"status", to_string(operation.status)},
                    {"startTime", base::to_rfc3339(operation.started)}};
    if (operation.ended) {
        document["endTime"] = base::to_rfc3339(*operation.ended);
    }
    if (operation.status == OperationStatus::Failed ||
        operation.status == OperationStatus::Canceled) {
        const auto* fallback =
            operation.status == OperationStatus::Canceled ? "Canceled" : "InternalOperationError";
        document["error"] = {
            {"code", operation.error_code.empty() ? fallback : operation.error_code},
            {"message", operation.error_message}};
    }
    return document;
}

Answer status(const Services& services, const Call& call) {
    auto operation = services.resources.find_operation(base::to_lower(call.name()));
    if (!operation || !base::equal_ignoring_case(operation->subscription, call.path.subscription)) {
        throw Error(ErrorKind::NotFound,
                    "OperationNotFound",
                    fmt::format("There is no operation '{}'.", call.name()));
    }
    follow_run(services, *operation);
    auto answer = resources::ok(document_of(*operation));
    if (operation->status == OperationStatus::InProgress) {
        answer.headers.emplace_back("Retry-After", kLookAgainAfter);
    }
    return answer;
}

struct KnownOperation {
    std::string_view name;
    std::string_view resource;
    std::string_view does;
};

// As the published example of 2024-02-01 lists them.
constexpr KnownOperation kOperations[] = {
    {"register/action", "Register", "Register for the provider"},
    {"unregister/action", "Unregister", "Unregister for the provider"},
    {"imageTemplates/read", "Image Template", "Get or list image templates"},
    {"imageTemplates/write", "Image Template", "Create or update an image template"},
    {"imageTemplates/delete", "Image Template", "Delete an image template"},
    {"imageTemplates/run/action", "Image Template", "Run an image template"},
    {"imageTemplates/cancel/action", "Image Template", "Cancel a run of an image template"},
    {"imageTemplates/runOutputs/read", "Run Output", "Get or list run outputs"},
    {"imageTemplates/triggers/read", "Trigger", "Get or list triggers"},
    {"imageTemplates/triggers/write", "Trigger", "Create or update a trigger"},
    {"imageTemplates/triggers/delete", "Trigger", "Delete a trigger"},
    {"imageTemplates/runs/read", "Run", "Get or list runs and their logs"},
    {"operations/read", "Operations", "List the operations of the provider"},
    {"locations/operations/read", "Operation", "Get the status of an operation"},
};

Answer list_operations() {
    boost::json::array list;
    for (const auto& known : kOperations) {
        list.push_back({{"name", fmt::format("Microsoft.VirtualMachineImages/{}", known.name)},
                        {"display",
                         {{"provider", "Virtual Machine Image Builder"},
                          {"resource", known.resource},
                          {"operation", known.does},
                          {"description", known.does}}}});
    }
    return resources::ok(object{{"value", std::move(list)}});
}

}  // namespace

Operation new_operation(const Call& call, const std::string& resource_key) {
    return {.id = base::new_uuid(),
            .subscription = base::to_lower(call.path.subscription),
            .resource_key = resource_key,
            .started = base::now()};
}

void point_to(const Operation& operation,
              const Call& call,
              const std::string& location,
              PollBy by,
              Answer& answer) {
    const auto url = fmt::format(
        "{}/subscriptions/{}/providers/Microsoft.VirtualMachineImages/locations/{}/operations/"
        "{}?api-version={}",
        call.base_url,
        call.path.subscription,
        location,
        operation.id,
        call.api_version);
    answer.headers.emplace_back("Azure-AsyncOperation", url);
    if (by == PollBy::AsyncOperationAndLocation) {
        answer.headers.emplace_back("Location", url);
    }
    answer.headers.emplace_back("Retry-After", kLookAgainAfter);
}

std::vector<ResourceType> image_builder_operations(const Services& services) {
    ResourceType operation;
    operation.name = "Microsoft.VirtualMachineImages/locations/operations";
    operation.api_versions = image_builder_versions();
    operation.has_location = operation.in_group = false;
    operation.open_to_all = true;
    operation.error_shape = image_builder_error_shape;
    operation.get = [&services](const Call& call) { return status(services, call); };
    ResourceType list;
    list.name = "Microsoft.VirtualMachineImages/operations";
    list.api_versions = image_builder_versions();
    list.has_location = list.in_group = false;
    list.open_to_all = true;
    list.error_shape = image_builder_error_shape;
    list.list = [](const Call&) { return list_operations(); };
    return {std::move(operation), std::move(list)};
}

}  // namespace ingot::providers
