// SPDX-License-Identifier: Apache-2.0
// Collects all that is wrong with one resource while it is read. Readers speak of places in the
// decoded document (newest names); the findings come out with the places of the file and with
// messages in the service's words.
#pragma once

#include "base/json.h"
#include "templates/api_version.h"
#include "templates/diagnostic.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace ingot::templates {

class Findings {
  public:
    // `root` is where the resource stands in the file.
    Findings(ApiVersion version, base::JsonPath root);

    [[nodiscard]] ApiVersion version() const { return version_; }

    // `object` lacks `field`, written as this api-version writes it.
    void missing(const base::JsonPath& object, std::string_view field);

    // `hint` is a sentence of Ingot's own after the service's.
    void bad_value(const base::JsonPath& object,
                   std::string_view field,
                   const boost::json::value& value,
                   std::string_view hint = {});

    // The same for `field`[index].
    void bad_element(const base::JsonPath& object,
                     std::string_view field,
                     std::size_t index,
                     const boost::json::value& value,
                     std::string_view hint = {});

    // A discriminator that says nothing known. The service does not repeat the value, and names the
    // field from the properties: Field 'distribute[0].type' has a bad value: ''.
    void bad_type(std::string_view code,
                  const base::JsonPath& object,
                  std::string_view discriminator,
                  std::string_view hint);

    // For what the service has no sentence that is known: "Validation failed: '<object>': <what>".
    void invalid(std::string_view code, const base::JsonPath& object, std::string_view what);

    void add(Severity severity,
             std::string_view code,
             const base::JsonPath& place,
             std::string message);

    // The file writes the last part of `place` as `key`.
    void respelled(const base::JsonPath& place, std::string_view key);

    [[nodiscard]] bool has_error_within(const base::JsonPath& place) const;

    // In the order of `text`, with positions; no more than a person reads.
    [[nodiscard]] std::vector<Diagnostic> located_in(std::string_view text) const;

  private:
    struct Finding {
        Diagnostic diagnostic;
        base::JsonPath place;
    };

    [[nodiscard]] base::JsonPath in_resource(const base::JsonPath& place) const;
    [[nodiscard]] std::string bad_value_message(const base::JsonPath& object,
                                                std::string_view field,
                                                std::string_view value,
                                                std::string_view hint) const;
    [[nodiscard]] std::string service_path(const base::JsonPath& place) const;

    ApiVersion version_;
    base::JsonPath root_;
    std::map<std::string, std::string> keys_;  // by the text of the decoded path
    std::vector<Finding> findings_;
    std::size_t dropped_ = 0;
    bool dropped_error_ = false;
};

}  // namespace ingot::templates
