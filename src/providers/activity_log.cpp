// SPDX-License-Identifier: Apache-2.0
#include "providers/activity_log.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/uuid.h"
#include "resources/documents.h"
#include "resources/filter.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using resources::Activity;
using resources::Answer;
using resources::Call;
using resources::FilterTerm;

constexpr std::string_view kActivityFilters =
    "eventTimestamp ge 'time', eventTimestamp le 'time', and one of resourceGroupName eq 'name', "
    "resourceUri eq 'id', resourceProvider eq 'namespace', correlationId eq 'id', status eq "
    "'status', caller eq 'name', joined by 'and'";
constexpr std::string_view kComparable[] = {
    "resourceuri", "resourceid", "resourceprovider", "correlationid", "status", "caller"};
constexpr std::size_t kPageSize = 1000;
// Any will do: entries have no id of their own, equal ones get equal ids.
constexpr std::string_view kEntryIds = "6ba7b812-9dad-11d1-80b4-00c04fd430c8";

base::Timestamp time_in(const FilterTerm& term) {
    auto text = term.value;
    if (text.ends_with("+00:00")) {
        text.resize(text.size() - std::string_view("+00:00").size());
    }
    if (text.ends_with('Z') || text.ends_with('z')) {
        text.pop_back();
    }
    // A sign after the time would be another zone.
    const auto time_of_day = std::min(text.find('T'), text.size());
    const bool other_zone = text.find_first_of("+-", time_of_day) != std::string::npos;
    const auto time = other_zone ? std::nullopt : base::from_rfc3339(text + "Z");
    if (!time) {
        throw Error(
            ErrorKind::InvalidArgument,
            "InvalidFilterInQueryString",
            fmt::format("'{}' is no time in UTC, such as 2026-11-20T09:17:31Z.", term.value));
    }
    return *time;
}

// What a $filter asks for; the repository narrows by time and group.
struct WantedActivities {
    resources::ActivityFilter filter{};
    std::vector<FilterTerm> others{};
};

WantedActivities wanted_activities(const Call& call) {
    const auto text = call.query_value("$filter");
    WantedActivities wanted;
    wanted.filter.subscription = call.path.subscription;
    for (auto& term : resources::parse_filter(text, kActivityFilters)) {
        if (term.name == "eventtimestamp" && term.operation == "ge") {
            wanted.filter.from = time_in(term);
        } else if (term.name == "eventtimestamp" && term.operation == "le") {
            wanted.filter.until = time_in(term);
        } else if (term.is_equal("resourcegroupname")) {
            wanted.filter.group = term.value;
        } else if (term.operation == "eq" &&
                   std::ranges::find(kComparable, term.name) != std::end(kComparable)) {
            wanted.others.push_back(std::move(term));
        } else {
            throw resources::unsupported_filter(text, kActivityFilters);
        }
    }
    return wanted;
}

// Of the resource that an entry is about; "Microsoft.Resources" for groups and subscriptions.
std::string provider_of(const Activity& activity) {
    const auto path = resources::RequestPath::parse(activity.resource_id);
    return path ? path->provider : std::string();
}

bool matches(const FilterTerm& term, const Activity& activity) {
    const auto& wanted = term.value;
    if (term.name == "resourceuri" || term.name == "resourceid") {
        return resources::key_of(activity.resource_id) == resources::key_of(wanted);
    }
    const auto value = term.name == "resourceprovider" ? provider_of(activity)
                       : term.name == "correlationid"  ? activity.correlation_id
                       : term.name == "status"         ? activity.status
                                                       : activity.caller;
    return base::equal_ignoring_case(value, wanted);
}

object localizable(std::string_view value) {
    return {{"value", value}, {"localizedValue", value}};
}

std::string type_in(const std::string& action) {
    auto type = action.substr(0, action.rfind('/'));
    return action.ends_with("/action") ? type.substr(0, type.rfind('/')) : type;
}

object document_of(const Activity& activity, const std::string& tenant) {
    const auto path = resources::RequestPath::parse(activity.resource_id);
    const auto id = base::name_based_uuid(kEntryIds,
                                          fmt::format("{} {} {} {}",
                                                      base::to_rfc3339(activity.time),
                                                      activity.action,
                                                      activity.resource_id,
                                                      activity.correlation_id));
    const auto time = base::to_rfc3339(activity.time);
    return {{"authorization", {{"action", activity.action}, {"scope", activity.resource_id}}},
            {"caller", activity.caller},
            {"category", localizable("Administrative")},
            {"channels", "Operation"},
            {"correlationId", activity.correlation_id},
            {"eventDataId", id},
            {"eventName", localizable("EndRequest")},
            {"eventTimestamp", time},
            {"id", fmt::format("{}/events/{}", activity.resource_id, id)},
            {"level", activity.status == "Failed" ? "Error" : "Informational"},
            {"operationId", activity.correlation_id},
            {"operationName", localizable(activity.action)},
            {"resourceGroupName", path ? path->resource_group : std::string()},
            {"resourceId", activity.resource_id},
            {"resourceProviderName", localizable(provider_of(activity))},
            {"resourceType", localizable(type_in(activity.action))},
            {"status", localizable(activity.status)},
            {"subStatus", localizable("")},
            {"submissionTimestamp", time},
            {"subscriptionId", path ? path->subscription : std::string()},
            {"tenantId", tenant}};
}

std::size_t entries_before(const Call& call) {
    const auto token = call.query_value("$skiptoken");
    std::size_t count = 0;
    const auto* end = token.data() + token.size();
    const auto read = std::from_chars(token.data(), end, count);
    if (!token.empty() && (read.ec != std::errc() || read.ptr != end)) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidSkipToken",
                    fmt::format("'{}' is no $skipToken of this list.", token));
    }
    return count;
}

Answer list_activities(const Services& services, const Call& call) {
    auto wanted = wanted_activities(call);
    const auto before = entries_before(call);
    // What is left out here is not counted by the repository.
    wanted.filter.limit =
        wanted.others.empty() ? before + kPageSize + 1 : std::numeric_limits<std::size_t>::max();
    std::size_t seen = 0;
    boost::json::array value;
    for (const auto& activity : services.resources.activities(wanted.filter)) {
        const bool fits = std::ranges::all_of(
            wanted.others, [&](const auto& term) { return matches(term, activity); });
        seen += fits ? 1 : 0;
        if (fits && seen > before && value.size() < kPageSize) {
            value.push_back(document_of(activity, services.tenant_id));
        }
    }
    object page{{"value", std::move(value)}};
    if (seen > before + kPageSize) {
        page["nextLink"] =
            resources::next_link(call, {{"$skipToken", std::to_string(before + kPageSize)}});
    }
    return resources::ok(std::move(page));
}

}  // namespace

resources::ResourceType activity_log(const Services& services) {
    resources::ResourceType type;
    type.name = "Microsoft.Insights/eventtypes/values";
    type.api_versions = {"2015-04-01", "2017-03-01-preview"};
    type.has_location = type.in_group = false;
    type.list = [&services](const Call& call) { return list_activities(services, call); };
    return type;
}

}  // namespace ingot::providers
