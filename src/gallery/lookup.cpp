// SPDX-License-Identifier: Apache-2.0
#include "gallery/lookup.h"

#include "base/ascii.h"
#include "base/edit_distance.h"
#include "base/error.h"
#include "gallery/versioning.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::gallery {
namespace {

using base::Error;
using base::ErrorKind;
using base::to_lower;

using Found = std::variant<const ManagedImage*, const ImageVersion*, const Vhd*>;

// One way to call one image. `id` tells images apart and is itself a name.
struct Name {
    std::string text;
    std::string id;
    Found image;
};

std::string last_part(std::string_view id) {
    return std::string(id.substr(id.find_last_of('/') + 1));
}

// "gallery/definition" of …/galleries/gallery/images/definition.
std::string short_definition(const std::string& definition_id) {
    const auto images = definition_id.find_last_of('/');
    const auto gallery_end = definition_id.find_last_of('/', images == 0 ? 0 : images - 1);
    return last_part(std::string_view(definition_id).substr(0, gallery_end)) + "/" +
           last_part(definition_id);
}

void add_version_names(const std::vector<ImageVersion>& versions, std::vector<Name>& names) {
    std::set<std::string> definitions;
    for (const auto& version : versions) {
        const auto brief = short_definition(version.definition_id);
        names.push_back({brief + "/" + version.number.to_string(), version.id(), &version});
        names.push_back({version.id(), version.id(), &version});
        definitions.insert(to_lower(version.definition_id));
    }
    for (const auto& definition : definitions) {
        if (const auto* latest = latest_of(versions, definition)) {
            const auto brief = short_definition(latest->definition_id);
            for (const auto& text :
                 {brief, brief + "/latest", definition, definition + "/versions/latest"}) {
                names.push_back({text, latest->id(), latest});
            }
        }
    }
}

std::vector<Name> names_of(const PublishedImages& images) {
    std::vector<Name> names;
    for (const auto& image : images.managed_images) {
        names.push_back({last_part(image.id), image.id, &image});
        names.push_back({image.id, image.id, &image});
    }
    for (const auto& vhd : images.vhds) {
        names.push_back({vhd.name, vhd.uri, &vhd});
        names.push_back({vhd.uri, vhd.uri, &vhd});
    }
    add_version_names(images.versions, names);
    return names;
}

bool comes_near(const std::string& name, const std::string& typed) {
    const auto mistakes = std::clamp<std::size_t>(typed.size() / 4, 1, 4);
    if (name.find(typed) != std::string::npos) {
        return true;
    }
    // Mostly saves the work: each mistake changes the length by one at most.
    return std::max(name.size(), typed.size()) - std::min(name.size(), typed.size()) <= mistakes &&
           base::edit_distance(name, typed) <= mistakes;
}

[[noreturn]] void fail_not_found(const std::vector<Name>& names, std::string_view typed) {
    constexpr std::size_t kMost = 5;  // fits a terminal; the whole list is `ingot image list`
    std::set<std::string> ids;
    std::vector<std::string> near;
    for (const auto& name : names) {  // an image's shortest name comes first
        if (near.size() < kMost && comes_near(to_lower(name.text), to_lower(typed)) &&
            ids.insert(name.id).second) {
            near.push_back(name.text);
        }
    }
    const auto hint = near.empty() ? std::string("`ingot image list` shows what there is")
                                   : fmt::format("did you mean {}?", fmt::join(near, ", "));
    throw Error(ErrorKind::NotFound,
                "ImageNotFound",
                fmt::format("there is no image {}; {}", typed, hint),
                std::string(typed));
}

}  // namespace

PublishedImage find_image(const PublishedImages& images, std::string_view typed) {
    const auto names = names_of(images);
    std::set<std::string> ids;
    const Name* found = nullptr;
    for (const auto& name : names) {
        if (base::equal_ignoring_case(name.text, typed)) {
            found = &name;
            ids.insert(name.id);
        }
    }
    if (found == nullptr) {
        fail_not_found(names, typed);
    }
    if (ids.size() > 1) {
        throw Error(
            ErrorKind::InvalidArgument,
            "AmbiguousImage",
            fmt::format(
                "{} could be any of {}; give one of these in full", typed, fmt::join(ids, ", ")),
            std::string(typed));
    }
    return std::visit([](const auto* image) { return PublishedImage(*image); }, found->image);
}

}  // namespace ingot::gallery
