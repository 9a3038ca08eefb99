// SPDX-License-Identifier: Apache-2.0
// The VHDs of VHD distributors over HTTP, under an address that looks like a blob's:
// /blob/ingot/vhds/NAME. Read by who may read the run outputs of the template that made it, or with
// an address that was signed for a while.
#pragma once

#include "base/timestamp.h"
#include "gallery/image_repository.h"
#include "http/message.h"
#include "os/files.h"

#include <optional>
#include <string>
#include <string_view>

namespace ingot::daemon {

class VhdDownloads {
  public:
    // `secret` signs addresses; it never leaves the service.
    VhdDownloads(gallery::ImageRepository& images, os::Path folder, std::string secret);

    [[nodiscard]] std::string url(const std::string& base_url,
                                  const std::string& name,
                                  bool is_signed) const;

    // The VHD that the request names, if its path is one of these. Throws Error{NotFound}.
    [[nodiscard]] std::optional<gallery::Vhd> find(const http::Request& request) const;

    // Whether the address of the request was signed here for this VHD and is still good. Throws
    // Error{Forbidden, "AuthenticationFailed"} for a signature that is neither.
    [[nodiscard]] bool is_signed(const http::Request& request, const gallery::Vhd& vhd) const;

    // GET and HEAD with a single range, as blob storage answers them.
    [[nodiscard]] http::Response answer(const http::Request& request,
                                        const gallery::Vhd& vhd) const;

  private:
    [[nodiscard]] std::string signature(const std::string& name, std::string_view expiry) const;

    gallery::ImageRepository& images_;
    os::Path folder_;
    std::string secret_;
};

}  // namespace ingot::daemon
