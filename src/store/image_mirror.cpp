// SPDX-License-Identifier: Apache-2.0
#include "store/image_mirror.h"

#include "arm/regions.h"
#include "arm/resource_id.h"
#include "base/ascii.h"
#include "resources/request_path.h"
#include "store/image_documents.h"
#include "store/image_rows.h"
#include "store/resource_rows.h"

#include <string>
#include <string_view>

namespace ingot::store {
namespace {

using base::equal_ignoring_case;
using resources::Resource;

bool is_type(const Resource& resource, std::string_view type) {
    return equal_ignoring_case(resource.type, type);
}

void write_if_missing(sql::Database& database, const Resource& document) {
    if (!find_resource(database, resources::key_of(document.id))) {
        write_resource(database, document);
    }
}

std::string text_of(const Resource& definition, std::string_view property) {
    const auto* member = definition.properties().if_contains(property);
    return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                    : std::string();
}

DefinitionRow row_of(const Resource& definition) {
    return {.id = definition.id,
            .generation = text_of(definition, "hyperVGeneration"),
            .os_type = text_of(definition, "osType")};
}

// Where a definition lies that nobody placed: with its first version, or else in its group.
std::string location_for(sql::Database& database,
                         const arm::ResourceId& id,
                         const gallery::ImageVersion& version) {
    if (!version.regions.empty()) {
        return arm::region_name(version.regions.front().name);
    }
    const auto group = find_resource(database, resources::key_of(implied_group(id, "", {}).id));
    return group ? group->location : "local";
}

// What an earlier image asked for and nobody else is brought up to what is published now.
void bring_up_to(sql::Database& database, Resource known, const Resource& wanted) {
    bool differs = false;
    for (const auto* name : {"osType", "hyperVGeneration"}) {
        differs |= text_of(known, name) != text_of(wanted, name);
        known.properties()[name] = text_of(wanted, name);
    }
    if (differs && is_implied(known)) {
        known.changed = wanted.changed;
        write_resource(database, known);
    }
}

// Returns the location of the definition's document, which is made if there is none.
std::string list_definition(sql::Database& database,
                            const arm::ResourceId& id,
                            const gallery::ImageVersion& version) {
    const auto known = find_resource(database, id.key());
    auto location = known ? known->location : location_for(database, id, version);
    const auto wanted = implied_definition(id, location, version.content, version.published);
    if (known) {
        bring_up_to(database, *known, wanted);
    } else {
        write_resource(database, wanted);
    }
    return location;
}

}  // namespace

void list_document(sql::Database& database, const gallery::ManagedImage& image) {
    const auto id = arm::ResourceId::try_parse(image.id);
    if (!id || !id->is(kManagedImageType)) {
        return;
    }
    const auto document = document_of(image);
    write_if_missing(database, implied_group(*id, document.location, image.created));
    write_resource(database, document);
}

void list_document(sql::Database& database, const gallery::ImageVersion& version) {
    const auto id = arm::ResourceId::try_parse(version.definition_id);
    if (!id || !id->is(kDefinitionType)) {
        return;
    }
    const auto location = list_definition(database, *id, version);
    const auto document = document_of(version, location);
    if (const auto gallery = id->parent()) {
        write_if_missing(database, implied_gallery(*gallery, location, version.published));
    }
    write_if_missing(database, implied_group(*id, location, version.published));
    write_resource(database, document);
}

void follow_write(sql::Database& database, const Resource& written) {
    if (is_type(written, kVersionType)) {
        revise_version(database, revised_version(written));
    } else if (is_type(written, kManagedImageType)) {
        revise_managed_image(database, written.id, tags_of(written));
    } else if (is_type(written, kDefinitionType)) {
        write_definition(database, row_of(written));
    }
}

void follow_removals(sql::Database& database,
                     const std::vector<resources::Change::Removal>& removals) {
    for (const auto& removal : removals) {
        remove_version(database, removal.key);
        remove_managed_image(database, removal.key);
    }
    // Definitions last: their rows cannot go before those of their versions.
    for (const auto& removal : removals) {
        remove_definition(database, removal.key);
    }
}

}  // namespace ingot::store
