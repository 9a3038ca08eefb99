// SPDX-License-Identifier: Apache-2.0
// The router, for the resource types that ask other types: they are made before it. Whoever makes
// the router sets it here before the first request.
#pragma once

#include "resources/router.h"

namespace ingot::resources {

class LateRouter {
  public:
    LateRouter() = default;
    ~LateRouter() = default;
    LateRouter(const LateRouter&) = delete;
    LateRouter& operator=(const LateRouter&) = delete;

    // Must outlive every request.
    void set(const Router& router) { router_ = &router; }

    const Router& operator*() const { return *router_; }

    const Router* operator->() const { return router_; }

  private:
    const Router* router_ = nullptr;
};

}  // namespace ingot::resources
