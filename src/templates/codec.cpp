// SPDX-License-Identifier: Apache-2.0
#include "templates/codec.h"

#include "base/ascii.h"
#include "templates/scalar_decoding.h"
#include "templates/schema/shape.h"
#include "templates/schema/spelling.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::templates {
namespace {

using base::JsonPath;
using boost::json::array;
using boost::json::object;
using boost::json::value;

// Since this version the service refuses unknown fields and fields in the wrong case. Before, it
// ignored the former and took the latter.
constexpr auto kStrictSince = ApiVersion::V2024_02_01;

std::string describe(Versions versions) {
    if (versions.until == kNewestApiVersion) {
        return fmt::format("{} and later", to_string(versions.since));
    }
    return versions.since == kOldestApiVersion
               ? fmt::format("{} and earlier", to_string(versions.until))
               : fmt::format("{} to {}", to_string(versions.since), to_string(versions.until));
}

// Nothing that a run would do differently: empty, switched off, or the default by name.
bool is_neutral(const value& of) {
    if (of.is_object()) {
        return std::ranges::all_of(of.get_object(),
                                   [](const auto& member) { return is_neutral(member.value()); });
    }
    if (of.is_array()) {
        return of.get_array().empty();
    }
    return of.is_string() && (of.get_string() == "Disabled" || of.get_string() == "Full");
}

// The struct that the service's generated code reads a field into, and its member.
struct Frame {
    std::string_view type;
    std::string member;
};

std::string member_name(std::string_view field) {
    std::string text(field);
    text[0] = static_cast<char>(text[0] - 'a' + 'A');  // fields begin with a small letter
    return text;
}

// The service's sentence, with the types it would have been reading.
std::string unmarshalling_error(ApiVersion version,
                                const std::vector<Frame>& frames,
                                std::string_view type,
                                std::string_view key) {
    std::string package = fmt::format("v{}", to_string(version));
    std::ranges::replace(package, '-', '_');
    std::string text = "Unmarshalling entity encountered error: ";
    for (const auto& frame : frames) {
        text += fmt::format(
            "unmarshalling type *{}.{}: struct field {}: ", package, frame.type, frame.member);
    }
    return text + fmt::format(
                      "unmarshalling type *{0}.{1}: unmarshalling type *{0}.{1}, unknown "
                      "field \"{2}\". There is an issue with the syntax with the JSON "
                      "template you are submitting. Please check the JSON template for "
                      "syntax and grammar. For more information on the syntax and grammar "
                      "of the JSON template, visit http://aka.ms/azvmimagebuildertmplref.",
                      package,
                      type,
                      key);
}

// The fields of a shape, and of the variant that was chosen.
class FieldLists {
  public:
    explicit FieldLists(std::span<const Field> fields) : lists_{fields} {}

    void add(std::span<const Field> fields) { lists_.push_back(fields); }

    template <typename Predicate>
    [[nodiscard]] const Field* find(Predicate&& matches) const {
        for (const auto list : lists_) {
            const auto found = std::ranges::find_if(list, matches);
            if (found != list.end()) {
                return &*found;
            }
        }
        return nullptr;
    }

    template <typename Action>
    void for_each(Action&& action) const {
        for (const auto list : lists_) {
            std::ranges::for_each(list, action);
        }
    }

  private:
    std::vector<std::span<const Field>> lists_;
};

class Decoder {
  public:
    explicit Decoder(Findings& findings)
        : findings_(findings), version_(findings.version()), strict_(version_ >= kStrictSince) {}

    object decode_object(const Shape& shape, const object& source, const JsonPath& path) {
        object result;
        FieldLists fields(shape.fields);
        std::string_view type = shape.name;
        if (!shape.discriminator.empty()) {
            const Variant* variant = choose_variant(shape, source, path);
            if (variant == nullptr) {
                return result;
            }
            fields.add(variant->shape->fields);
            type = variant->shape->name;
            result[shape.discriminator] = variant->name;
        }
        std::set<const Field*> seen;
        for (const auto& [key, member] : source) {
            if (matches(key, shape.discriminator)) {
                continue;
            }
            const Field* field = fields.find([&, name = std::string_view(key)](const Field& one) {
                return has(one) && matches(name, name_of(one));
            });
            if (field == nullptr) {
                report_unknown(fields, type, key, path);
            } else if (!seen.insert(field).second) {
                report_twice(*field, path);
            } else {
                note_spelling(path / field->name, field->name, key);
                decode_member(*field, member, path, type, result);
            }
        }
        report_missing(fields, result, path);
        return result;
    }

  private:
    [[nodiscard]] bool has(const Field& field) const { return field.in.contains(version_); }

    [[nodiscard]] std::string_view name_of(const Field& field) const {
        return spelled(field.name, version_);
    }

    [[nodiscard]] bool matches(std::string_view key, std::string_view name) const {
        return strict_ ? key == name : base::equal_ignoring_case(key, name);
    }

    void note_spelling(const JsonPath& place, std::string_view name, std::string_view key) {
        if (name != key) {
            findings_.respelled(place, key);
        }
    }

    const Variant* choose_variant(const Shape& shape, const object& source, const JsonPath& path) {
        const auto given = std::ranges::find_if(
            source, [&](const auto& member) { return matches(member.key(), shape.discriminator); });
        if (given == source.end() || given->value().is_null()) {
            findings_.missing(path, shape.discriminator);
            return nullptr;
        }
        note_spelling(path / shape.discriminator, shape.discriminator, given->key());
        // The values are told by case in every version, unlike the names of fields.
        const auto* word = given->value().if_string();
        const auto known = std::ranges::find_if(shape.variants, [&](const Variant& one) {
            return word != nullptr && one.in.contains(version_) &&
                   spelled(one.name, version_) == std::string_view(*word);
        });
        if (known == shape.variants.end()) {
            report_bad_variant(shape, given->value(), path);
            return nullptr;
        }
        return &*known;
    }

    void report_bad_variant(const Shape& shape, const value& given, const JsonPath& path) {
        std::vector<std::string_view> known;
        std::string hint;
        std::string_view code = shape.unknown_code;
        for (const auto& variant : shape.variants) {
            if (variant.in.contains(version_)) {
                known.push_back(spelled(variant.name, version_));
            } else if (given.is_string() && given.get_string() == variant.name) {
                hint = fmt::format(
                    "'{}' belongs to api-versions {}. ", variant.name, describe(variant.in));
                code = shape.unsupported_code;
            }
        }
        findings_.bad_type(code,
                           path,
                           shape.discriminator,
                           fmt::format("{}In api-version {} it is one of: {} (upper and lower case "
                                       "matter).",
                                       hint,
                                       to_string(version_),
                                       fmt::join(known, ", ")));
    }

    void report_unknown(const FieldLists& fields,
                        std::string_view type,
                        std::string_view key,
                        const JsonPath& path) {
        const Field* similar = fields.find([&](const Field& one) {
            return base::equal_ignoring_case(key, one.name) ||
                   base::equal_ignoring_case(key, name_of(one));
        });
        std::string hint;
        if (similar != nullptr) {
            hint = has(*similar) ? fmt::format(" Did you mean '{}'?", name_of(*similar))
                                 : fmt::format(" '{}' belongs to api-versions {}.",
                                               similar->name,
                                               describe(similar->in));
        }
        if (strict_) {
            findings_.add(Severity::Error,
                          "ValidationFailed",
                          path / key,
                          unmarshalling_error(version_, frames_, type, key) + hint);
        } else {
            findings_.add(Severity::Warning,
                          "UnknownField",
                          path / key,
                          fmt::format("api-version {} has no field '{}' here; it is ignored.{}",
                                      to_string(version_),
                                      key,
                                      hint));
        }
    }

    void report_twice(const Field& field, const JsonPath& path) {
        findings_.invalid("ValidationFailed",
                          path,
                          fmt::format("Field '{}' stands twice: api-version {} does not tell upper "
                                      "from lower case in names of fields.",
                                      name_of(field),
                                      to_string(version_)));
    }

    void report_missing(const FieldLists& fields, const object& result, const JsonPath& path) {
        fields.for_each([&](const Field& field) {
            const bool wanted = has(field) && field.required.contains(version_);
            if (wanted && !result.contains(field.name) &&
                !findings_.has_error_within(path / field.name)) {
                findings_.missing(path, field.name);
            }
        });
    }

    void decode_member(const Field& field,
                       const value& source,
                       const JsonPath& path,
                       std::string_view type,
                       object& result) {
        if (source.is_null() || field.use == Use::Generated) {
            return;
        }
        frames_.push_back({type, member_name(name_of(field))});
        auto decoded = decode_value(field, source, path);
        frames_.pop_back();
        if (!decoded) {
            return;
        }
        if (field.use == Use::Recorded && !is_neutral(*decoded)) {
            findings_.add(
                Severity::Warning,
                "NotActedOn",
                path / field.name,
                fmt::format("'{}' is recorded, not acted on.", (path / field.name).to_string()));
        }
        result[field.name] = std::move(*decoded);
    }

    // Nothing if it is not given, or wrong and reported. `path` is the object's that holds it.
    std::optional<value> decode_value(const Field& field,
                                      const value& source,
                                      const JsonPath& path) {
        if (field.kind == Kind::ObjectList) {
            return decode_list(field, source, path);
        }
        if (field.kind != Kind::Object && field.kind != Kind::ObjectMap) {
            return decode_scalar(field, source, path, findings_);
        }
        if (!source.is_object()) {
            findings_.bad_value(path, field.name, source, "It must be an object.");
            return std::nullopt;
        }
        const auto place = path / field.name;
        return field.kind == Kind::Object ? decode_object(*field.shape, source.get_object(), place)
                                          : decode_map(*field.shape, source.get_object(), place);
    }

    std::optional<value> decode_list(const Field& field,
                                     const value& source,
                                     const JsonPath& path) {
        const auto* elements = source.if_array();
        if (elements == nullptr || static_cast<std::int64_t>(elements->size()) < field.least) {
            findings_.bad_value(
                path,
                field.name,
                source,
                elements == nullptr ? "It must be a list of objects." : "It must not be empty.");
            return std::nullopt;
        }
        array result;
        for (const auto& element : *elements) {
            if (element.is_object()) {
                result.emplace_back(decode_object(
                    *field.shape, element.get_object(), path / field.name / result.size()));
            } else {
                findings_.bad_element(
                    path, field.name, result.size(), element, "It must be an object.");
                result.emplace_back(nullptr);
            }
        }
        return result;
    }

    object decode_map(const Shape& shape, const object& source, const JsonPath& path) {
        object result;
        for (const auto& [key, member] : source) {
            if (member.is_object()) {
                result[key] = decode_object(shape, member.get_object(), path / key);
            } else {
                findings_.bad_value(path, key, member, "It must be an object.");
            }
        }
        return result;
    }

    Findings& findings_;
    ApiVersion version_;
    bool strict_;
    std::vector<Frame> frames_;
};

}  // namespace

object decode_image_template(const object& resource, Findings& findings) {
    return Decoder(findings).decode_object(image_template_shape(), resource, JsonPath());
}

}  // namespace ingot::templates
