// SPDX-License-Identifier: Apache-2.0
// Between a document as one api-version writes it and the one form that the rest of Ingot reads:
// the newest names, only fields that mean something, each of its kind. One codec for all
// api-versions; what differs is the data in schema/. What fields mean together is checked in
// reading/.
#pragma once

#include "templates/findings.h"

#include <boost/json/object.hpp>

namespace ingot::templates {

// `resource` is the body of a request (without apiVersion, dependsOn and their like). What is wrong
// goes to `findings`, whose api-version is used, and is left out of the result; elements of lists
// then are null, so that indices stay. Fields with an empty text or null count as not given.
[[nodiscard]] boost::json::object decode_image_template(const boost::json::object& resource,
                                                        Findings& findings);

}  // namespace ingot::templates
