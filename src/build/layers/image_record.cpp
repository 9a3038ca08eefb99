// SPDX-License-Identifier: Apache-2.0
#include "build/layers/image_record.h"

#include "base/error.h"
#include "base/json.h"

#include <filesystem>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::build {
namespace {

boost::json::value to_json(const ImageRecord& record) {
    boost::json::array validated;
    for (const auto& key : record.validated) {
        validated.push_back(boost::json::value(key.hex()));
    }
    const auto& content = record.content;
    return boost::json::object{{"digest", content.digest.hex()},
                               {"virtualSize", content.virtual_size.bytes()},
                               {"dataSize", content.data_size.bytes()},
                               {"generation", arm::to_string(content.generation)},
                               {"osType", content.os_type},
                               {"born", base::to_rfc3339(record.born)},
                               {"validated", validated}};
}

ImageRecord record_from(const boost::json::value& json) {
    const auto text = [&](const char* name) { return std::string(json.at(name).as_string()); };
    const auto size = [&](const char* name) {
        return base::ByteCount(json.at(name).to_number<std::uint64_t>());
    };
    ImageRecord record{
        .content = {.digest = base::Sha256Digest::from_hex(text("digest")).value(),
                    .virtual_size = size("virtualSize"),
                    .data_size = size("dataSize"),
                    .generation = text("generation") == "V2" ? arm::HyperVGeneration::V2
                                                             : arm::HyperVGeneration::V1,
                    .os_type = text("osType")},
        .born = base::from_rfc3339(text("born")).value()};
    for (const auto& key : json.at("validated").as_array()) {
        record.validated.push_back(
            base::Sha256Digest::from_hex(std::string(key.as_string())).value());
    }
    return record;
}

}  // namespace

os::Path ImageRecords::file_of(const base::Sha256Digest& key) const {
    return folder_ / fmt::format("{}.json", key.hex());
}

std::optional<ImageRecord> ImageRecords::find(const base::Sha256Digest& key,
                                              std::chrono::seconds max_age) const {
    try {
        const auto file = file_of(key);
        auto record = record_from(base::parse_own_json(os::read_file(file), file.string()));
        return base::now() - record.born > max_age ? std::nullopt : std::optional(record);
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

void ImageRecords::keep(const base::Sha256Digest& key, const ImageRecord& record) const {
    os::make_folders(folder_);
    os::replace_file(file_of(key), base::pretty_json(to_json(record)));
}

std::size_t ImageRecords::count() const {
    std::error_code ignored;
    const std::filesystem::directory_iterator files(folder_, ignored);
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

void ImageRecords::forget(base::Timestamp born_before) const {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
        const auto key = base::Sha256Digest::from_hex(entry.path().stem().string());
        const auto record = key ? find(*key, std::chrono::hours(24 * 36500)) : std::nullopt;
        if (!record || record->born < born_before) {
            os::remove_tree(entry.path());
        }
    }
}

}  // namespace ingot::build
