// SPDX-License-Identifier: Apache-2.0
// The list of all resource types that the service knows, behind one router. Adding a type is one
// file in providers/ and one line here.
#pragma once

#include "providers/access.h"
#include "providers/image_templates/template_life.h"
#include "providers/services.h"
#include "resources/late_router.h"
#include "resources/router.h"

#include <optional>

namespace ingot::daemon {

class ResourceTypes {
  public:
    // All must outlive this.
    ResourceTypes(const providers::Services& services,
                  const providers::TemplateLife& life,
                  providers::Access& access,
                  resources::DataVersion data_version);

    [[nodiscard]] const resources::Router& router() const { return *router_; }

  private:
    resources::LateRouter late_;
    std::optional<resources::Router> router_;
};

}  // namespace ingot::daemon
