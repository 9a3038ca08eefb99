// SPDX-License-Identifier: Apache-2.0
// Keeps the two views of published images in step, inside the caller's transaction: the rows that
// runs ask (image_rows.h) and the documents that clients of Azure Resource Manager see
// (resource_rows.h). A published image gets a document; a document that is changed or removed takes
// its row along. So neither view can show what the other does not have, whoever writes and whatever
// dies meanwhile.
#pragma once

#include "gallery/images.h"
#include "resources/resource_repository.h"
#include "sql/database.h"

#include <vector>

namespace ingot::store {

// Writes the document of what was published, and those of its definition, gallery and resource
// group where there are none. Nothing for an id that is not one of Azure's: no client could ask for
// it.
void list_document(sql::Database& database, const gallery::ManagedImage& image);
void list_document(sql::Database& database, const gallery::ImageVersion& version);

// After a document was written: its tags, regions and exclusion from latest reach the image's row,
// and a definition's OS and generation those that publishing checks. Other types are ignored.
void follow_write(sql::Database& database, const resources::Resource& written);

// After documents were removed: so are the rows. Throws Error{Conflict} for a definition of which a
// version remains.
void follow_removals(sql::Database& database,
                     const std::vector<resources::Change::Removal>& removals);

}  // namespace ingot::store
