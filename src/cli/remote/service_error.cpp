// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/service_error.h"

#include "base/json.h"
#include "cli/remote/members.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::ErrorKind;
using boost::json::value;

ErrorKind kind_of(int status) {
    switch (status) {
        case 400:
            return ErrorKind::InvalidArgument;
        case 401:
            return ErrorKind::Unauthenticated;
        case 403:
            return ErrorKind::Forbidden;
        case 404:
            return ErrorKind::NotFound;
        case 409:
            return ErrorKind::Conflict;
        case 412:
            return ErrorKind::PreconditionFailed;
        case 429:
            return ErrorKind::TooManyRequests;
        default:
            return status >= 500 ? ErrorKind::Unavailable : ErrorKind::InvalidArgument;
    }
}

struct Advice {
    std::string_view code;
    std::string_view text;
};

constexpr std::array kAdvice = {
    Advice{"AuthenticationFailed",
           "Sign in with the AZURE_ variables that `ingot connect --env` prints on the host of the "
           "service; on that host itself no sign-in is needed without --service."},
    Advice{"invalid_client",
           "Compare AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET with what `ingot "
           "connect --env` prints on the host of the service."},
    Advice{"AuthorizationFailed",
           "An owner of the service can assign a role that allows it (az role assignment …)."},
    Advice{"ResourceGroupNotFound",
           "`ingot group list` shows the groups, `ingot group create NAME` makes one."},
    Advice{"SubscriptionNotFound",
           "Give --subscription or AZURE_SUBSCRIPTION_ID; `ingot connect --env` prints the one of "
           "the service."},
    Advice{"OperationNotAllowed",
           "`ingot run list` shows what the runs are doing, `ingot template show NAME` in what "
           "state the template is."},
};

ServiceError from_object(int status, const boost::json::object& error) {
    auto code = text_of(error, "code");
    ServiceError result(
        status, code.empty() ? fmt::format("Http{}", status) : code, text_of(error, "message"));
    for (const auto& detail : list_of(error, "details")) {
        if (const auto* one = detail.if_object()) {
            result.add_detail(
                {text_of(*one, "code"), text_of(*one, "message"), text_of(*one, "target")});
        }
    }
    return result;
}

}  // namespace

ServiceError::ServiceError(int status, const std::string& code, const std::string& message)
    : Error(kind_of(status),
            code,
            message.empty() ? fmt::format("the service answered {}", status) : message),
      status_(status) {}

std::string ServiceError::advice() const {
    const auto* const found = std::ranges::find(kAdvice, code(), &Advice::code);
    return found == kAdvice.end() ? "" : std::string(found->text);
}

ServiceError service_error_from(int status, std::string_view body) {
    const auto parsed = base::parse_json(body);
    const auto* document = std::get_if<value>(&parsed);
    const auto* object = document != nullptr ? document->if_object() : nullptr;
    if (object == nullptr) {
        return {status, fmt::format("Http{}", status), ""};
    }
    const auto* error = object->if_contains("error");
    if (error != nullptr && error->is_string()) {
        return {status, text_of(*object, "error"), text_of(*object, "error_description")};
    }
    return from_object(status,
                       error != nullptr && error->is_object() ? error->get_object() : *object);
}

ServiceError operation_error_from(const value& operation) {
    const auto& object = operation.as_object();
    const auto& error = object_of(object, "error");
    return error.empty()
               ? ServiceError(
                     0, text_of(object, "status"), "the operation ended without saying why")
               : from_object(0, error);
}

}  // namespace ingot::cli
