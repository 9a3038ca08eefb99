// SPDX-License-Identifier: Apache-2.0
#include "sources/catalog.h"

#include "base/error.h"
#include "base/json.h"
#include "os/files.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::sources {
namespace {

using base::Error;
using base::ErrorKind;
using base::JsonPath;

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return text;
}

// One catalogue file while it is read: knows where it is, to say so.
class Reader {
  public:
    Reader(std::filesystem::path file, std::string text)
        : file_(std::move(file)), text_(std::move(text)) {}

    [[nodiscard]] boost::json::value parse() const {
        auto parsed = base::parse_json(text_);
        if (const auto* problem = std::get_if<base::JsonProblem>(&parsed)) {
            fail(problem->position, problem->message);
        }
        return std::get<boost::json::value>(std::move(parsed));
    }

    [[noreturn]] void fail(const JsonPath& path, const std::string& message) const {
        fail(base::locate(text_, path), fmt::format("{} [{}]", message, path.to_string()));
    }

    [[nodiscard]] const boost::json::object& object(const boost::json::value& value,
                                                    const JsonPath& path) const {
        if (!value.is_object()) {
            fail(path, "an object is expected here");
        }
        return value.get_object();
    }

    [[nodiscard]] const boost::json::array& array(const boost::json::object& parent,
                                                  std::string_view key,
                                                  const JsonPath& path) const {
        const auto* value = parent.if_contains(key);
        if (value == nullptr || !value->is_array()) {
            fail(path / key, "a list is expected here");
        }
        return value->get_array();
    }

    [[nodiscard]] std::string text(const boost::json::object& parent,
                                   std::string_view key,
                                   const JsonPath& path) const {
        const auto* value = parent.if_contains(key);
        if (value == nullptr || !value->is_string() || value->get_string().empty()) {
            fail(path / key, "a text is expected here");
        }
        return std::string(value->get_string());
    }

    [[nodiscard]] std::string text_or(const boost::json::object& parent,
                                      std::string_view key,
                                      const JsonPath& path,
                                      std::string fallback) const {
        return parent.contains(key) ? text(parent, key, path) : std::move(fallback);
    }

    [[nodiscard]] std::filesystem::path folder() const { return file_.parent_path(); }

  private:
    [[noreturn]] void fail(base::TextPosition at, const std::string& message) const {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidCatalog",
                    fmt::format("{}:{}:{}: {}", file_.string(), at.line, at.column, message),
                    file_.string());
    }

    std::filesystem::path file_;
    std::string text_;
};

Recipe read_recipe(const Reader& reader, const boost::json::object& json, const JsonPath& path) {
    Recipe recipe;
    recipe.script = reader.folder() / reader.text(json, "script", path);
    if (!std::filesystem::exists(recipe.script)) {
        reader.fail(path / "script", "there is no such file beside the catalogue");
    }
    const auto* size = json.if_contains("sizeMiB");
    if (size == nullptr || !size->is_int64() || size->get_int64() <= 0) {
        reader.fail(path / "sizeMiB", "a size in MiB is expected here");
    }
    recipe.size = base::ByteCount::mib(static_cast<std::uint64_t>(size->get_int64()));
    for (const auto& tool : reader.array(json, "tools", path)) {
        recipe.tools.emplace_back(tool.as_string());
    }
    return recipe;
}

Download read_download(const Reader& reader,
                       const boost::json::object& json,
                       const JsonPath& path) {
    Download download;
    download.format = reader.text(json, "format", path);
    if (const std::set<std::string> known = {"raw", "qcow2", "vhd"};
        !known.contains(download.format)) {
        reader.fail(path / "format", fmt::format("one of {} is expected", fmt::join(known, ", ")));
    }
    download.compression = reader.text_or(json, "compression", path, "");
    if (json.contains("simplestreams")) {
        const auto inner = path / "simplestreams";
        const auto& stream = reader.object(json.at("simplestreams"), inner);
        download.simplestreams_url = reader.text(stream, "url", inner);
        download.simplestreams_product = reader.text(stream, "product", inner);
        download.simplestreams_item = reader.text(stream, "item", inner);
        return download;
    }
    download.url = reader.text(json, "url", path);
    download.digest = lower(reader.text_or(json, "digest", path, ""));
    download.checksums_url = reader.text_or(json, "checksumsUrl", path, "");
    if (download.digest.empty() == download.checksums_url.empty()) {
        reader.fail(path, "either digest or checksumsUrl is expected, so that it can be verified");
    }
    return download;
}

PlatformImage read_image(const Reader& reader,
                         const boost::json::object& json,
                         const JsonPath& path) {
    PlatformImage image;
    image.publisher = reader.text(json, "publisher", path);
    image.offer = reader.text(json, "offer", path);
    image.sku = reader.text(json, "sku", path);
    image.version = reader.text(json, "version", path);
    image.description = reader.text_or(json, "description", path, "");
    image.os_type = reader.text_or(json, "osType", path, "Linux");
    const auto generation =
        arm::hyper_v_generation_from(reader.text(json, "hyperVGeneration", path));
    if (!generation) {
        reader.fail(path / "hyperVGeneration", "V1 or V2 is expected");
    }
    image.generation = *generation;
    const auto* tried = json.if_contains("tried");
    image.tried = tried != nullptr && tried->is_bool() && tried->get_bool();
    if (const auto* recipe = json.if_contains("recipe")) {
        const auto inner = path / "recipe";
        image.origin = read_recipe(reader, reader.object(*recipe, inner), inner);
    } else if (const auto* download = json.if_contains("download")) {
        const auto inner = path / "download";
        image.origin = read_download(reader, reader.object(*download, inner), inner);
    } else {
        reader.fail(path, "either recipe or download is expected");
    }
    return image;
}

std::vector<std::uint64_t> version_key(const std::string& version) {
    std::vector<std::uint64_t> numbers;
    const char* at = version.data();
    const char* const end = at + version.size();
    while (at < end) {
        std::uint64_t number = 0;
        const auto [next, error] = std::from_chars(at, end, number);
        if (error == std::errc()) {
            numbers.push_back(number);
        }
        at = next == at ? at + 1 : next;
    }
    return numbers;
}

bool same(const std::string& a, const std::string& b) {
    return lower(a) == lower(b);
}

bool is_named(const PlatformImage& image, const PlatformImageName& name) {
    return same(image.publisher, name.publisher) && same(image.offer, name.offer) &&
           same(image.sku, name.sku) &&
           (same(name.version, "latest") || same(image.version, name.version));
}

}  // namespace

bool version_precedes(const std::string& a, const std::string& b) {
    return version_key(a) < version_key(b);
}

std::string PlatformImage::urn() const {
    return fmt::format("{}:{}:{}:{}", publisher, offer, sku, version);
}

std::optional<PlatformImageName> PlatformImageName::parse(const std::string& urn) {
    std::vector<std::string> parts(1);
    for (const char c : urn) {
        if (c == ':') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    const bool complete =
        parts.size() == 4 &&
        std::none_of(parts.begin(), parts.end(), [](auto& p) { return p.empty(); });
    if (!complete) {
        return std::nullopt;
    }
    return PlatformImageName{parts[0], parts[1], parts[2], parts[3]};
}

Catalog Catalog::load(const std::filesystem::path& folder) {
    if (!std::filesystem::is_directory(folder)) {
        throw Error(ErrorKind::NotFound,
                    "CatalogNotFound",
                    fmt::format("there is no catalogue of platform images at {}; name its folder "
                                "with --catalog or INGOT_CATALOG",
                                folder.string()),
                    folder.string());
    }
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".json") {
            files.insert(entry.path());
        }
    }
    Catalog catalog;
    for (const auto& file : files) {
        const Reader reader(file, os::read_file(file));
        const auto document = reader.parse();
        const auto& images = reader.array(reader.object(document, {}), "images", {});
        for (std::size_t i = 0; i < images.size(); ++i) {
            const auto path = JsonPath() / "images" / i;
            catalog.images_.push_back(read_image(reader, reader.object(images[i], path), path));
        }
    }
    return catalog;
}

const PlatformImage& Catalog::find(const PlatformImageName& name) const {
    const PlatformImage* best = nullptr;
    for (const auto& image : images_) {
        if (is_named(image, name) &&
            (best == nullptr || version_precedes(best->version, image.version))) {
            best = &image;
        }
    }
    if (best != nullptr) {
        return *best;
    }
    std::vector<std::string> known;
    for (const auto& image : images_) {
        known.push_back(image.urn());
    }
    throw Error(ErrorKind::NotFound,
                "PlatformImageNotFound",
                fmt::format("the platform image {}:{}:{}:{} is not in the catalogue; it holds: {}",
                            name.publisher,
                            name.offer,
                            name.sku,
                            name.version,
                            known.empty() ? "nothing" : fmt::format("{}", fmt::join(known, ", "))),
                fmt::format("{}:{}:{}:{}", name.publisher, name.offer, name.sku, name.version));
}

}  // namespace ingot::sources
