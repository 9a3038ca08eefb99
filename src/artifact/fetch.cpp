// SPDX-License-Identifier: Apache-2.0
#include "artifact/fetch.h"

#include "artifact/http_failure.h"
#include "artifact/local_uri.h"
#include "base/error.h"
#include "http/client.h"
#include "os/fd.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::artifact {
namespace {

using base::Error;
using base::ErrorKind;

// The file while it is not checked yet; gone with this object unless published.
class UncheckedFile {
  public:
    explicit UncheckedFile(const os::Path& destination)
        : destination_(destination), path_(destination.string() + ".part") {
        ::unlink(path_.c_str());  // of an earlier, killed attempt
    }

    ~UncheckedFile() { ::unlink(path_.c_str()); }

    UncheckedFile(const UncheckedFile&) = delete;
    UncheckedFile& operator=(const UncheckedFile&) = delete;

    [[nodiscard]] const os::Path& path() const { return path_; }

    void publish() const {
        if (::rename(path_.c_str(), destination_.c_str()) != 0) {
            throw base::SystemError(errno, "writing " + destination_.string());
        }
    }

  private:
    os::Path destination_;
    os::Path path_;
};

void download_once(http::Client& client,
                   const http::GetRequest& request,
                   const os::Path& to,
                   const base::Cancellation& cancellation,
                   const Progress& progress) {
    const auto file = os::open_file(to, O_WRONLY | O_CREAT | O_TRUNC);
    std::optional<base::ByteCount> total;
    base::ByteCount done;
    const http::ResponseHandler handler{
        .on_head = [&](const http::ResponseHead& head) { total = head.content_length; },
        .on_body =
            [&](std::string_view bytes) {
                os::write_all(file.get(), bytes);
                done = done + base::ByteCount(bytes.size());
                if (progress) {
                    progress(done, total);
                }
            }};
    client.get(request, handler, cancellation);
}

void download(const std::string& url,
              const FetchRequest& request,
              const os::Path& to,
              const base::Cancellation& cancellation,
              const Progress& progress) {
    http::Client client;
    for (Retries retries(request.retry);;) {
        try {
            download_once(
                client,
                {.url = url, .limit = request.size_limit, .refuse_local = request.refuse_local},
                to,
                cancellation,
                progress);
            return;
        } catch (const http::HttpError& failure) {
            if (!failure.is_transient() || !retries.another(cancellation)) {
                throw artifact_error(failure, retries.made());
            }
        }
    }
}

os::Path allowed_local_path(const std::string& uri, const FetchRequest& request) {
    const auto path = local_path(uri, request.base_folder.value_or("/"));
    const auto shown = http::redact_url(uri);
    if (!path) {
        throw Error(ErrorKind::InvalidArgument,
                    "UnsupportedUri",
                    fmt::format("cannot fetch {}: only http, https and file addresses and local "
                                "paths are understood",
                                shown),
                    shown);
    }
    if (!request.base_folder) {
        throw Error(
            ErrorKind::InvalidArgument,
            "LocalFileNotAllowed",
            fmt::format("cannot fetch {}: only http and https addresses are allowed here", shown),
            shown);
    }
    return *path;
}

void copy_local(const std::string& uri,
                const FetchRequest& request,
                const os::Path& to,
                const base::Cancellation& cancellation) {
    const auto path = allowed_local_path(uri, request);
    std::error_code absent;
    // Regular files only: a pipe or device might never end.
    if (!std::filesystem::is_regular_file(path, absent)) {
        throw Error(ErrorKind::NotFound,
                    "ArtifactNotFound",
                    fmt::format("{}: there is no file {}", uri, path.string()),
                    uri);
    }
    if (os::file_length(path) > request.size_limit) {
        throw Error(
            ErrorKind::InvalidArgument,
            "ArtifactTooLarge",
            fmt::format("{} is larger than {}", path.string(), base::to_string(request.size_limit)),
            uri);
    }
    os::copy_sparse(path, to, cancellation);
}

}  // namespace

Fetched fetch(const std::string& uri,
              const FetchRequest& request,
              const base::Cancellation& cancellation,
              const Progress& progress) {
    const UncheckedFile file(request.destination);
    if (is_http(uri)) {
        download(uri, request, file.path(), cancellation, progress);
    } else {
        copy_local(uri, request, file.path(), cancellation);
    }
    if (request.expected) {
        require_match(*request.expected,
                      os::hash_file(file.path(), request.expected->algorithm, cancellation),
                      http::redact_url(uri));
    }
    const auto hex = os::hash_file(file.path(), base::HashAlgorithm::Sha256, cancellation);
    const Fetched fetched{*base::Sha256Digest::from_hex(hex), os::file_length(file.path())};
    file.publish();
    return fetched;
}

}  // namespace ingot::artifact
