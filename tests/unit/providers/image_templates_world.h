// SPDX-License-Identifier: Apache-2.0
// A world with the types of Microsoft.VirtualMachineImages, and of Microsoft.Compute and managed
// identities around them: a group "rg", an identity, a gallery definition, a small catalogue. What
// the composition would do (provisioning, cancelling, rights) a test does itself, and runs are
// written as records; no guest and no worker.
#pragma once

#include "providers/galleries.h"
#include "providers/image_definitions.h"
#include "providers/image_templates/image_templates.h"
#include "providers/image_templates/operation_answers.h"
#include "providers/image_templates/run_outputs.h"
#include "providers/image_templates/runs.h"
#include "providers/image_templates/template_provisioning.h"
#include "providers/image_templates/triggers.h"
#include "providers/managed_identities.h"
#include "templates/api_version.h"
#include "unit/providers/provider_world.h"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::providers {

inline const std::string kDebianCatalog =
    R"([{"publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "12.0.1",)"
    R"( "hyperVGeneration": "V1",)"
    R"( "download": {"url": "https://example.invalid/i", "format": "raw", "digest": "00"}},)"
    R"({"publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "12.0.2",)"
    R"( "hyperVGeneration": "V1",)"
    R"( "download": {"url": "https://example.invalid/j", "format": "raw", "digest": "00"}}])";

inline std::string in_rg(const std::string& rest) {
    return ProviderWorld::in_group("rg", rest);
}

inline std::string template_url(const std::string& name) {
    return in_rg("Microsoft.VirtualMachineImages/imageTemplates/" + name);
}

inline std::string header_of(const resources::Answer& answer, std::string_view name) {
    for (const auto& [known, value] : answer.headers) {
        if (known == name) {
            return value;
        }
    }
    return "";
}

inline std::string path_of(const std::string& url) {
    constexpr std::string_view kHost = "https://localhost:8443";
    return url.starts_with(kHost) ? url.substr(kHost.size()) : url;
}

// All of them, oldest first.
inline std::vector<std::string> all_versions() {
    auto versions = image_builder_versions();
    return {versions.rbegin(), versions.rend()};
}

class ImageTemplatesTest : public testing::Test {
  protected:
    ImageTemplatesTest() {
        world.make_group("rg");
        identity = in_rg("Microsoft.ManagedIdentity/userAssignedIdentities/Builder");
        EXPECT_EQ(
            world.put(identity + "?api-version=2018-11-30", R"({"location": "westus2"})").status,
            201);
    }

    // The smallest template of each api-version, in its words.
    [[nodiscard]] boost::json::object minimal(const std::string& version) const {
        const bool oldest = version == "2018-02-01-preview";
        boost::json::object body = {{"location", "westus2"},
                                    {"properties",
                                     {{"source",
                                       {{"type", "PlatformImage"},
                                        {"publisher", "Debian"},
                                        {"offer", "debian-12"},
                                        {"sku", "12"},
                                        {"version", "latest"}}},
                                      {"distribute",
                                       {{{"type", oldest ? "managedImage" : "ManagedImage"},
                                         {"runOutputName", "out"},
                                         {"location", "westus2"},
                                         {"imageId", in_rg("Microsoft.Compute/images/img")}}}}}}};
        if (version >= "2019-05-01-preview") {
            body["identity"] = {{"type", "UserAssigned"},
                                {"userAssignedIdentities", {{identity, boost::json::object()}}}};
        }
        return body;
    }

    [[nodiscard]] boost::json::object minimal() const { return minimal(world.api_version); }

    // With this member of properties, given as JSON.
    [[nodiscard]] boost::json::object with(const std::string& member,
                                           const std::string& json) const {
        auto body = minimal();
        body["properties"].get_object()[member] = boost::json::parse(json);
        return body;
    }

    resources::Answer submit(const std::string& name, const boost::json::object& body) {
        return world.put(template_url(name), boost::json::serialize(body));
    }

    // Carries out what was put off so far.
    void provision() {
        for (const auto& id : std::exchange(to_provision, {})) {
            TemplateProvisioning(world.services, life).carry_out(id, base::Cancellation());
        }
    }

    // Submitted and provisioned; as it is shown then.
    resources::Answer make(const std::string& name, const boost::json::object& body) {
        const auto submitted = submit(name, body);
        EXPECT_EQ(submitted.status, 201) << boost::json::serialize(submitted.body);
        provision();
        return world.get(template_url(name));
    }

    resources::Answer make(const std::string& name) { return make(name, minimal()); }

    // The status document behind an answer's Azure-AsyncOperation.
    resources::Answer operation_of(const resources::Answer& answer) {
        return world.get(path_of(header_of(answer, "Azure-AsyncOperation")));
    }

    build::Run last_run(const std::string& name) {
        const auto runs = world.runs.runs_of(base::to_lower(template_url(name)), 1);
        EXPECT_FALSE(runs.empty());
        return runs.empty() ? build::Run() : runs.front();
    }

    void set_run(const std::string& name,
                 build::RunState state,
                 build::RunSubState sub_state = build::RunSubState::None,
                 const build::RunFailure& failure = {}) {
        auto run = last_run(name);
        run.state = state;
        run.sub_state = sub_state;
        run.failure = failure;
        run.ended = build::is_final(state) ? std::optional(base::now()) : std::nullopt;
        EXPECT_TRUE(world.runs.update(run));
    }

    void run_to_its_end(const std::string& name,
                        build::RunState state = build::RunState::Succeeded) {
        EXPECT_EQ(world.post(template_url(name) + "/run").status, 202);
        set_run(name, state);
    }

    void make_definition(const std::string& name, const std::string& location = "westus2") {
        const std::string at = R"({"location": ")" + location + R"(")";
        const auto version = "?api-version=2021-07-01";
        world.put(in_rg("Microsoft.Compute/galleries/g") + version, at + "}");
        const auto made = world.put(
            in_rg("Microsoft.Compute/galleries/g/images/" + name) + version,
            at +
                R"(, "properties": {"osType": "Linux", "osState": "Generalized",)"
                R"( "hyperVGeneration": "V1", "identifier": {"publisher": "p", "offer": "o",)"
                R"( "sku": ")" +
                name + R"("}}})");
        EXPECT_EQ(made.status, 201) << error_message(made);
    }

    void publish_version(const std::string& definition, const std::string& number) {
        static_cast<void>(world.images.publish(
            gallery::ImageVersion{
                .definition_id = in_rg("Microsoft.Compute/galleries/g/images/" + definition),
                .regions = {{.name = "westus2"}},
                .content = {.digest = base::sha256(number)},
                .provenance = {.run_id = "before"},
                .published = base::now()},
            [&](const auto& /*existing*/) { return *gallery::VersionNumber::parse(number); },
            {.run_id = "before", .name = number}));
    }

  public:
    std::string identity;
    std::vector<std::string> to_provision;
    std::vector<std::string> canceled;
    int runs_recorded = 0;
    // Rights of the identities of templates, by action and scope.
    std::function<bool(const std::string& action, const std::string& scope)> identity_may =
        [](const auto& /*action*/, const auto& /*scope*/) { return true; };

    os::ScratchFolder folder = os::ScratchFolder::temporary();
    TemplateLife life{.may = [this](const auto& /*who*/,
                                    const auto& action,
                                    const auto& scope) { return identity_may(action, scope); },
                      .provision = [this](const auto& id) { to_provision.push_back(id); },
                      .run_recorded = [this] { ++runs_recorded; },
                      .cancel_run = [this](const auto& id) { canceled.push_back(id); },
                      .staging = folder.path() / "staging",
                      .vhds = folder.path() / "vhds",
                      .local_sources = true,
                      .vhd_url =
                          [](const auto& base_url, const auto& name, bool is_signed) {
                              return base_url + "/vhds/" + name + (is_signed ? "?sig=s" : "");
                          }};
    ProviderWorld world{[this](const Services& services) {
                            std::vector<resources::ResourceType> types = {
                                image_templates(services, life),
                                run_outputs(services, life),
                                triggers(services),
                                galleries(services),
                                image_definitions(services)};
                            for (auto more : {runs(services),
                                              image_builder_operations(services),
                                              managed_identities(services)}) {
                                std::move(more.begin(), more.end(), std::back_inserter(types));
                            }
                            return types;
                        },
                        kDebianCatalog};
};

// The code of an error body of either shape.
inline std::string any_code(const resources::Answer& answer) {
    const auto nested = error_code(answer);
    return nested.empty() ? text_at(answer, "code") : nested;
}

inline std::string any_message(const resources::Answer& answer) {
    const auto nested = error_message(answer);
    return nested.empty() ? text_at(answer, "message") : nested;
}

// The names of an object's members, sorted.
inline std::vector<std::string> members_of(const boost::json::value& value) {
    std::vector<std::string> names;
    if (value.is_object()) {
        for (const auto& [name, member] : value.get_object()) {
            names.emplace_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace ingot::providers
