// SPDX-License-Identifier: Apache-2.0
#include "artifact/download_cache.h"

#include "artifact/http_failure.h"
#include "base/error.h"
#include "http/client.h"
#include "os/fd.h"
#include "os/file_lock.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace ingot::artifact {
namespace {

// An attempt that brought this much got on, and does not count towards giving up.
constexpr base::ByteCount kGain = base::ByteCount::mib(1);

// What is there of a file so far (NAME.part), and which version of it at the server (NAME.etag).
class PartialFile {
  public:
    explicit PartialFile(const os::Path& target)
        : target_(target),
          path_(target.string() + ".part"),
          etag_path_(target.string() + ".etag"),
          file_(os::open_file(path_, O_WRONLY | O_CREAT | O_APPEND)) {}

    [[nodiscard]] const os::Path& path() const { return path_; }

    [[nodiscard]] base::ByteCount length() const { return os::file_length(path_); }

    // Empty if the server gave nothing to tell versions apart by.
    [[nodiscard]] std::string etag() const {
        std::error_code absent;
        return std::filesystem::exists(etag_path_, absent)
                   ? os::read_file(etag_path_, base::ByteCount::kib(64))
                   : std::string();
    }

    // Whether it was put together from several answers.
    [[nodiscard]] bool pieced() const { return pieced_; }

    void begin(const http::ResponseHead& head) {
        pieced_ = head.first_byte.bytes() > 0;
        if (pieced_) {
            return;
        }
        clear();
        // A weak etag promises equal meaning, not equal bytes (RFC 9110, 8.8.1).
        if (!head.etag.empty() && !head.etag.starts_with("W/")) {
            os::replace_file(etag_path_, head.etag);
        }
    }

    void append(std::string_view bytes) { os::write_all(file_.get(), bytes); }

    void clear() {
        ::unlink(etag_path_.c_str());  // first: bytes without an etag are never continued
        if (::ftruncate(file_.get(), 0) != 0) {
            throw base::SystemError(errno, "emptying " + path_.string());
        }
    }

    void discard() {
        ::unlink(etag_path_.c_str());
        ::unlink(path_.c_str());
    }

    void publish() {
        os::sync_file(path_);
        if (::rename(path_.c_str(), target_.c_str()) != 0) {
            throw base::SystemError(errno, "writing " + target_.string());
        }
        ::unlink(etag_path_.c_str());
        os::sync_folder(target_.parent_path());
    }

  private:
    os::Path target_;
    os::Path path_;
    os::Path etag_path_;
    os::Fd file_;
    bool pieced_ = false;
};

http::GetRequest request_for_rest(const DownloadRequest& request, const PartialFile& file) {
    http::GetRequest get{.url = request.url, .limit = request.size_limit};
    if (auto etag = file.etag(); !etag.empty()) {
        get.first_byte = file.length();
        get.if_range = std::move(etag);
    }
    return get;
}

void get_rest(http::Client& client,
              const DownloadRequest& request,
              PartialFile& file,
              const base::Cancellation& cancellation,
              const Progress& progress) {
    std::optional<base::ByteCount> total;
    base::ByteCount done;
    const http::ResponseHandler handler{.on_head =
                                            [&](const http::ResponseHead& head) {
                                                file.begin(head);
                                                done = head.first_byte;
                                                if (head.content_length) {
                                                    total = head.first_byte + *head.content_length;
                                                }
                                            },
                                        .on_body =
                                            [&](std::string_view bytes) {
                                                file.append(bytes);
                                                done = done + base::ByteCount(bytes.size());
                                                if (progress) {
                                                    progress(done, total);
                                                }
                                            }};
    client.get(request_for_rest(request, file), handler, cancellation);
}

void download(const DownloadRequest& request,
              PartialFile& file,
              const base::Cancellation& cancellation,
              const Progress& progress) {
    constexpr int kNothingBehindRange = 416;
    http::Client client;
    for (Retries retries(request.retry);;) {
        const auto before = file.length();
        try {
            get_rest(client, request, file, cancellation, progress);
            return;
        } catch (const http::HttpError& failure) {
            if (failure.status() == kNothingBehindRange) {
                return;  // all of it was there already; the checksum will tell
            }
            if (file.length() >= before + kGain) {
                retries.start_over();
            }
            if (!failure.is_transient() || !retries.another(cancellation)) {
                throw artifact_error(failure, retries.made());
            }
        }
    }
}

void download_verified(const DownloadRequest& request,
                       PartialFile& file,
                       const base::Cancellation& cancellation,
                       const Progress& progress) {
    for (bool again : {true, false}) {
        download(request, file, cancellation, progress);
        const auto hex = os::hash_file(file.path(), request.expected.algorithm, cancellation);
        if (hex == request.expected.hex) {
            return;
        }
        // Pieces that do not fit deserve one try in one piece.
        again = again && file.pieced();
        file.clear();
        if (!again) {
            file.discard();
            require_match(request.expected, hex, http::redact_url(request.url));
        }
    }
}

}  // namespace

DownloadCache::DownloadCache(os::Path folder) : folder_(std::move(folder)) {
    os::make_folders(folder_);
}

os::Path DownloadCache::path_of(const Checksum& checksum) const {
    return folder_ / checksum.hex;
}

bool DownloadCache::has(const Checksum& checksum) const {
    return std::filesystem::exists(path_of(checksum));
}

os::Path DownloadCache::get(const DownloadRequest& request,
                            const base::Cancellation& cancellation,
                            const Progress& progress) const {
    auto path = path_of(request.expected);
    if (has(request.expected)) {
        return path;
    }
    const auto lock = os::FileLock::acquire(path.string() + ".lock", cancellation);
    if (has(request.expected)) {
        return path;  // whoever held the lock has brought it
    }
    PartialFile file(path);
    try {
        download_verified(request, file, cancellation, progress);
        file.publish();
    } catch (const base::Error& error) {
        if (error.code() == "DiskFull") {
            file.discard();  // what fills the disk must not stay
        }
        throw;
    }
    return path;
}

void DownloadCache::erase(const Checksum& checksum) const {
    for (const auto* ending : {"", ".part", ".etag"}) {
        ::unlink((path_of(checksum).string() + ending).c_str());
    }
}

}  // namespace ingot::artifact
