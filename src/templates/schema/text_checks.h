// SPDX-License-Identifier: Apache-2.0
// Which texts the fields of an image template accept. Placeholders such as <subscriptionID> pass
// inside ids: they are segments like any other.
#pragma once

#include <string_view>

namespace ingot::templates {

// ^[A-Za-z0-9-_.]{1,64}$: names of templates and of run outputs.
[[nodiscard]] bool is_name(std::string_view text);
// The same without dots, as the first two api-versions have it.
[[nodiscard]] bool is_name_without_dots(std::string_view text);

// 64 hexadecimal digits of either case.
[[nodiscard]] bool is_sha256(std::string_view text);
// /folder/file or C:\folder\file.
[[nodiscard]] bool is_absolute_file_path(std::string_view text);
// With a scheme.
[[nodiscard]] bool is_uri(std::string_view text);

// Each number of X.Y.Z within 32 bits, no more digits than it needs.
[[nodiscard]] bool is_version_number(std::string_view text);

[[nodiscard]] bool is_managed_image_id(std::string_view text);
// …/galleries/G/images/D, with or without /versions/X.Y.Z.
[[nodiscard]] bool is_gallery_image_id(std::string_view text);
// …/galleries/G/images/D/versions/X.Y.Z
[[nodiscard]] bool is_image_version_id(std::string_view text);
// …/versions/X.Y.Z or …/versions/latest
[[nodiscard]] bool is_image_version_or_latest_id(std::string_view text);
[[nodiscard]] bool is_identity_id(std::string_view text);
[[nodiscard]] bool is_subnet_id(std::string_view text);
[[nodiscard]] bool is_resource_group_id(std::string_view text);

}  // namespace ingot::templates
