// SPDX-License-Identifier: Apache-2.0
// The vocabulary in which schema/ writes down what a document of each api-version may hold: shapes
// (objects) with fields, each with the versions that have it. Data only; codec.h reads documents by
// it. Names are those of the newest api-version; former ones are in spelling.h.
#pragma once

#include "templates/api_version.h"

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace ingot::templates {

struct Versions {
    ApiVersion since = kOldestApiVersion;
    ApiVersion until = kNewestApiVersion;

    [[nodiscard]] constexpr bool contains(ApiVersion version) const {
        return since <= version && version <= until;
    }
};

inline constexpr Versions kAlways{};
// For a field that is never required.
inline constexpr Versions kNever{kNewestApiVersion, kOldestApiVersion};

constexpr Versions since(ApiVersion version) {
    return {version, kNewestApiVersion};
}

constexpr Versions until(ApiVersion version) {
    return {kOldestApiVersion, version};
}

enum class Kind {
    Text,
    Integer,
    Boolean,
    TextList,
    IntegerList,
    TextMap,
    Object,
    ObjectList,
    ObjectMap,  // any names, all of one shape
};

enum class Use {
    Acted,      // decides what a run does
    Recorded,   // kept, but Ingot does not act on it yet: whoever sets it is told so
    Generated,  // the service's answer; ignored in a request
};

struct Choice {
    std::string_view word;
    Versions in = kAlways;
};

struct Shape;

struct Field {
    std::string_view name;
    Kind kind = Kind::Text;
    Versions in = kAlways;
    Versions required = kNever;
    Use use = Use::Acted;
    const Shape* shape = nullptr;          // of Object, ObjectList, ObjectMap
    std::span<const Choice> choices = {};  // of Text; empty: any
    bool (*accepts)(std::string_view) =
        nullptr;  // of Text, and each of a TextList; not asked about ""
    // Of Integer: its range; of ObjectList: how many.
    std::int64_t least = std::numeric_limits<std::int32_t>::min();
    std::int64_t most = std::numeric_limits<std::int32_t>::max();
    // JSON that the service writes into its answers where a request left the field out; empty: it
    // leaves it out as well.
    std::string_view preset = {};
};

// One of several shapes, chosen by the value of the discriminator field.
struct Variant {
    std::string_view name;
    const Shape* shape = nullptr;
    Versions in = kAlways;
};

struct Shape {
    std::string_view name;  // as the service's own messages name the type
    std::span<const Field> fields = {};
    std::string_view discriminator = {};  // empty: no variants
    std::span<const Variant> variants = {};
    // Codes for a variant that nobody knows, and for one that this api-version does not have.
    std::string_view unknown_code = "ValidationFailed";
    std::string_view unsupported_code = "ValidationFailed";
};

// The body of an image template resource.
[[nodiscard]] const Shape& image_template_shape();

}  // namespace ingot::templates
