// SPDX-License-Identifier: Apache-2.0
#include "daemon/vhd_downloads.h"

#include "base/ascii.h"
#include "base/error.h"
#include "http/form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace ingot::daemon {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view kFolder = "/blob/ingot/vhds/";
constexpr auto kGoodFor = std::chrono::hours(24);

struct ByteRange {
    std::uint64_t first;
    std::uint64_t last;  // inclusive
};

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc() && result.ptr == text.data() + text.size()
               ? std::optional(number)
               : std::nullopt;
}

// RFC 9110 section 14.1.2: one range; whatever else is asked for gets the whole.
std::optional<ByteRange> range_in(std::string_view header, std::uint64_t length) {
    constexpr std::string_view kUnit = "bytes=";
    if (!header.starts_with(kUnit) || header.find(',') != std::string_view::npos) {
        return std::nullopt;
    }
    header.remove_prefix(kUnit.size());
    const auto dash = header.find('-');
    if (dash == std::string_view::npos || length == 0) {
        return std::nullopt;
    }
    const auto first = number_in(header.substr(0, dash));
    const auto last = number_in(header.substr(dash + 1));
    if (!first) {
        return last ? std::optional(ByteRange{length - std::min(*last, length), length - 1})
                    : std::nullopt;
    }
    return ByteRange{*first, std::min(last.value_or(length - 1), length - 1)};
}

std::string_view range_header(const http::Request& request) {
    // Clients of blob storage send their own, and it wins.
    return request.headers.find("x-ms-range")
        .value_or(request.headers.find("Range").value_or(std::string_view()));
}

}  // namespace

VhdDownloads::VhdDownloads(gallery::ImageRepository& images, os::Path folder, std::string secret)
    : images_(images), folder_(std::move(folder)), secret_(std::move(secret)) {}

std::string VhdDownloads::signature(const std::string& name, std::string_view expiry) const {
    const auto text = fmt::format("{}\n{}", name, expiry);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    ::HMAC(EVP_sha256(),
           secret_.data(),
           static_cast<int>(secret_.size()),
           reinterpret_cast<const unsigned char*>(text.data()),
           text.size(),
           digest.data(),
           &size);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += fmt::format("{:02x}", digest[i]);
    }
    return hex;
}

std::string VhdDownloads::url(const std::string& base_url,
                              const std::string& name,
                              bool is_signed) const {
    auto address = fmt::format("{}{}{}", base_url, kFolder, name);
    if (is_signed) {
        const auto expiry = base::to_rfc3339(
            std::chrono::time_point_cast<std::chrono::milliseconds>(base::now() + kGoodFor));
        address += fmt::format(
            "?sp=r&se={}&sig={}", http::percent_encode(expiry), signature(name, expiry));
    }
    return address;
}

std::optional<gallery::Vhd> VhdDownloads::find(const http::Request& request) const {
    if (!request.path.starts_with(kFolder)) {
        return std::nullopt;
    }
    const auto name = http::percent_decode(request.path.substr(kFolder.size()));
    const auto vhds = images_.vhds();
    const auto found =
        std::ranges::find_if(vhds, [&](const gallery::Vhd& vhd) { return vhd.name == name; });
    if (found == vhds.end()) {
        throw Error(ErrorKind::NotFound, "BlobNotFound", "The specified blob does not exist.");
    }
    return *found;
}

bool VhdDownloads::is_signed(const http::Request& request, const gallery::Vhd& vhd) const {
    const auto form = http::parse_form(request.query).value_or(http::Form());
    const auto sig = form.find("sig");
    const auto expiry = form.find("se");
    if (sig == form.end()) {
        return false;
    }
    const auto until = expiry == form.end() ? std::nullopt : base::from_rfc3339(expiry->second);
    const auto expected = until ? signature(vhd.name, expiry->second) : "";
    const bool right = expected.size() == sig->second.size() && !expected.empty() &&
                       ::CRYPTO_memcmp(expected.data(), sig->second.data(), expected.size()) == 0;
    if (!right || *until < base::now()) {
        throw Error(ErrorKind::Forbidden,
                    "AuthenticationFailed",
                    right ? "The signed address has expired; ask for a new one."
                          : "The signature of the address is wrong.");
    }
    return true;
}

http::Response VhdDownloads::answer(const http::Request& request, const gallery::Vhd& vhd) const {
    const auto path = folder_ / vhd.name;
    os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() < 0) {
        throw Error(ErrorKind::NotFound, "BlobNotFound", "The specified blob does not exist.");
    }
    const auto length = os::file_length(path).bytes();
    http::Response response;
    response.headers.add("Accept-Ranges", "bytes");
    response.headers.add("Content-Type", "application/octet-stream");
    response.headers.add("ETag", fmt::format("\"{}\"", vhd.content.digest.hex()));
    response.headers.add("x-ms-blob-type", "PageBlob");
    ByteRange range{0, length - 1};
    if (const auto wanted = range_in(range_header(request), length)) {
        if (wanted->first > wanted->last) {
            response.status = 416;
            response.headers.add("Content-Range", fmt::format("bytes */{}", length));
            return response;
        }
        range = *wanted;
        response.status = 206;
        response.headers.add("Content-Range",
                             fmt::format("bytes {}-{}/{}", range.first, range.last, length));
    }
    response.body = http::FileRange{std::move(file),
                                    base::ByteCount(range.first),
                                    base::ByteCount(range.last - range.first + 1)};
    return response;
}

}  // namespace ingot::daemon
