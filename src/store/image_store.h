// SPDX-License-Identifier: Apache-2.0
// The catalogue of published images in SQL. The contract is gallery/image_repository.h; in
// addition, a run output can be recorded once only, so a repeated publish of the same output is
// AlreadyExists and changes nothing. Removing an image keeps the run outputs that name it, and its
// gallery and definition. The documents of images are image_mirror.h's.
#pragma once

#include "gallery/image_repository.h"
#include "store/connection_pool.h"

namespace ingot::store {

class ImageStore final : public gallery::ImageRepository {
  public:
    // Must outlive this.
    explicit ImageStore(ConnectionPool& pool) : pool_(pool) {}

    void publish(const gallery::ManagedImage& image, const gallery::RunOutput& output) override;
    gallery::ImageVersion publish(gallery::ImageVersion version,
                                  const Numbering& number,
                                  gallery::RunOutput output) override;
    void publish(const gallery::Vhd& vhd, const gallery::RunOutput& output) override;

    [[nodiscard]] std::vector<gallery::ManagedImage> managed_images() override;
    [[nodiscard]] std::vector<gallery::ImageVersion> versions() override;
    [[nodiscard]] std::vector<gallery::Vhd> vhds() override;
    [[nodiscard]] std::vector<gallery::RunOutput> outputs_of(const std::string& run_id) override;
    [[nodiscard]] std::optional<gallery::ImageDefinition> definition(
        const std::string& id) override;

    bool remove(const std::string& id_or_vhd_name) override;
    [[nodiscard]] bool uses(const base::Sha256Digest& disk) override;

  private:
    ConnectionPool& pool_;
};

}  // namespace ingot::store
