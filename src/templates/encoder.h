// SPDX-License-Identifier: Apache-2.0
// The way back from codec.h: a decoded image template as clients of one api-version read it, with
// the names of that version, without what it does not know, and with the defaults written out as
// the service does. Ids, states and other things around the template are the caller's.
#pragma once

#include "templates/api_version.h"

#include <boost/json/object.hpp>

namespace ingot::templates {

// `decoded` as decode_image_template() made it; fields that the service generates may have been
// added to it (newest names) and are copied as they are.
[[nodiscard]] boost::json::object encode_image_template(const boost::json::object& decoded,
                                                        ApiVersion version);

}  // namespace ingot::templates
