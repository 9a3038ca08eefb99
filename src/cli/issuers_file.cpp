// SPDX-License-Identifier: Apache-2.0
#include "cli/issuers_file.h"

#include "base/error.h"
#include "base/json.h"
#include "http/certificates.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;
using base::JsonPath;
using boost::json::object;
using daemon::TrustedIssuer;

constexpr std::string_view kMembers[] = {
    "issuer", "audience", "jwksUrl", "authority", "claim", "claimIsObjectId"};

class Reader {
  public:
    explicit Reader(os::Path file) : file_(std::move(file)), text_(os::read_file(file_)) {}

    [[nodiscard]] std::vector<TrustedIssuer> read() {
        const auto parsed = base::parse_json(text_);
        if (const auto* problem = std::get_if<base::JsonProblem>(&parsed)) {
            add(problem->position, problem->message);
            refuse();
        }
        const auto* list = std::get<boost::json::value>(parsed).if_array();
        if (list == nullptr) {
            complain(JsonPath(), "a list of issuers is expected");
        }
        for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
            read_entry((*list)[i], JsonPath() / i);
        }
        if (!problems_.empty()) {
            refuse();
        }
        return std::move(issuers_);
    }

  private:
    void read_entry(const boost::json::value& value, const JsonPath& path) {
        const auto* entry = value.if_object();
        if (entry == nullptr) {
            complain(path, "an issuer is an object");
            return;
        }
        refuse_unknown(*entry, path);
        TrustedIssuer issuer{.issuer = url_in(*entry, path, "issuer"),
                             .audience = text_in(*entry, path, "audience"),
                             .jwks_url = url_in(*entry, path, "jwksUrl"),
                             .authority = authority_in(*entry, path)};
        require(*entry, path, "issuer");
        require(*entry, path, "audience");
        if (auto claim = text_in(*entry, path, "claim"); !claim.empty()) {
            issuer.claim = std::move(claim);
        }
        issuer.claim_is_object_id = flag_in(*entry, path, "claimIsObjectId");
        if (std::ranges::find(issuers_, issuer.issuer, &TrustedIssuer::issuer) != issuers_.end()) {
            complain(path / "issuer", fmt::format("'{}' is there twice", issuer.issuer));
        }
        issuers_.push_back(std::move(issuer));
    }

    void refuse_unknown(const object& entry, const JsonPath& path) {
        for (const auto& [name, value] : entry) {
            const std::string_view member = name;
            if (std::find(std::begin(kMembers), std::end(kMembers), member) == std::end(kMembers)) {
                complain(path / member,
                         fmt::format("there is no member '{}'; known are {}",
                                     member,
                                     fmt::join(kMembers, ", ")));
            }
        }
    }

    void require(const object& entry, const JsonPath& path, std::string_view name) {
        if (!entry.contains(name)) {
            complain(path, fmt::format("'{}' is missing", name));
        }
    }

    // Empty if there is none, or none that can be used.
    std::string text_in(const object& entry, const JsonPath& path, std::string_view name) {
        const auto* member = entry.if_contains(name);
        if (member == nullptr) {
            return {};
        }
        if (!member->is_string() || member->get_string().empty()) {
            complain(path / name, fmt::format("'{}' must be a text that is not empty", name));
            return {};
        }
        return std::string(member->get_string());
    }

    std::string url_in(const object& entry, const JsonPath& path, std::string_view name) {
        auto url = text_in(entry, path, name);
        if (!url.empty() && !url.starts_with("https://")) {
            complain(path / name,
                     fmt::format("'{}' must begin with https://: keys come by TLS", url));
        }
        return url;
    }

    bool flag_in(const object& entry, const JsonPath& path, std::string_view name) {
        const auto* member = entry.if_contains(name);
        if (member != nullptr && !member->is_bool()) {
            complain(path / name, fmt::format("'{}' must be true or false", name));
            return false;
        }
        return member != nullptr && member->get_bool();
    }

    // A path beside the issuers file, so that both can be moved together.
    os::Path authority_in(const object& entry, const JsonPath& path) {
        constexpr std::string_view kName = "authority";
        const auto text = text_in(entry, path, kName);
        if (text.empty()) {
            return {};
        }
        auto pem = std::filesystem::absolute(file_).parent_path() / text;
        try {
            static_cast<void>(http::expiry_of(os::read_file(pem, base::ByteCount::mib(4))));
        } catch (const Error& error) {
            complain(path / kName,
                     fmt::format(
                         "{} is no PEM file of a certificate: {}", pem.string(), error.message()));
        }
        return pem;
    }

    void complain(const JsonPath& path, const std::string& message) {
        add(base::locate(text_, path), message);
    }

    void add(const base::TextPosition& at, const std::string& message) {
        problems_.push_back(
            fmt::format("{}:{}:{}: {}", file_.string(), at.line, at.column, message));
    }

    [[noreturn]] void refuse() const {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidIssuers",
                    fmt::format("--issuers: {}", fmt::join(problems_, "\n")));
    }

    os::Path file_;
    std::string text_;
    std::vector<std::string> problems_;
    std::vector<TrustedIssuer> issuers_;
};

}  // namespace

std::vector<TrustedIssuer> read_issuers(const os::Path& file) {
    return Reader(file).read();
}

}  // namespace ingot::cli
