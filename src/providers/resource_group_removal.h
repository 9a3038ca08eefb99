// SPDX-License-Identifier: Apache-2.0
// Removing a resource group with all that is in it, by the delete verb of each type, so that each
// type's rules hold. First every resource is asked whether it stands against it (a template that
// runs): then nothing is removed. While it goes on nothing can be made in the group. All is done
// within the request; the answer has the shape of an operation all the same, since that is what
// clients wait for, and its result says how it ended.
#pragma once

#include "providers/services.h"
#include "resources/call.h"
#include "resources/late_router.h"

#include <mutex>
#include <string>
#include <vector>

namespace ingot::providers {

// Any thread; one group at a time.
class ResourceGroupRemoval {
  public:
    // Both must outlive this.
    ResourceGroupRemoval(const Services& services, const resources::LateRouter& router)
        : services_(services), router_(router) {}

    // Removes the group that the path names. 202 and where its result is.
    [[nodiscard]] resources::Answer carry_out(const resources::Call& call);

    // The result of an operation of this subscription: 202 as long as it is under way, 200 when it
    // has succeeded. Throws the error it ended with, and Error{NotFound}.
    [[nodiscard]] resources::Answer result(const resources::Call& call) const;

  private:
    [[nodiscard]] resources::Resource mark(const resources::Call& call) const;
    void unmark(const resources::Resource& group) const;
    void empty(const resources::Call& call) const;
    [[nodiscard]] std::vector<resources::Router::Request> requests(
        const resources::Call& call) const;
    void finish(const resources::Call& call, resources::Operation& operation) const;

    const Services& services_;
    const resources::LateRouter& router_;
    std::mutex one_at_a_time_;
};

[[nodiscard]] bool is_being_removed(const resources::Resource& group);

}  // namespace ingot::providers
