// SPDX-License-Identifier: Apache-2.0
#include "store/resource_store.h"

#include "base/ascii.h"
#include "base/uuid.h"
#include "resources/request_path.h"
#include "store/columns.h"
#include "store/image_mirror.h"
#include "store/resource_rows.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace ingot::store {
namespace {

using base::Error;
using base::ErrorKind;
using resources::Activity;
using resources::Expectation;
using resources::Operation;
using resources::Resource;

constexpr std::string_view kOperationColumns =
    "SELECT id, subscription, resource_key, run_id, status, started, ended, error_code, "
    "error_message FROM operations ";

Operation read_operation(sql::Row row) {
    Operation operation{.id = row.text(),
                        .subscription = row.text(),
                        .resource_key = row.text(),
                        .run_id = row.text(),
                        .status = read_as(row, "status", resources::operation_status_from),
                        .started = read_time(row, "started")};
    if (const auto ended = row.optional_text()) {
        operation.ended = base::from_rfc3339(*ended);
    }
    operation.error_code = row.text();
    operation.error_message = row.text();
    return operation;
}

// A prefix as a range: everything from `prefix` to the first key that no longer has it. LIKE would
// read the underscores of names as wildcards.
std::string end_of_prefix(std::string prefix) {
    prefix.back() = static_cast<char>(prefix.back() + 1);
    return prefix;
}

void check(sql::Database& database, const std::string& key, const Expectation& expectation) {
    if (expectation.kind == Expectation::Kind::Anything) {
        return;
    }
    auto query = database.prepare("SELECT etag FROM resources WHERE id_key = $1");
    const bool found = query.bind(key).next();
    if (expectation.kind == Expectation::Kind::Absent && found) {
        throw Error(ErrorKind::Conflict,
                    "ResourceConflict",
                    "The resource was created by another request meanwhile; please try again.");
    }
    if (expectation.kind == Expectation::Kind::Etag &&
        (!found || query.row().text() != expectation.etag)) {
        throw Error(ErrorKind::PreconditionFailed,
                    "PreconditionFailed",
                    "The resource was changed by another request meanwhile; please try again.");
    }
}

void write(sql::Database& database, const Operation& operation) {
    database
        .prepare(
            "INSERT INTO operations (id, subscription, resource_key, run_id, status, started, "
            "ended, error_code, error_message) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
            "ON CONFLICT (id) DO UPDATE SET status = excluded.status, ended = excluded.ended, "
            "error_code = excluded.error_code, error_message = excluded.error_message")
        .bind(operation.id)
        .bind(base::to_lower(operation.subscription))
        .bind(operation.resource_key)
        .bind(operation.run_id)
        .bind(resources::to_string(operation.status))
        .bind(base::to_rfc3339(operation.started))
        .bind(optional_time(operation.ended))
        .bind(operation.error_code)
        .bind(operation.error_message)
        .run();
}

void write(sql::Database& database, const Activity& activity) {
    const Home home(resources::key_of(activity.resource_id));
    database
        .prepare(
            "INSERT INTO activities (id, time, subscription_key, group_key, caller, action, "
            "resource_id, correlation_id, status) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(base::new_uuid())
        .bind(base::to_rfc3339(activity.time))
        .bind(home.subscription)
        .bind(home.group)
        .bind(activity.caller)
        .bind(activity.action)
        .bind(activity.resource_id)
        .bind(activity.correlation_id)
        .bind(activity.status)
        .run();
}

// A WHERE clause that grows, and its values in their order.
class Where {
  public:
    // `condition` holds a {} for the parameter.
    void add(std::string_view condition, std::string value) {
        values_.push_back(std::move(value));
        text_ += text_.empty() ? "WHERE " : "AND ";
        text_ += fmt::format(fmt::runtime(condition), fmt::format("${}", values_.size())) + " ";
    }

    void add_equal(std::string_view column, const std::string& value) {
        if (!value.empty()) {
            add(std::string(column) + " = {}", base::to_lower(value));
        }
    }

    // Whoever stops reading earlier has asked for too much (sql::Statement::next).
    [[nodiscard]] sql::Statement prepare(sql::Database& database,
                                         std::string_view select,
                                         std::string_view order,
                                         std::size_t limit) const {
        auto statement = database.prepare(
            fmt::format("{}{}{} LIMIT ${}", select, text_, order, values_.size() + 1));
        for (const auto& value : values_) {
            statement.bind(value);
        }
        statement.bind(static_cast<std::int64_t>(std::min(limit, kAll)));
        return statement;
    }

    static constexpr auto kAll = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());

  private:
    std::string text_;
    std::vector<std::string> values_;
};

bool has_tag(const Resource& resource, const resources::ResourceFilter& filter) {
    if (filter.tag_name.empty()) {
        return true;
    }
    for (const auto& [name, value] : resource.tags) {
        if (base::equal_ignoring_case(name, filter.tag_name)) {
            return filter.tag_value.empty() || value.get_string() == filter.tag_value;
        }
    }
    return false;
}

// The etag of the first resource written.
std::string carry_out(sql::Database& database, const resources::Change& change) {
    std::string first_etag;
    for (const auto& [resource, expectation] : change.writes) {
        check(database, resources::key_of(resource.id), expectation);
        const auto etag = write_resource(database, resource);
        follow_write(database, resource);
        first_etag = first_etag.empty() ? etag : first_etag;
    }
    for (const auto& [key, expectation] : change.removals) {
        check(database, key, expectation);
        remove_resource(database, key);
    }
    follow_removals(database, change.removals);
    for (const auto& operation : change.operations) {
        write(database, operation);
    }
    for (const auto& activity : change.activities) {
        write(database, activity);
    }
    return first_etag;
}

}  // namespace

std::optional<Resource> ResourceStore::find(const std::string& key) {
    const auto database = pool_.borrow();
    return find_resource(*database, key);
}

std::vector<Resource> ResourceStore::list(const resources::ResourceFilter& filter) {
    Where where;
    where.add_equal("type_key", filter.type);
    where.add_equal("subscription_key", filter.subscription);
    where.add_equal("group_key", filter.group);
    where.add_equal("name_key", filter.name);
    if (!filter.below.empty()) {
        where.add("id_key > {}", filter.below + "/");
        where.add("id_key < {}", end_of_prefix(filter.below + "/"));
    }
    if (!filter.after.empty()) {
        where.add("id_key > {}", base::to_lower(filter.after));
    }
    const auto database = pool_.borrow();
    // The database does not look into tags.
    const bool cuts_here = filter.limit == 0 || !filter.tag_name.empty();
    auto query = where.prepare(
        *database, kSelectResources, "ORDER BY id_key", cuts_here ? Where::kAll : filter.limit);
    std::vector<Resource> found;
    while ((filter.limit == 0 || found.size() < filter.limit) && query.next()) {
        auto resource = read_resource(query.row());
        if (has_tag(resource, filter)) {
            found.push_back(std::move(resource));
        }
    }
    return found;
}

std::string ResourceStore::apply(const resources::Change& change) {
    std::string etag;
    commits_.run([&](sql::Database& database) { etag = carry_out(database, change); });
    return etag;
}

std::optional<Operation> ResourceStore::find_operation(const std::string& id) {
    const auto database = pool_.borrow();
    auto query = database->prepare(std::string(kOperationColumns) + "WHERE id = $1");
    return query.bind(base::to_lower(id)).next() ? std::optional(read_operation(query.row()))
                                                 : std::nullopt;
}

std::vector<Operation> ResourceStore::open_operations() {
    const auto database = pool_.borrow();
    auto query = database->prepare(std::string(kOperationColumns) +
                                   "WHERE status = 'InProgress' AND run_id = '' ORDER BY started");
    std::vector<Operation> operations;
    while (query.next()) {
        operations.push_back(read_operation(query.row()));
    }
    return operations;
}

std::vector<Activity> ResourceStore::activities(const resources::ActivityFilter& filter) {
    Where where;
    where.add_equal("subscription_key", filter.subscription);
    where.add_equal("group_key", filter.group);
    if (filter.from) {
        where.add("time >= {}", base::to_rfc3339(*filter.from));
    }
    if (filter.until) {
        where.add("time <= {}", base::to_rfc3339(*filter.until));
    }
    const auto database = pool_.borrow();
    auto query = where.prepare(
        *database,
        "SELECT time, caller, action, resource_id, correlation_id, status FROM activities ",
        "ORDER BY time DESC, id",
        filter.limit);
    std::vector<Activity> found;
    while (query.next()) {
        auto row = query.row();
        found.push_back({.time = read_time(row, "time"),
                         .caller = row.text(),
                         .action = row.text(),
                         .resource_id = row.text(),
                         .correlation_id = row.text(),
                         .status = row.text()});
    }
    return found;
}

}  // namespace ingot::store
