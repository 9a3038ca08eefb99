// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/run_document.h"

#include "arm/resource_id.h"
#include "cli/remote/members.h"

#include <boost/json/array.hpp>

namespace ingot::cli {
namespace {

using build::FailureCause;

// The service that says why a run failed says it by `failureCause`.
build::RunFailure failure_from(const boost::json::object& properties, build::RunState state) {
    if (state == build::RunState::Succeeded || !build::is_final(state)) {
        return {};
    }
    const auto unnamed =
        state == build::RunState::Canceled ? FailureCause::Canceled : FailureCause::Internal;
    return {
        .cause = build::failure_cause_from(text_of(properties, "failureCause")).value_or(unnamed),
        .code = text_of(properties, "failureCode"),
        .message = text_of(properties, "message"),
        .step = text_of(properties, "failedStep")};
}

}  // namespace

build::Run run_from(const boost::json::object& document) {
    const auto& properties = object_of(document, "properties");
    build::Run run;
    run.id = text_of(document, "name");
    if (const auto id = arm::ResourceId::try_parse(text_of(document, "id"))) {
        run.template_name = id->names().empty() ? "" : id->names().front();
    }
    run.exact_source = text_of(properties, "exactSource");
    run.state = build::run_state_from(text_of(properties, "runState")).value_or(run.state);
    run.sub_state = build::run_sub_state_from(text_of(properties, "runSubState"))
                        .value_or(build::RunSubState::None);
    run.started = base::from_rfc3339(text_of(properties, "startTime")).value_or(base::Timestamp());
    if (build::is_final(run.state)) {
        run.ended = base::from_rfc3339(text_of(properties, "endTime"));
    }
    run.failure = failure_from(properties, run.state);
    return run;
}

std::vector<gallery::RunOutput> outputs_from(const boost::json::object& document) {
    std::vector<gallery::RunOutput> outputs;
    for (const auto& one : list_of(object_of(document, "properties"), "outputs")) {
        if (const auto* output = one.if_object()) {
            outputs.push_back({.name = text_of(*output, "runOutputName"),
                               .artifact_id = text_of(*output, "artifact")});
        }
    }
    return outputs;
}

}  // namespace ingot::cli
