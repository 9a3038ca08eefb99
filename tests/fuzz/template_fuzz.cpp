// SPDX-License-Identifier: Apache-2.0
// Any text as a template file, and any text as an expression inside of one.
#include "arm/template_language/deployment.h"
#include "base/json.h"
#include "templates/reader.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <boost/json.hpp>

namespace {

ingot::templates::ReadOptions options() {
    ingot::templates::ReadOptions options;
    options.default_name = "fuzz";
    options.scope.subscription_id = "s";
    options.scope.resource_group = "g";
    options.scope.location = "l";
    return options;
}

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// What has no error can be kept and read again.
void read_as_file(std::string_view text) {
    const auto first = ingot::templates::read_template(text, options());
    if (first.image_template) {
        const auto kept = boost::json::serialize(first.image_template->document);
        require(ingot::templates::read_template(kept, {}).image_template.has_value());
    } else {
        require(ingot::templates::has_error(first.diagnostics));
    }
}

void evaluate_as_expression(std::string_view text) {
    const boost::json::value document = {
        {"parameters", {{"p", {{"type", "string"}, {"defaultValue", text}}}}},
        {"variables", {{"v", text}, {"w", "[variables('v')]"}}},
        {"resources", {{{"type", "N/t"}, {"x", text}, {"y", "[variables('w')]"}}}}};
    (void)ingot::arm::evaluate_deployment(document, {}, options().scope);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read_as_file(text);
    evaluate_as_expression(text);
    return 0;
}
