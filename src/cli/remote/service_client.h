// SPDX-License-Identifier: Apache-2.0
// Speaks Azure Resource Manager's REST API with a service: signs in by client credentials, sends
// requests, reads lists to their last page, waits for long-running operations, and turns what the
// service refuses into ServiceError. Which resources there are is the verbs' knowledge. One thread
// at a time.
#pragma once

#include "base/cancellation.h"
#include "cli/remote/service_address.h"
#include "http/client.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace ingot::cli {

class ServiceClient {
  public:
    using Query = std::vector<std::pair<std::string, std::string>>;

    struct Answer {
        int status = 0;
        boost::json::value body{};  // null: none
        std::string operation{};    // path and query of a long-running operation's status
        std::string location{};     // path and query of its result; empty if none is named
    };

    // All waits are under `scope`.
    ServiceClient(ServiceAddress address, base::Cancellation scope);

    // The one that names without a subscription mean.
    [[nodiscard]] const std::string& subscription();

    // The document at a path that begins with a slash: an id, or what is below one.
    [[nodiscard]] boost::json::object get(const std::string& path, std::string_view api_version);
    // All pages of {"value": […], "nextLink"}.
    [[nodiscard]] boost::json::array list(const std::string& path,
                                          std::string_view api_version,
                                          const Query& query = {});
    [[nodiscard]] Answer put(const std::string& path,
                             std::string_view api_version,
                             const boost::json::object& body);
    // Only where nothing is: throws ServiceError{PreconditionFailed} otherwise.
    [[nodiscard]] Answer put_new(const std::string& path,
                                 std::string_view api_version,
                                 const boost::json::object& body);
    [[nodiscard]] Answer post(const std::string& path,
                              std::string_view api_version,
                              const std::optional<boost::json::object>& body = std::nullopt);
    // Throws ServiceError{NotFound} where nothing was there to be removed (204).
    [[nodiscard]] Answer remove(const std::string& path, std::string_view api_version);

    // Returns when the operation that the answer began has succeeded; at once if it began none.
    void finish(const Answer& answer);

    // A body that comes while it is made.
    void stream(const std::string& path,
                std::string_view api_version,
                const Query& query,
                const std::function<void(std::string_view bytes)>& on_bytes,
                const std::function<void()>& on_wait = {});

    [[nodiscard]] const base::Cancellation& scope() const { return scope_; }

  private:
    [[nodiscard]] http::Reply exchange(http::SendRequest request);
    [[nodiscard]] http::Reply signed_exchange(const http::SendRequest& request);
    [[nodiscard]] Answer answer(const std::string& method,
                                const std::string& target,
                                std::optional<std::string> body = std::nullopt,
                                http::Headers headers = {});
    void sign_in();
    void follow_operation(const std::string& operation);
    void follow_location(const std::string& location);

    ServiceAddress address_;
    base::Cancellation scope_;
    http::Client client_;
    std::string token_;
};

}  // namespace ingot::cli
