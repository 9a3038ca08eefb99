// SPDX-License-Identifier: Apache-2.0
#include "store/group_commit.h"

#include <utility>

namespace ingot::store {

// Whoever finds nobody writing takes all that wait, itself among them; those who come meanwhile
// are the next batch, and one of them writes it.
void GroupCommit::run(const Work& work) {
    Entry own{.work = work};
    std::unique_lock lock(mutex_);
    waiting_.push_back(&own);
    news_.wait(lock, [&] { return own.done || !somebody_writes_; });
    if (!own.done) {
        const auto batch = std::exchange(waiting_, {});
        somebody_writes_ = true;
        lock.unlock();
        carry_out(batch);
        lock.lock();
        somebody_writes_ = false;
        for (auto* entry : batch) {
            entry->done = true;
        }
        news_.notify_all();
    }
    if (own.failure) {
        std::rethrow_exception(own.failure);
    }
}

void GroupCommit::carry_out(const Batch& batch) {
    try {
        const auto database = pool_.borrow();
        sql::Transaction transaction(*database);
        for (auto* entry : batch) {
            if (batch.size() == 1) {
                entry->work(*database);
            } else {
                carry_out_beside_others(*database, *entry);
            }
        }
        transaction.commit();
    } catch (...) {
        for (auto* entry : batch) {
            entry->failure = entry->failure ? entry->failure : std::current_exception();
        }
    }
}

// Throws if the transaction itself is lost: some failures (a full disk) undo all of it.
void GroupCommit::carry_out_beside_others(sql::Database& database, Entry& entry) {
    database.execute("SAVEPOINT entry");
    try {
        entry.work(database);
    } catch (...) {
        entry.failure = std::current_exception();
        database.execute("ROLLBACK TO entry");
    }
    database.execute("RELEASE entry");
}

}  // namespace ingot::store
