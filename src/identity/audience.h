// SPDX-License-Identifier: Apache-2.0
// What a token is for: the resource a client asks for, and the resources this service answers to.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::identity {

// The resource that an OAuth scope names: "https://host:8443//.default" is https://host:8443. az
// doubles the slash because its resource ids end in one. OpenID's own scopes beside it do not
// matter; nothing if no resource is named, or more than one.
[[nodiscard]] std::optional<std::string> resource_of_scope(std::string_view scope);

// Without slashes at its end.
[[nodiscard]] std::string trimmed_resource(std::string_view resource);

class AcceptedAudiences {
  public:
    // `own` are the service's resource ids. Azure's are accepted beside them, since SDKs ask for
    // them whatever the endpoint: https://management.azure.com and
    // https://management.core.windows.net.
    explicit AcceptedAudiences(const std::vector<std::string>& own);

    // Without case and whatever slashes stand at its end.
    [[nodiscard]] bool accepts(std::string_view audience) const;
    [[nodiscard]] bool accepts_any(const std::vector<std::string>& audiences) const;

  private:
    std::set<std::string> keys_;
};

}  // namespace ingot::identity
