// SPDX-License-Identifier: Apache-2.0
#include "templates/diagnostic.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace ingot::templates {
namespace {

// Messages quote the document: what steers a terminal must not reach one.
std::string printable(std::string_view text) {
    constexpr char kDelete = 0x7f;
    std::string result;
    for (const char c : text) {
        const bool steers = (c >= 0 && c < ' ') || c == kDelete;
        result += steers ? fmt::format("\\x{:02x}", static_cast<int>(c)) : std::string(1, c);
    }
    return result;
}

}  // namespace

bool has_error(const std::vector<Diagnostic>& diagnostics) {
    return std::ranges::any_of(
        diagnostics, [](const Diagnostic& one) { return one.severity == Severity::Error; });
}

void sort_by_position(std::vector<Diagnostic>& diagnostics) {
    std::ranges::stable_sort(diagnostics, {}, [](const Diagnostic& one) {
        return std::pair(one.position.line, one.position.column);
    });
}

std::string to_string(Severity severity) {
    switch (severity) {
        case Severity::Error:
            return "error";
        case Severity::Warning:
            return "warning";
        case Severity::Note:
            return "note";
    }
    return "error";
}

std::string format_diagnostic(const Diagnostic& diagnostic, std::string_view origin) {
    const std::string path = diagnostic.path.to_string();
    return fmt::format("{}:{}:{}: {}: {}{} ({})",
                       origin,
                       diagnostic.position.line,
                       diagnostic.position.column,
                       to_string(diagnostic.severity),
                       printable(diagnostic.message),
                       path.empty() ? "" : fmt::format(" [{}]", printable(path)),
                       diagnostic.code);
}

}  // namespace ingot::templates
