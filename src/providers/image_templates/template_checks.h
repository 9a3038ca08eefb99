// SPDX-License-Identifier: Apache-2.0
// What must hold of a template's surroundings before anything is built: its identity has the rights
// it needs (template_rights.h), and source and targets are there. Asked when a template is
// provisioned and when an update changes one of these. What holds of the template alone is the
// decoder's job.
#pragma once

#include "providers/image_templates/template_life.h"
#include "providers/services.h"
#include "resources/resource.h"
#include "templates/model.h"

#include <string>

namespace ingot::providers {

class TemplateChecks {
  public:
    // Both must outlive this.
    TemplateChecks(const Services& services, const TemplateLife& life)
        : services_(services), life_(life) {}

    // Throws Error{Forbidden, "Unauthorized"} naming the identity that is not there, or the first
    // right that is missing and where.
    void rights(const resources::Resource& stored,
                const templates::ImageTemplate& image_template) const;

    // These throw Error with the service's code for what is not there: BadPIRSource, ….
    void source(const templates::Source& wanted) const;
    void targets(const templates::ImageTemplate& image_template) const;

  private:
    void require_there(const std::string& id, const std::string& code) const;

    const Services& services_;
    const TemplateLife& life_;
};

}  // namespace ingot::providers
