// SPDX-License-Identifier: Apache-2.0
#include "cli/image_difference_output.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::cli {
namespace {

using base::to_string;
using disk::FileType;
using gallery::FileAspect;
using gallery::FileChange;
using gallery::FileFacts;
using gallery::FilePresence;
using gallery::ImageDifference;
using gallery::Package;

constexpr std::size_t kMostLines = 40;  // of one group: what fits on a screen

std::string_view word_of(FileType type) {
    switch (type) {
        case FileType::File:
            return "file";
        case FileType::Folder:
            return "folder";
        case FileType::Link:
            return "link";
        case FileType::CharacterDevice:
            return "characterDevice";
        case FileType::BlockDevice:
            return "blockDevice";
        case FileType::Pipe:
            return "pipe";
        case FileType::Socket:
            return "socket";
    }
    return "file";
}

std::string_view word_of(FileAspect aspect) {
    switch (aspect) {
        case FileAspect::Type:
            return "type";
        case FileAspect::Contents:
            return "contents";
        case FileAspect::LinkTarget:
            return "linkTarget";
        case FileAspect::Device:
            return "device";
        case FileAspect::Mode:
            return "mode";
        case FileAspect::Owner:
            return "owner";
        case FileAspect::Attributes:
            return "attributes";
    }
    return "contents";
}

// The length of the UTF-8 sequence that `text` begins with; 0 if it is none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    const std::size_t length = lead < 0x80U                     ? 1
                               : lead >= 0xC2U && lead < 0xE0U  ? 2
                               : lead >= 0xE0U && lead < 0xF0U  ? 3
                               : lead >= 0xF0U && lead <= 0xF4U ? 4
                                                                : 0;
    if (length == 0 || length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    // Overlong forms, surrogates, and what lies beyond U+10FFFF.
    const bool refused =
        length > 2 && ((lead == 0xE0U && byte(1) < 0xA0U) || (lead == 0xEDU && byte(1) >= 0xA0U) ||
                       (lead == 0xF0U && byte(1) < 0x90U) || (lead == 0xF4U && byte(1) >= 0x90U));
    return refused ? 0 : length;
}

// C0, DEL and C1, which terminals take for commands.
bool is_control(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence[0]);
    return first < 0x20U || first == 0x7FU ||
           (sequence.size() == 2 && first == 0xC2U &&
            static_cast<unsigned char>(sequence[1]) < 0xA0U);
}

std::string name_of(unsigned partition, const std::string& path) {
    return partition == 0 ? escaped(path)
                          : fmt::format("partition {}: {}", partition, escaped(path));
}

// --- Text ----------------------------------------------------------------------------------------

std::string described(const Package& package) {
    return fmt::format("{}{}{} {}",
                       escaped(package.name),
                       package.architecture.empty() ? "" : ":",
                       escaped(package.architecture),
                       escaped(package.version));
}

std::string described(const FileFacts& file) {
    switch (file.type) {
        case FileType::File:
            return to_string(file.size);
        case FileType::Link:
            return fmt::format("-> {}", escaped(file.link_target));
        case FileType::Folder:
        case FileType::CharacterDevice:
        case FileType::BlockDevice:
        case FileType::Pipe:
        case FileType::Socket:
            return std::string(word_of(file.type));
    }
    return {};
}

std::string described(const FileChange& change, FileAspect aspect) {
    const auto& before = change.before;
    const auto& after = change.after;
    switch (aspect) {
        case FileAspect::Type:
            return fmt::format("{} → {}", word_of(before.type), word_of(after.type));
        case FileAspect::Contents:
            return before.size == after.size
                       ? fmt::format("contents, {}", to_string(after.size))
                       : fmt::format("{} → {}", to_string(before.size), to_string(after.size));
        case FileAspect::LinkTarget:
            return fmt::format(
                "-> {}, was {}", escaped(after.link_target), escaped(before.link_target));
        case FileAspect::Mode:
            return fmt::format("mode {:04o} → {:04o}", before.mode, after.mode);
        case FileAspect::Owner:
            return fmt::format("owner {}:{} → {}:{}", before.uid, before.gid, after.uid, after.gid);
        case FileAspect::Device:
        case FileAspect::Attributes:
            return std::string(word_of(aspect));
    }
    return {};
}

std::string line_of(const FileChange& change) {
    std::vector<std::string> parts;
    parts.reserve(change.aspects.size());
    for (const auto aspect : change.aspects) {
        parts.push_back(described(change, aspect));
    }
    return fmt::format("  ~ {}  {}\n",
                       name_of(change.partition, change.path),
                       parts.empty() ? "time" : fmt::format("{}", fmt::join(parts, "; ")));
}

base::ByteCount counted_bytes(std::span<const FilePresence> files) {
    base::ByteCount sum;
    for (const auto& file : files) {
        sum = sum + (file.counted ? file.file.size : base::ByteCount());
    }
    return sum;
}

// How many of `files`, the first included, are that folder and what is in it.
std::size_t folder_length(std::span<const FilePresence> files) {
    const auto inside = files[0].path + "/";
    std::size_t length = 1;
    while (length < files.size() && files[length].partition == files[0].partition &&
           files[length].path.starts_with(inside)) {
        ++length;
    }
    return length;
}

std::string line_of(char sign, std::span<const FilePresence> files) {
    const auto& first = files[0];
    const auto name = name_of(first.partition, first.path);
    return files.size() == 1 ? fmt::format("  {} {}  {}\n", sign, name, described(first.file))
                             : fmt::format("  {} {}/  {} inside, {}\n",
                                           sign,
                                           name,
                                           files.size() - 1,
                                           to_string(counted_bytes(files)));
}

// One line each, whole folders in one line unless all is wanted.
std::vector<std::string> lines_of(char sign, std::span<const FilePresence> files, bool all) {
    std::vector<std::string> lines;
    while (!files.empty()) {
        const auto length =
            all || files[0].file.type != FileType::Folder ? 1 : folder_length(files);
        lines.push_back(line_of(sign, files.first(length)));
        files = files.subspan(length);
    }
    return lines;
}

std::vector<std::string> lines_of(const std::vector<FileChange>& changes) {
    std::vector<std::string> lines;
    lines.reserve(changes.size());
    for (const auto& change : changes) {
        lines.push_back(line_of(change));
    }
    return lines;
}

void write_lines(std::string& text, const std::vector<std::string>& lines, bool all) {
    const auto shown = all ? lines.size() : std::min(lines.size(), kMostLines);
    for (std::size_t i = 0; i < shown; ++i) {
        text += lines[i];
    }
    if (shown < lines.size()) {
        text += fmt::format("  … and {} more (--all)\n", lines.size() - shown);
    }
}

void write_packages(std::string& text, const ImageDifference& difference, bool all) {
    for (const auto& reason : difference.packages_unread) {
        text += fmt::format("packages were not compared: {}\n", escaped(reason));
    }
    const auto& packages = difference.packages;
    if (packages.empty()) {
        return;
    }
    text += fmt::format("packages: {} added, {} removed, {} changed\n",
                        packages.added.size(),
                        packages.removed.size(),
                        packages.changed.size());
    std::vector<std::string> lines;
    for (const auto& package : packages.added) {
        lines.push_back(fmt::format("  + {}\n", described(package)));
    }
    for (const auto& package : packages.removed) {
        lines.push_back(fmt::format("  - {}\n", described(package)));
    }
    for (const auto& change : packages.changed) {
        lines.push_back(
            fmt::format("  ~ {} → {}\n", described(change.before), escaped(change.version_after)));
    }
    write_lines(text, lines, all);
}

void write_files(std::string& text, const ImageDifference& difference, const DifferenceText& how) {
    const auto& files = difference.files;
    if (!files.empty()) {
        text += fmt::format("files: {} added ({}), {} removed ({}), {} changed\n",
                            files.added.size(),
                            to_string(counted_bytes(files.added)),
                            files.removed.size(),
                            to_string(counted_bytes(files.removed)),
                            files.changed.size());
        write_lines(text, lines_of('+', files.added, how.all), how.all);
        write_lines(text, lines_of('-', files.removed, how.all), how.all);
        write_lines(text, lines_of(files.changed), how.all);
    }
    if (how.times && !files.only_times.empty()) {
        text += fmt::format("only the time: {} files\n", files.only_times.size());
        write_lines(text, lines_of(files.only_times), how.all);
    }
}

void write_unread(std::string& text, const ImageDifference& difference) {
    for (const auto& partition : difference.unread) {
        if (!partition.same_bytes) {
            text += fmt::format(
                "{} ({}) differs in bytes; its files were not compared: {}\n",
                partition.number == 0 ? "the disk" : fmt::format("partition {}", partition.number),
                to_string(partition.size),
                escaped(partition.reason));
        }
    }
}

// --- JSON ----------------------------------------------------------------------------------------

boost::json::object json_of(const Package& package) {
    return {{"manager", package.manager},
            {"name", escaped(package.name)},
            {"architecture", escaped(package.architecture)},
            {"version", escaped(package.version)}};
}

boost::json::object json_of(const FileFacts& file) {
    boost::json::object json{{"type", word_of(file.type)},
                             {"size", file.size.bytes()},
                             {"mode", fmt::format("{:04o}", file.mode)},
                             {"uid", file.uid},
                             {"gid", file.gid},
                             {"modified", file.modified}};
    if (file.type == FileType::Link) {
        json["linkTarget"] = escaped(file.link_target);
    }
    return json;
}

boost::json::object place_of(unsigned partition, const std::string& path) {
    boost::json::object json{{"path", escaped(path)}};
    if (partition != 0) {
        json["partition"] = partition;
    }
    return json;
}

boost::json::object json_of(const FilePresence& presence) {
    auto json = place_of(presence.partition, presence.path);
    for (auto& [key, value] : json_of(presence.file)) {
        json[key] = value;
    }
    if (!presence.counted) {
        json["hardLink"] = true;
    }
    return json;
}

boost::json::object json_of(const FileChange& change) {
    auto json = place_of(change.partition, change.path);
    boost::json::array aspects;
    for (const auto aspect : change.aspects) {
        aspects.emplace_back(word_of(aspect));
    }
    json["differs"] = std::move(aspects);
    json["before"] = json_of(change.before);
    json["after"] = json_of(change.after);
    return json;
}

boost::json::object json_of(const gallery::PackageChange& change) {
    auto json = json_of(change.before);
    json.erase("version");
    json["before"] = escaped(change.before.version);
    json["after"] = escaped(change.version_after);
    return json;
}

boost::json::object json_of(const gallery::UnreadPartition& partition) {
    return {{"partition", partition.number},
            {"size", partition.size.bytes()},
            {"reason", escaped(partition.reason)},
            {"sameBytes", partition.same_bytes}};
}

template <typename Finding>
boost::json::array array_of(const std::vector<Finding>& findings) {
    boost::json::array list;
    for (const auto& finding : findings) {
        list.push_back(json_of(finding));
    }
    return list;
}

boost::json::array reasons_of(const std::vector<std::string>& reasons) {
    boost::json::array list;
    for (const auto& reason : reasons) {
        list.emplace_back(escaped(reason));
    }
    return list;
}

}  // namespace

std::string escaped(std::string_view name) {
    std::string safe;
    while (!name.empty()) {
        const auto length = sequence_length(name);
        const auto sequence = name.substr(0, std::max<std::size_t>(length, 1));
        if (length == 0 || is_control(sequence) || sequence == "\\") {
            for (const char byte : sequence) {
                safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
            }
        } else {
            safe += sequence;
        }
        name.remove_prefix(sequence.size());
    }
    return safe;
}

std::string to_text(const DifferenceTitle& title,
                    const ImageDifference& difference,
                    const DifferenceText& how) {
    auto text = fmt::format("{} → {}\n", title.before, title.after);
    write_packages(text, difference, how.all);
    write_files(text, difference, how);
    write_unread(text, difference);
    if (difference.empty()) {
        text += "no file differs";
        text += difference.files.only_times.empty() || how.times
                    ? "\n"
                    : fmt::format(", except {} in their time (--times)\n",
                                  difference.files.only_times.size());
    }
    const auto& bytes = difference.bytes;
    text += fmt::format("data: {}, of which {} new and {} shared; it was {}\n",
                        to_string(bytes.after),
                        to_string(bytes.added),
                        to_string(bytes.shared),
                        to_string(bytes.before));
    return text;
}

boost::json::value to_json(const DifferenceTitle& title, const ImageDifference& difference) {
    const auto& [packages, packages_unread, files, unread, bytes] = difference;
    return boost::json::object{{"before", title.before},
                               {"after", title.after},
                               {"differs", !difference.empty()},
                               {"packages",
                                {{"added", array_of(packages.added)},
                                 {"removed", array_of(packages.removed)},
                                 {"changed", array_of(packages.changed)},
                                 {"unread", reasons_of(packages_unread)}}},
                               {"files",
                                {{"added", array_of(files.added)},
                                 {"removed", array_of(files.removed)},
                                 {"changed", array_of(files.changed)},
                                 {"onlyTimes", array_of(files.only_times)}}},
                               {"unread", array_of(unread)},
                               {"bytes",
                                {{"before", bytes.before.bytes()},
                                 {"after", bytes.after.bytes()},
                                 {"new", bytes.added.bytes()},
                                 {"shared", bytes.shared.bytes()}}}};
}

}  // namespace ingot::cli
