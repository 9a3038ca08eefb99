// SPDX-License-Identifier: Apache-2.0
#include "sql/postgres/postgres_errors.h"

#include "sql/errors.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace ingot::sql {
namespace {

constexpr std::string_view kWhoWaits =
    "holds it with: SELECT pid, application_name, state, query FROM pg_stat_activity "
    "WHERE pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)";

// Connection exceptions, invalid authorization, no such database, insufficient resources, operator
// intervention, errors of the server's system; a server that only reads; no privilege.
constexpr std::array<std::string_view, 8> kUnavailable = {
    "08", "28", "3D", "53", "57", "58", "25006", "42501"};

// Lock not available, deadlock, serialization failure.
constexpr std::array<std::string_view, 3> kBusy = {"55P03", "40P01", "40001"};

template <std::size_t Count>
bool begins_with_any(std::string_view state, const std::array<std::string_view, Count>& prefixes) {
    return std::ranges::any_of(prefixes, [&](auto prefix) { return state.starts_with(prefix); });
}

}  // namespace

base::Error error_of_state(std::string_view state,
                           std::string_view words,
                           const std::string& name) {
    if (state == "53100") {
        return disk_full(name);
    }
    if (state == "23505") {
        return duplicate_key(name, words);
    }
    if (state.starts_with("23")) {
        return constraint_violated(name, words);
    }
    if (state == "XX001" || state == "XX002") {
        return damaged(name, words, kPostgresRepair);
    }
    if (state.starts_with("22")) {
        return unexpected(name,
                          fmt::format("a value of the wrong kind ({})", state));  // words quote it
    }
    if (begins_with_any(state, kBusy)) {
        return stayed_locked(name, kWhoWaits);
    }
    return begins_with_any(state, kUnavailable) ? unavailable(name, words)
                                                : unexpected(name, words);
}

std::string in_one_line(std::string_view message) {
    std::string line;
    for (const char c : message) {
        const bool is_space = c == '\n' || c == '\t' || c == ' ';
        if (!is_space) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    while (line.ends_with(' ')) {
        line.pop_back();
    }
    return line;
}

}  // namespace ingot::sql
