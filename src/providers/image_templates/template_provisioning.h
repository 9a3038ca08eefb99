// SPDX-License-Identifier: Apache-2.0
// What happens to an image template after its PUT was answered: the identity's rights and the
// existence of source and targets are checked, the staging group is made, scripts and files are
// fetched and their checksums computed. Ends in Succeeded, or in Failed with the provisioningError
// that the resource keeps. When and on which thread is the composition's job (daemon/).
#pragma once

#include "base/cancellation.h"
#include "providers/image_templates/template_life.h"
#include "providers/services.h"
#include "resources/resource.h"
#include "templates/model.h"

#include <map>
#include <string>

namespace ingot::providers {

class TemplateProvisioning {
  public:
    // Both must outlive this.
    TemplateProvisioning(const Services& services, const TemplateLife& life)
        : services_(services), life_(life) {}

    // Carries out the provisioning that this operation stands for and ends the operation. Does
    // nothing if the template or the operation is gone or was ended before; may be repeated after
    // a crash. Blocks while it fetches. Throws Cancelled, and leaves the rest for next time.
    void carry_out(const std::string& operation_id, const base::Cancellation& cancellation) const;

  private:
    void provision(resources::Resource& stored, const base::Cancellation& cancellation) const;
    void fetch_all(resources::Resource& stored,
                   const templates::ImageTemplate& image_template,
                   const base::Cancellation& cancellation) const;
    [[nodiscard]] std::string exact_version(const templates::Source& source) const;
    void run_if_wanted(const resources::Resource& stored) const;
    void finish(resources::Resource stored, resources::Operation operation) const;

    const Services& services_;
    const TemplateLife& life_;
};

// Where the scripts and files of a template lie, by step id. For run_document().
[[nodiscard]] std::map<std::string, std::string> staged_files(const resources::Resource& stored);

// The folder that staged_files() is relative to.
[[nodiscard]] os::Path staging_folder(const resources::Resource& stored, const TemplateLife& life);

}  // namespace ingot::providers
