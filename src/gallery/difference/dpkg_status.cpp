// SPDX-License-Identifier: Apache-2.0
#include "gallery/difference/dpkg_status.h"

#include "base/ascii.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ingot::gallery {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r";
    const auto first = text.find_first_not_of(kBlanks);
    return first == std::string_view::npos
               ? std::string_view()
               : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

struct Paragraph {
    Package package{.manager = "dpkg"};
    std::string status{};

    // "want flag state", such as "install ok installed".
    [[nodiscard]] bool has_files() const {
        const auto state = status.substr(status.rfind(' ') + 1);
        return !package.name.empty() && !state.empty() && state != "not-installed" &&
               state != "config-files";
    }

    void take(std::string_view field, std::string_view value) {
        if (base::equal_ignoring_case(field, "Package")) {
            package.name = value;
        } else if (base::equal_ignoring_case(field, "Architecture")) {
            package.architecture = value;
        } else if (base::equal_ignoring_case(field, "Version")) {
            package.version = value;
        } else if (base::equal_ignoring_case(field, "Status")) {
            status = value;
        }
    }
};

void end_paragraph(Paragraph& paragraph, std::vector<Package>& packages) {
    if (paragraph.has_files()) {
        packages.push_back(std::move(paragraph.package));
    }
    paragraph = {};
}

}  // namespace

std::vector<Package> parse_dpkg_status(std::string_view text) {
    std::vector<Package> packages;
    Paragraph paragraph;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto colon = line.find(':');
        if (trimmed(line).empty()) {
            end_paragraph(paragraph, packages);
        } else if (line[0] != ' ' && line[0] != '\t' && colon != std::string_view::npos) {
            paragraph.take(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
        }
    }
    end_paragraph(paragraph, packages);
    return packages;
}

}  // namespace ingot::gallery
