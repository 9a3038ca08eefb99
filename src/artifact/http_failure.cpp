// SPDX-License-Identifier: Apache-2.0
#include "artifact/http_failure.h"

#include <fmt/format.h>

namespace ingot::artifact {
namespace {

using base::Error;
using base::ErrorKind;

Error with(ErrorKind kind,
           std::string code,
           const http::HttpError& failure,
           const std::string& advice) {
    return {kind, std::move(code), failure.message() + "; " + advice, failure.target()};
}

}  // namespace

Error artifact_error(const http::HttpError& failure, int attempts) {
    if (failure.is_transient()) {
        return with(ErrorKind::Unavailable,
                    "ArtifactUnavailable",
                    failure,
                    fmt::format("gave up after {} attempts", attempts));
    }
    if (failure.code() == "ResponseTooLarge") {
        return with(ErrorKind::InvalidArgument,
                    "ArtifactTooLarge",
                    failure,
                    "check that the address names the right file");
    }
    if (failure.code() == "UnsupportedUrl") {
        return with(ErrorKind::InvalidArgument,
                    "UnsupportedUri",
                    failure,
                    "only http and https addresses can be fetched");
    }
    if (failure.kind() == ErrorKind::NotFound) {
        return with(ErrorKind::NotFound, "ArtifactNotFound", failure, "check the address");
    }
    if (failure.code() == "LocalAddressRefused") {
        return with(ErrorKind::Forbidden,
                    "ArtifactForbidden",
                    failure,
                    "put the file on another host, or have the service started with "
                    "--local-sources");
    }
    if (failure.kind() == ErrorKind::Forbidden) {
        return with(ErrorKind::Forbidden,
                    "ArtifactForbidden",
                    failure,
                    "check that the address may be read from here, and any signature in it");
    }
    return with(ErrorKind::InvalidArgument, "ArtifactRefused", failure, "check the address");
}

}  // namespace ingot::artifact
