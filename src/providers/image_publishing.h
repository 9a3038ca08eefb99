// SPDX-License-Identifier: Apache-2.0
// The parts of an image version's document that clients may change, checked and completed: the
// publishing profile with its target regions, and the safety profile. Pure functions over
// documents.
#pragma once

#include <string>

#include <boost/json/object.hpp>

namespace ingot::providers {

// `wanted` with all defaults and the regions by their display names. What `wanted` lacks is taken
// from `before` where it is about the regions, and its date of publication always is. Throws
// base::Error for what cannot be.
[[nodiscard]] boost::json::object publishing_profile(const boost::json::object& wanted,
                                                     const boost::json::object& before,
                                                     const std::string& location);

[[nodiscard]] boost::json::object safety_profile(const boost::json::object& wanted,
                                                 const boost::json::object& before);

// That no region of `before` is missing, if the safety profile wants that.
void refuse_lost_regions(const boost::json::object& safety,
                         const boost::json::object& profile,
                         const boost::json::object& before);

// That a version may be deleted as far as its own properties tell.
void refuse_protected(const boost::json::object& properties);

// As `?$expand=ReplicationStatus` shows it: a version is everywhere as soon as it is listed.
[[nodiscard]] boost::json::object replication_status(const boost::json::object& profile);

}  // namespace ingot::providers
