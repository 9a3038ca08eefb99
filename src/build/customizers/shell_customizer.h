// SPDX-License-Identifier: Apache-2.0
// The Shell customizer: inline lines or a script from a URI, run as the build user.
#pragma once

#include "build/customizers/customizer.h"

#include <string>

namespace ingot::build {

class ShellCustomizer : public Customizer {
  public:
    explicit ShellCustomizer(templates::ShellStep step) : step_(std::move(step)) {}

    [[nodiscard]] std::string type() const override { return "Shell"; }

    void prepare(const PrepareContext& context) override;
    [[nodiscard]] StepInputs inputs() const override;
    void run(const StepContext& context) override;

  private:
    templates::ShellStep step_;
    std::string script_;
};

}  // namespace ingot::build
