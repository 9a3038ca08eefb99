// SPDX-License-Identifier: Apache-2.0
#include "templates/encoder.h"

#include "templates/schema/shape.h"
#include "templates/schema/spelling.h"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace ingot::templates {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

class Encoder {
  public:
    explicit Encoder(ApiVersion version) : version_(version) {}

    [[nodiscard]] object encode(const Shape& shape, const object& decoded) const {
        object result;
        encode_fields(shape.fields, decoded, result);
        if (const auto* variant = variant_of(shape, decoded)) {
            result[shape.discriminator] = spelled(variant->name, version_);
            encode_fields(variant->shape->fields, decoded, result);
        }
        return result;
    }

  private:
    static const Variant* variant_of(const Shape& shape, const object& decoded) {
        const auto* word =
            shape.discriminator.empty() ? nullptr : decoded.if_contains(shape.discriminator);
        const auto found = std::ranges::find_if(shape.variants, [&](const Variant& one) {
            return word != nullptr && word->is_string() && word->get_string() == one.name;
        });
        return found == shape.variants.end() ? nullptr : &*found;
    }

    void encode_fields(std::span<const Field> fields, const object& decoded, object& result) const {
        for (const auto& field : fields) {
            if (!field.in.contains(version_)) {
                continue;
            }
            const auto* given = decoded.if_contains(field.name);
            if (given != nullptr) {
                result[spelled(field.name, version_)] = encode_value(field, *given);
            } else if (!field.preset.empty()) {
                result[spelled(field.name, version_)] =
                    encode_value(field, boost::json::parse(field.preset));
            }
        }
    }

    [[nodiscard]] value encode_value(const Field& field, const value& given) const {
        if (field.kind == Kind::Object && given.is_object()) {
            return encode(*field.shape, given.get_object());
        }
        if (field.kind == Kind::ObjectList && given.is_array()) {
            array list;
            for (const auto& element : given.get_array()) {
                list.emplace_back(encode(*field.shape, element.get_object()));
            }
            return list;
        }
        if (field.kind == Kind::ObjectMap && given.is_object()) {
            object map;
            for (const auto& [key, member] : given.get_object()) {
                map[key] = encode(*field.shape, member.get_object());
            }
            return map;
        }
        return given;
    }

    ApiVersion version_;
};

}  // namespace

object encode_image_template(const object& decoded, ApiVersion version) {
    return Encoder(version).encode(image_template_shape(), decoded);
}

}  // namespace ingot::templates
