// SPDX-License-Identifier: Apache-2.0
// Runs and their journals in SQL (tables runs and run_events). The contract is
// build/run_repository.h; in addition, create() throws AlreadyExists for a known id and append()
// NotFound for an unknown one.
#pragma once

#include "build/run_repository.h"
#include "store/connection_pool.h"

namespace ingot::store {

class RunStore final : public build::RunRepository {
  public:
    // Must outlive this.
    explicit RunStore(ConnectionPool& pool) : pool_(pool) {}

    void create(const build::Run& run) override;
    [[nodiscard]] std::optional<build::Run> find(const std::string& id) override;
    [[nodiscard]] std::vector<build::Run> list() override;
    [[nodiscard]] std::vector<build::Run> unfinished() override;
    [[nodiscard]] std::vector<build::Run> runs_of(const std::string& template_key,
                                                  std::size_t limit) override;
    bool update(const build::Run& run) override;
    void append(const std::string& run_id, std::span<const build::RunEvent> events) override;
    [[nodiscard]] std::vector<build::RunEvent> events_after(const std::string& run_id,
                                                            std::int64_t sequence,
                                                            std::size_t limit) override;

  private:
    ConnectionPool& pool_;
};

}  // namespace ingot::store
