// SPDX-License-Identifier: Apache-2.0
#include "templates/findings.h"

#include "templates/schema/spelling.h"

#include <algorithm>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::templates {
namespace {

using base::JsonPath;

// More is noise to a person, and each costs a pass over the text.
constexpr std::size_t kMostFindings = 100;

JsonPath appended(const JsonPath& path, const JsonPath::Part& part) {
    if (const auto* index = std::get_if<std::size_t>(&part)) {
        return path / *index;
    }
    return path / std::string_view(std::get<std::string>(part));
}

bool is_within(const JsonPath& inner, const JsonPath& outer) {
    const auto& in = inner.parts();
    const auto& out = outer.parts();
    return in.size() >= out.size() && std::equal(out.begin(), out.end(), in.begin());
}

std::string shown(const boost::json::value& value) {
    constexpr std::size_t kLongest = 200;
    std::string text =
        value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
    if (text.size() > kLongest) {
        auto end = kLongest;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
            --end;  // not within a character
        }
        text.resize(end);
        text += "…";
    }
    return text;
}

}  // namespace

Findings::Findings(ApiVersion version, JsonPath root) : version_(version), root_(std::move(root)) {}

void Findings::missing(const JsonPath& object, std::string_view field) {
    add(Severity::Error,
        "ValidationFailed",
        object / field,
        fmt::format("Validation failed: '{}': Missing field '{}'. Please review "
                    "http://aka.ms/azvmimagebuildertmplref for details on fields required in the "
                    "Image Builder Template.",
                    service_path(object),
                    spelled(field, version_)));
}

void Findings::bad_value(const JsonPath& object,
                         std::string_view field,
                         const boost::json::value& value,
                         std::string_view hint) {
    add(Severity::Error,
        "ValidationFailed",
        object / field,
        bad_value_message(object, spelled(field, version_), shown(value), hint));
}

void Findings::bad_element(const JsonPath& object,
                           std::string_view field,
                           std::size_t index,
                           const boost::json::value& value,
                           std::string_view hint) {
    const std::string name = fmt::format("{}[{}]", spelled(field, version_), index);
    add(Severity::Error,
        "ValidationFailed",
        object / field / index,
        bad_value_message(object, name, shown(value), hint));
}

void Findings::bad_type(std::string_view code,
                        const JsonPath& object,
                        std::string_view discriminator,
                        std::string_view hint) {
    const JsonPath properties = JsonPath() / "properties";
    std::string name = in_resource(object / discriminator).to_string();
    const std::string prefix = in_resource(properties).to_string() + ".";
    name.erase(0, name.starts_with(prefix) ? prefix.size() : 0);
    add(Severity::Error,
        code,
        object / discriminator,
        bad_value_message(properties, name, "", hint));
}

void Findings::invalid(std::string_view code, const JsonPath& object, std::string_view what) {
    add(Severity::Error,
        code,
        object,
        fmt::format("Validation failed: '{}': {}", service_path(object), what));
}

void Findings::add(Severity severity,
                   std::string_view code,
                   const JsonPath& place,
                   std::string message) {
    if (findings_.size() == kMostFindings) {
        ++dropped_;
        dropped_error_ = dropped_error_ || severity == Severity::Error;
        return;
    }
    JsonPath path = root_;
    const JsonPath inside = in_resource(place);
    for (const auto& part : inside.parts()) {
        path = appended(path, part);
    }
    findings_.push_back(
        {{severity, std::string(code), std::move(message), std::move(path), {}}, place});
}

void Findings::respelled(const JsonPath& place, std::string_view key) {
    keys_.emplace(place.to_string(), key);
}

bool Findings::has_error_within(const JsonPath& place) const {
    return std::ranges::any_of(findings_, [&](const Finding& finding) {
        return finding.diagnostic.severity == Severity::Error && is_within(finding.place, place);
    });
}

std::vector<Diagnostic> Findings::located_in(std::string_view text) const {
    std::vector<Diagnostic> diagnostics;
    for (const auto& finding : findings_) {
        diagnostics.push_back(finding.diagnostic);
        diagnostics.back().position = base::locate(text, finding.diagnostic.path);
    }
    sort_by_position(diagnostics);
    if (dropped_ > 0) {
        diagnostics.push_back({dropped_error_ ? Severity::Error : Severity::Warning,
                               "TooManyProblems",
                               fmt::format("{} more problems are not shown.", dropped_),
                               root_,
                               diagnostics.back().position});
    }
    return diagnostics;
}

JsonPath Findings::in_resource(const JsonPath& place) const {
    JsonPath decoded;
    JsonPath original;
    for (const auto& part : place.parts()) {
        decoded = appended(decoded, part);
        const auto key = keys_.find(decoded.to_string());
        original = key == keys_.end() ? appended(original, part)
                                      : original / std::string_view(key->second);
    }
    return original;
}

std::string Findings::bad_value_message(const JsonPath& object,
                                        std::string_view field,
                                        std::string_view value,
                                        std::string_view hint) const {
    // Two spaces around the address, as the service has written it since the nested error bodies.
    const char* space = version_ >= ApiVersion::V2021_10_01 ? "  " : " ";
    return fmt::format(
        "Validation failed: '{}': Field '{}' has a bad value: '{}'. Please review{}"
        "http://aka.ms/azvmimagebuildertmplref{}for details on fields requirements "
        "in the Image Builder Template.{}{}",
        service_path(object),
        field,
        value,
        space,
        space,
        hint.empty() ? "" : " ",
        hint);
}

std::string Findings::service_path(const JsonPath& place) const {
    const std::string inside = in_resource(place).to_string();
    return inside.empty() ? "ImageTemplate" : "ImageTemplate." + inside;
}

}  // namespace ingot::templates
