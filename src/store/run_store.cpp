// SPDX-License-Identifier: Apache-2.0
#include "store/run_store.h"

#include "store/columns.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace ingot::store {
namespace {

using build::OutputStream;
using build::Run;
using build::RunEvent;

constexpr std::string_view kSelectRuns =
    "SELECT id, template_name, template_json, template_folder, exact_source, state, sub_state, "
    "started, ended, failure_cause, failure_code, failure_message, failure_step, keep_vm_on_error, "
    "template_key, choices, template_arguments FROM runs ";

std::optional<base::Timestamp> read_end(sql::Row& row) {
    const auto text = row.optional_text();
    const auto time = text ? base::from_rfc3339(*text) : std::nullopt;
    if (text && !time) {
        throw unreadable_column("ended");
    }
    return time;
}

Run read_run(sql::Row row) {
    return {.id = row.text(),
            .template_name = row.text(),
            .template_json = row.text(),
            .template_folder = row.text(),
            .exact_source = row.text(),
            .state = read_as(row, "state", build::run_state_from),
            .sub_state = read_as(row, "sub_state", build::run_sub_state_from),
            .started = read_time(row, "started"),
            .ended = read_end(row),
            .failure = {.cause = read_as(row, "failure_cause", build::failure_cause_from),
                        .code = row.text(),
                        .message = row.text(),
                        .step = row.text()},
            .keep_vm_on_error = row.integer() != 0,
            .template_key = row.text(),
            .choices = read_as(row, "choices", build::build_choices_from),
            .template_arguments = row.text()};
}

std::vector<Run> read_runs(sql::Statement query) {
    std::vector<Run> runs;
    while (query.next()) {
        runs.push_back(read_run(query.row()));
    }
    return runs;
}

std::string_view word_for(OutputStream stream) {
    switch (stream) {
        case OutputStream::None:
            return "";
        case OutputStream::Out:
            return "out";
        case OutputStream::Err:
            return "err";
    }
    return "";
}

std::optional<OutputStream> stream_from(std::string_view word) {
    for (const auto stream : {OutputStream::None, OutputStream::Out, OutputStream::Err}) {
        if (word == word_for(stream)) {
            return stream;
        }
    }
    return std::nullopt;
}

RunEvent read_event(sql::Row row) {
    return {.sequence = row.integer(),
            .time = read_time(row, "time"),
            .kind = read_as(row, "kind", build::event_kind_from),
            .step = row.text(),
            .title = row.text(),
            .stream = read_as(row, "stream", stream_from),
            .text = row.text(),
            .exit_code = static_cast<std::optional<int>>(row.optional_integer()),
            .succeeded = row.integer() != 0};
}

void refuse_unknown(sql::Database& database, const std::string& run_id) {
    auto query = database.prepare("SELECT 1 FROM runs WHERE id = $1");
    if (!query.bind(run_id).next()) {
        throw base::Error(base::ErrorKind::NotFound,
                          "RunNotFound",
                          fmt::format("there is no run {}", run_id),
                          run_id);
    }
}

std::int64_t last_sequence(sql::Database& database, const std::string& run_id) {
    auto query =
        database.prepare("SELECT COALESCE(MAX(sequence), 0) FROM run_events WHERE run_id = $1");
    return query.bind(run_id).next() ? query.row().integer() : 0;
}

void refuse_second_run(sql::Database& database, const Run& run) {
    auto query = database.prepare(
        "SELECT id FROM runs WHERE template_key = $1 AND state IN ('Running', 'Canceling')");
    if (!run.template_key.empty() && query.bind(run.template_key).next()) {
        throw base::Error(base::ErrorKind::Conflict,
                          "RunInProgress",
                          fmt::format("run {} of this template has not ended", query.row().text()),
                          run.template_key);
    }
}

}  // namespace

void RunStore::create(const Run& run) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    refuse_second_run(*database, run);
    database
        ->prepare(
            "INSERT INTO runs (id, template_name, template_json, template_folder, exact_source, "
            "state, sub_state, started, ended, failure_cause, failure_code, failure_message, "
            "failure_step, keep_vm_on_error, template_key, choices, template_arguments) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)")
        .bind(run.id)
        .bind(run.template_name)
        .bind(run.template_json)
        .bind(run.template_folder)
        .bind(run.exact_source)
        .bind(to_string(run.state))
        .bind(to_string(run.sub_state))
        .bind(base::to_rfc3339(run.started))
        .bind(optional_time(run.ended))
        .bind(to_string(run.failure.cause))
        .bind(run.failure.code)
        .bind(run.failure.message)
        .bind(run.failure.step)
        .bind(run.keep_vm_on_error)
        .bind(run.template_key)
        .bind(to_json_text(run.choices))
        .bind(run.template_arguments)
        .run();
    transaction.commit();
}

std::optional<Run> RunStore::find(const std::string& id) {
    const auto database = pool_.borrow();
    auto query = database->prepare(std::string(kSelectRuns) + "WHERE id = $1");
    return query.bind(id).next() ? std::optional(read_run(query.row())) : std::nullopt;
}

std::vector<Run> RunStore::list() {
    const auto database = pool_.borrow();
    return read_runs(database->prepare(std::string(kSelectRuns) + "ORDER BY started DESC, id"));
}

std::vector<Run> RunStore::unfinished() {
    const auto database = pool_.borrow();
    return read_runs(
        database->prepare(std::string(kSelectRuns) +
                          "WHERE state IN ('Running', 'Canceling') ORDER BY started DESC, id"));
}

std::vector<Run> RunStore::runs_of(const std::string& template_key, std::size_t limit) {
    const auto database = pool_.borrow();
    auto query = database->prepare(std::string(kSelectRuns) +
                                   "WHERE template_key = $1 ORDER BY started DESC, id LIMIT $2");
    query.bind(template_key).bind(static_cast<std::int64_t>(limit));
    return read_runs(std::move(query));
}

bool RunStore::update(const Run& run) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    const auto written =
        database
            ->prepare(
                "UPDATE runs SET exact_source = $2, state = CASE WHEN state = 'Canceling' AND "
                "$3 = 'Running' THEN state ELSE $3 END, sub_state = $4, ended = $5, "
                "failure_cause = $6, failure_code = $7, failure_message = $8, failure_step = $9 "
                "WHERE id = $1 AND state IN ('Running', 'Canceling')")
            .bind(run.id)
            .bind(run.exact_source)
            .bind(to_string(run.state))
            .bind(to_string(run.sub_state))
            .bind(optional_time(run.ended))
            .bind(to_string(run.failure.cause))
            .bind(run.failure.code)
            .bind(run.failure.message)
            .bind(run.failure.step)
            .run();
    transaction.commit();
    return written > 0;
}

void RunStore::append(const std::string& run_id, std::span<const RunEvent> events) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    refuse_unknown(*database, run_id);
    auto sequence = last_sequence(*database, run_id);
    auto insert = database->prepare(
        "INSERT INTO run_events (run_id, sequence, time, kind, step, title, stream, text, "
        "exit_code, succeeded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
    for (const auto& event : events) {
        insert.bind(run_id)
            .bind(++sequence)
            .bind(base::to_rfc3339(event.time))
            .bind(to_string(event.kind))
            .bind(event.step)
            .bind(event.title)
            .bind(word_for(event.stream))
            .bind(event.text)
            .bind(event.exit_code)
            .bind(event.succeeded)
            .run();
    }
    transaction.commit();
}

std::vector<RunEvent> RunStore::events_after(const std::string& run_id,
                                             std::int64_t sequence,
                                             std::size_t limit) {
    const auto database = pool_.borrow();
    constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
    auto query = database->prepare(
        "SELECT sequence, time, kind, step, title, stream, text, exit_code, succeeded "
        "FROM run_events WHERE run_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3");
    query.bind(run_id).bind(sequence).bind(static_cast<std::int64_t>(std::min(limit, kMost)));
    std::vector<RunEvent> events;
    while (query.next()) {
        events.push_back(read_event(query.row()));
    }
    return events;
}

}  // namespace ingot::store
