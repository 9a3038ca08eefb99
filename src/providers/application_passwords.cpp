// SPDX-License-Identifier: Apache-2.0
#include "providers/application_passwords.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/uuid.h"
#include "identity/secret.h"
#include "providers/body_members.h"
#include "resources/documents.h"

#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using resources::Answer;
using resources::Call;

// Each costs a sign-in with a wrong one the time of a hash.
constexpr std::size_t kMostPasswords = 10;

object shown(const identity::ClientSecret& secret) {
    object document{{"keyId", secret.id}, {"hint", secret.hint}};
    document["endDateTime"] = secret.expires ? boost::json::value(base::to_rfc3339(*secret.expires))
                                             : boost::json::value(nullptr);
    return document;
}

// {"passwordCredential": {"endDateTime": …}}, or no body at all.
std::optional<base::Timestamp> end_in(const Call& call) {
    const auto text =
        call.body ? text_member(object_member(call.object(), "passwordCredential"), "endDateTime")
                  : "";
    if (text.empty()) {
        return std::nullopt;
    }
    const auto end = text.ends_with('Z') ? base::from_rfc3339(text) : std::nullopt;
    if (!end || *end <= base::now()) {
        throw Error(
            ErrorKind::InvalidArgument,
            "InvalidEndDateTime",
            fmt::format("'{}' is no time to come in UTC, such as 2030-01-31T00:00:00Z.", text),
            "passwordCredential.endDateTime");
    }
    return end;
}

class Passwords {
  public:
    Passwords(const Services& services, std::shared_ptr<std::mutex> writing)
        : services_(services), writing_(std::move(writing)) {}

    [[nodiscard]] Answer add(const Call& call) const {
        const auto end = end_in(call);
        const std::scoped_lock lock(*writing_);
        auto principal = principal_of(call);
        refuse_one_more(principal);
        const auto secret = identity::generate_secret();
        const auto& kept = principal.secrets.emplace_back(
            identity::ClientSecret{.id = base::new_uuid(),
                                   .hash = identity::hash_secret(secret),
                                   .hint = identity::secret_hint(secret),
                                   .expires = end});
        auto document = shown(kept);
        document["secretText"] = secret;
        save(call, principal, "addPassword");
        auto answer = resources::ok(std::move(document));
        answer.headers.emplace_back("Cache-Control", "no-store");
        return answer;
    }

    [[nodiscard]] Answer remove(const Call& call) const {
        const auto id = text_member(call.object(), "keyId");
        const std::scoped_lock lock(*writing_);
        auto principal = principal_of(call);
        const auto removed = std::erase_if(principal.secrets, [&](const auto& secret) {
            return base::equal_ignoring_case(secret.id, id);
        });
        if (removed == 0) {
            throw Error(
                ErrorKind::NotFound,
                "PasswordNotFound",
                fmt::format(
                    "The application '{}' has no password with the key id '{}'.", call.name(), id),
                "keyId");
        }
        save(call, principal, "removePassword");
        return resources::no_content();
    }

  private:
    // The principal is missing where a service was ended while it made the application.
    [[nodiscard]] identity::ServicePrincipal principal_of(const Call& call) const {
        const auto application = resources::require(services_.resources, call);
        auto principal =
            services_.principals.find_by_client(text_member(application.properties(), "clientId"));
        if (!principal) {
            throw Error(ErrorKind::Conflict,
                        "ApplicationIncomplete",
                        fmt::format("The application '{}' was not made to its end; PUT it again.",
                                    call.name()));
        }
        return *std::move(principal);
    }

    static void refuse_one_more(const identity::ServicePrincipal& principal) {
        if (principal.secrets.size() >= kMostPasswords) {
            throw Error(ErrorKind::InvalidArgument,
                        "TooManyPasswords",
                        fmt::format("An application has at most {} passwords; remove one first.",
                                    kMostPasswords));
        }
    }

    void save(const Call& call,
              const identity::ServicePrincipal& principal,
              std::string_view action) const {
        services_.principals.save(principal);
        resources::Change change;
        change.activities.push_back(
            resources::activity_of(call,
                                   fmt::format("Ingot.Identity/applications/{}/action", action),
                                   principal.resource_id));
        static_cast<void>(services_.resources.apply(change));
    }

    Services services_;
    std::shared_ptr<std::mutex> writing_;
};

}  // namespace

void add_password_actions(resources::ResourceType& type,
                          const Services& services,
                          const std::shared_ptr<std::mutex>& writing) {
    const Passwords passwords(services, writing);
    type.actions["addpassword"] = [passwords](const Call& call) { return passwords.add(call); };
    type.actions["removepassword"] = [passwords](const Call& call) {
        return passwords.remove(call);
    };
}

boost::json::array shown_passwords(const identity::ServicePrincipal& principal) {
    boost::json::array list;
    for (const auto& secret : principal.secrets) {
        list.push_back(shown(secret));
    }
    return list;
}

}  // namespace ingot::providers
