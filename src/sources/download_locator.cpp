// SPDX-License-Identifier: Apache-2.0
#include "sources/download_locator.h"

#include "artifact/fetch.h"
#include "base/error.h"
#include "base/json.h"

#include <sstream>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::sources {
namespace {

using base::Error;
using base::ErrorKind;

std::string fetch_text(const std::string& url,
                       const os::Path& scratch,
                       const base::Cancellation& cancellation) {
    const auto file = scratch / "index";
    artifact::fetch(url, {.destination = file}, cancellation);
    auto text = os::read_file(file);
    os::remove_tree(file);
    return text;
}

std::string file_name_of(const std::string& url) {
    const auto path = url.substr(0, url.find_first_of("?#"));
    return path.substr(path.rfind('/') + 1);
}

// Paths in a simplestreams index start at the folder above streams/ (simplestreams, "Stream
// Format").
std::string stream_root(const std::string& index_url) {
    const auto at = index_url.rfind("/streams/");
    return at == std::string::npos ? index_url.substr(0, index_url.rfind('/') + 1)
                                   : index_url.substr(0, at + 1);
}

const boost::json::object* member(const boost::json::value* value, std::string_view key) {
    if (value == nullptr || !value->is_object()) {
        return nullptr;
    }
    const auto* found = value->get_object().if_contains(key);
    return found != nullptr ? found->if_object() : nullptr;
}

const boost::json::object* member(const boost::json::object* parent, std::string_view key) {
    const auto* found = parent != nullptr ? parent->if_contains(key) : nullptr;
    return found != nullptr ? found->if_object() : nullptr;
}

std::string text(const boost::json::object* parent, std::string_view key) {
    const auto* found = parent != nullptr ? parent->if_contains(key) : nullptr;
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

// Version names are serial numbers (20261112), so the highest name is the newest.
std::string newest_with_item(const boost::json::object& versions, const std::string& item) {
    std::string newest;
    for (const auto& [name, version] : versions) {
        if (member(member(&version, "items"), item) != nullptr && std::string_view(name) > newest) {
            newest = name;
        }
    }
    return newest;
}

Error no_checksum(const std::string& url) {
    return {ErrorKind::Unavailable,
            "NoChecksum",
            fmt::format("no checksum is published for {}, so it cannot be verified", url),
            url};
}

}  // namespace

std::optional<artifact::Checksum> find_checksum(std::string_view list, std::string_view file_name) {
    std::istringstream in{std::string(list)};
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string first;
        std::string second;
        std::string third;
        std::string fourth;
        words >> first >> second >> third >> fourth;
        if (second == file_name || second == "*" + std::string(file_name)) {
            return artifact::Checksum::parse(first);
        }
        if (second == fmt::format("({})", file_name) && third == "=") {
            return artifact::Checksum::parse(fourth);
        }
    }
    return std::nullopt;
}

LocatedDownload find_in_simplestreams(const boost::json::value& index, const Download& download) {
    const auto* product = member(member(&index, "products"), download.simplestreams_product);
    const auto* versions = member(product, "versions");
    const std::string version =
        versions != nullptr ? newest_with_item(*versions, download.simplestreams_item) : "";
    if (version.empty()) {
        throw Error(ErrorKind::NotFound,
                    "ProductNotFound",
                    fmt::format("{} offers no {} of the product {}",
                                download.simplestreams_url,
                                download.simplestreams_item,
                                download.simplestreams_product),
                    download.simplestreams_product);
    }
    const auto* item =
        member(member(member(versions, version), "items"), download.simplestreams_item);
    const auto url = stream_root(download.simplestreams_url) + text(item, "path");
    const auto checksum = artifact::Checksum::parse(text(item, "sha256"));
    if (!checksum) {
        throw no_checksum(url);
    }
    return {url, *checksum, version};
}

LocatedDownload locate_download(const Download& download,
                                const os::Path& scratch,
                                const base::Cancellation& cancellation) {
    if (!download.simplestreams_url.empty()) {
        const auto index = fetch_text(download.simplestreams_url, scratch, cancellation);
        return find_in_simplestreams(base::parse_own_json(index, download.simplestreams_url),
                                     download);
    }
    const auto checksum =
        download.digest.empty()
            ? find_checksum(fetch_text(download.checksums_url, scratch, cancellation),
                            file_name_of(download.url))
            : artifact::Checksum::parse(download.digest);
    if (!checksum) {
        throw no_checksum(download.url);
    }
    return {download.url, *checksum, ""};
}

}  // namespace ingot::sources
