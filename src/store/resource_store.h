// SPDX-License-Identifier: Apache-2.0
// Resources, operations and the activity log in SQL (tables resources, operations, activities).
// The contract is resources/resource_repository.h; what else changes with the documents of images
// is image_mirror.h's.
#pragma once

#include "resources/resource_repository.h"
#include "store/connection_pool.h"
#include "store/group_commit.h"

namespace ingot::store {

class ResourceStore final : public resources::ResourceRepository {
  public:
    // Must outlive this.
    explicit ResourceStore(ConnectionPool& pool) : pool_(pool), commits_(pool) {}

    [[nodiscard]] std::optional<resources::Resource> find(const std::string& key) override;
    [[nodiscard]] std::vector<resources::Resource> list(
        const resources::ResourceFilter& filter) override;
    std::string apply(const resources::Change& change) override;
    [[nodiscard]] std::optional<resources::Operation> find_operation(
        const std::string& id) override;
    [[nodiscard]] std::vector<resources::Operation> open_operations() override;
    [[nodiscard]] std::vector<resources::Activity> activities(
        const resources::ActivityFilter& filter) override;

  private:
    ConnectionPool& pool_;
    GroupCommit commits_;
};

}  // namespace ingot::store
