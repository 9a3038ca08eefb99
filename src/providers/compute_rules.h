// SPDX-License-Identifier: Apache-2.0
// What the types of Microsoft.Compute check alike, in that provider's own words: names, required
// and immutable properties, dates, parents and children. Each throws base::Error and changes
// nothing unless it says so.
#pragma once

#include "base/error.h"
#include "base/timestamp.h"
#include "resources/call.h"
#include "resources/resource_repository.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace ingot::providers {

// A problem with one property: 400 InvalidParameter with the property as the target.
[[nodiscard]] base::Error invalid_parameter(const std::string& property,
                                            const std::string& message);

// Removes members that are null, at every depth: to clients they are the same as absent ones.
void drop_nulls(boost::json::object& object);

// 1 to 80 letters, digits, '_', '.' and, if allowed, '-', with a letter or digit at both ends.
// `what` is galleryName or the like.
void check_name(const std::string& name, std::string_view what, bool may_have_dashes);

// The text of `object`'s member; `path` is where the object stands: galleryImage.properties.
[[nodiscard]] std::string required_text(const boost::json::object& object,
                                        std::string_view name,
                                        const std::string& path);

// Where the member is there: one of `words` in any case, which is put into its place as spelled
// there.
void check_word(boost::json::object& object,
                std::string_view name,
                const std::string& path,
                std::initializer_list<std::string_view> words);

// Nothing if it is no date; a time may follow it.
[[nodiscard]] std::optional<base::Timestamp> date_from(std::string_view text);
// Where the member is there: a date.
void check_date(const boost::json::object& object, std::string_view name, const std::string& path);

// Where both have the member, it must be the same, without case; where only `before` has it, it is
// put into `after`.
void keep_property(boost::json::object& after,
                   const boost::json::object& before,
                   std::string_view name,
                   const std::string& path);

[[nodiscard]] base::Error change_not_allowed(const std::string& property);

// That the resource one level above the addressed one exists.
void require_parent(resources::ResourceRepository& repository, const resources::Call& call);

// That nothing is below the resource, other than what stands on it (role assignments).
void refuse_children(resources::ResourceRepository& repository,
                     const std::string& key,
                     std::string_view child_type);

}  // namespace ingot::providers
