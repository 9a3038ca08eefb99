// SPDX-License-Identifier: Apache-2.0
// One transaction for all who want to write at the same moment: making a commit durable costs the
// disk milliseconds, whether it holds one change or fifty. What is written is each caller's own
// business; nobody's failure undoes another's work.
#pragma once

#include "store/connection_pool.h"

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>

namespace ingot::store {

class GroupCommit {
  public:
    // Must outlive this.
    explicit GroupCommit(ConnectionPool& pool) : pool_(pool) {}

    using Work = std::function<void(sql::Database& database)>;

    // Carries `work` out in a write transaction, on this thread or on that of somebody who writes
    // too; what it wrote is durable on return. Throws what `work` throws, and then nothing of it
    // was written, or what the commit throws. Any thread; `work` must not call this again.
    void run(const Work& work);

  private:
    struct Entry {
        const Work& work;
        std::exception_ptr failure{};
        bool done = false;
    };

    using Batch = std::vector<Entry*>;

    void carry_out(const Batch& batch);
    static void carry_out(sql::Database& database, Entry& entry);
    static void carry_out_beside_others(sql::Database& database, Entry& entry);

    ConnectionPool& pool_;
    std::mutex mutex_;  // guards what follows, and `done` of the entries
    std::condition_variable news_;
    Batch waiting_;
    bool somebody_writes_ = false;
};

}  // namespace ingot::store
