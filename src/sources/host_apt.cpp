// SPDX-License-Identifier: Apache-2.0
#include "sources/host_apt.h"

#include "base/error.h"
#include "os/child_process.h"
#include "os/files.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::sources {
namespace {

constexpr std::string_view kDebianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    return words;
}

bool is_suite_of(const std::string& suite, const std::string& release) {
    return suite == release || suite.starts_with(release + "-");
}

// Third parties also use release names as suites; Debian's own archive is what a recipe needs.
bool is_debian_archive(const std::string& signed_by) {
    return signed_by.empty() || signed_by.find("debian-archive") != std::string::npos;
}

struct Stanza {
    std::vector<std::string> lines;
    std::string types;
    std::string suites;
    std::string signed_by;
    bool disabled = false;

    void add(const std::string& line) {
        lines.push_back(line);
        const auto colon = line.find(':');
        if (colon == std::string::npos) {
            return;
        }
        const auto name = line.substr(0, colon);
        const auto value = line.substr(colon + 1);
        types = name == "Types" ? value : types;
        suites = name == "Suites" ? value : suites;
        signed_by = name == "Signed-By" ? value : signed_by;
        disabled = disabled || (name == "Enabled" && value.find("no") != std::string::npos);
    }

    [[nodiscard]] bool serves(const std::string& release) const {
        const auto kinds = words_of(types);
        const auto names = words_of(suites);
        return !disabled && std::find(kinds.begin(), kinds.end(), "deb") != kinds.end() &&
               is_debian_archive(signed_by) &&
               std::any_of(
                   names.begin(), names.end(), [&](auto& n) { return is_suite_of(n, release); });
    }
};

// Options that decide whether this host's mirror can be used at all.
std::string relevant_options(const std::string& dump) {
    const std::vector<std::string> wanted = {"Acquire::Check-Valid-Until ",
                                             "Acquire::Check-Date ",
                                             "Acquire::http::Proxy ",
                                             "Acquire::https::Proxy "};
    std::string options;
    for (const auto& line : lines_of(dump)) {
        if (std::any_of(wanted.begin(), wanted.end(), [&](const auto& key) {
                return line.starts_with(key);
            })) {
            options += line + "\n";
        }
    }
    return options;
}

std::string sources_in(const std::filesystem::path& file, const std::string& release) {
    if (file.extension() == ".sources") {
        return select_deb822(os::read_file(file), release);
    }
    return file.extension() == ".list" ? select_one_line(os::read_file(file), release) : "";
}

std::string configured_sources(const std::string& release) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in Ingot calls setenv after start-up
    if (const char* given = std::getenv("INGOT_APT_SOURCES")) {
        return os::read_file(given);
    }
    std::set<std::filesystem::path> files = {"/etc/apt/sources.list"};
    std::error_code ignored;
    for (const auto& entry :
         std::filesystem::directory_iterator("/etc/apt/sources.list.d", ignored)) {
        files.insert(entry.path());
    }
    std::string found;
    for (const auto& file : files) {
        if (std::filesystem::exists(file)) {
            found += sources_in(file, release);
        }
    }
    return found;
}

}  // namespace

std::string select_deb822(std::string_view text, const std::string& release) {
    std::string selected;
    Stanza stanza;
    auto lines = lines_of(text);
    lines.emplace_back();
    for (const auto& line : lines) {
        if (line.starts_with("#")) {
            continue;
        }
        if (line.find_first_not_of(" \t\r") != std::string::npos) {
            stanza.add(line);
            continue;
        }
        if (stanza.serves(release)) {
            selected += fmt::format("{}\n\n", fmt::join(stanza.lines, "\n"));
        }
        stanza = {};
    }
    return selected;
}

std::string select_one_line(std::string_view text, const std::string& release) {
    std::string selected;
    for (const auto& line : lines_of(text)) {
        auto words = words_of(line.substr(0, line.find('#')));
        if (words.empty() || words[0] != "deb") {
            continue;
        }
        // Options in brackets may be several words: [arch=amd64 signed-by=...].
        auto uri = words.begin() + 1;
        if (uri != words.end() && uri->starts_with("[")) {
            uri = std::find_if(uri, words.end(), [](auto& w) { return w.ends_with("]"); });
            uri = uri == words.end() ? uri : uri + 1;
        }
        if (words.end() - uri < 3 || !is_suite_of(*(uri + 1), release)) {
            continue;
        }
        selected +=
            fmt::format("Types: deb\nURIs: {}\nSuites: {}\nComponents: {}\nSigned-By: {}\n\n",
                        *uri,
                        *(uri + 1),
                        fmt::join(uri + 2, words.end(), " "),
                        kDebianKeyring);
    }
    return selected;
}

AptSetup host_apt(const std::string& release, const base::Cancellation& cancellation) {
    AptSetup setup;
    setup.sources = configured_sources(release);
    if (setup.sources.empty()) {
        throw base::Error(
            base::ErrorKind::NotFound,
            "NoAptSources",
            fmt::format("this host's apt knows no mirror of Debian {}; write its package sources "
                        "(deb822 form) to a file and name that in INGOT_APT_SOURCES",
                        release),
            release);
    }
    if (os::find_program("apt-config")) {
        setup.options =
            relevant_options(os::run_checked({.argv = {"apt-config", "dump"}}, cancellation));
    }
    return setup;
}

}  // namespace ingot::sources
