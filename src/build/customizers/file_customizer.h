// SPDX-License-Identifier: Apache-2.0
// The File customizer: one file from a URI, put at an absolute path in the guest as the build user.
#pragma once

#include "build/customizers/customizer.h"

#include <filesystem>

namespace ingot::build {

class FileCustomizer : public Customizer {
  public:
    explicit FileCustomizer(templates::FileStep step) : step_(std::move(step)) {}

    [[nodiscard]] std::string type() const override { return "File"; }

    void prepare(const PrepareContext& context) override;
    [[nodiscard]] StepInputs inputs() const override;
    void run(const StepContext& context) override;

  private:
    templates::FileStep step_;
    std::filesystem::path fetched_;
    std::string digest_;
};

}  // namespace ingot::build
