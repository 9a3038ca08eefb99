// SPDX-License-Identifier: Apache-2.0
// What clients read before they sign in: the cloud's endpoints (/metadata/endpoints) and az's
// document of image aliases. Bodies only, made of the base URL that the client reached us by;
// serving them is the transport's job. Neither needs a token.
#pragma once

#include "sources/catalog.h"

#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace ingot::providers {

// The body of GET /metadata/endpoints, whose form went through three ages:
//   before 2019-05-01      an object of a few endpoints, as `az cloud register` reads it
//   before 2022-09-01      a list of clouds; az and azure-identity read it
//   2022-09-01 and later   one cloud; Terraform and newer az read it
// Without an api-version it is the list. `base_url` is https://localhost:8443, without a slash at
// the end.
[[nodiscard]] boost::json::value cloud_metadata(const std::string& base_url,
                                                std::string_view api_version,
                                                const std::string& tenant_id);

// az's vmImageAliasDoc: one alias for each offer and SKU of the catalogue: the one that
// Azure has where both have the image (Ubuntu2204), otherwise OFFER-SKU. The version is "latest".
[[nodiscard]] boost::json::object image_aliases(const sources::Catalog& catalog);

}  // namespace ingot::providers
