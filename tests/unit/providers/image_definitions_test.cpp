// SPDX-License-Identifier: Apache-2.0
#include "unit/providers/compute_world.h"

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

class ImageDefinitions : public ComputeTest {
  protected:
    ImageDefinitions() { make_gallery(); }

    // The valid body with one text in it replaced.
    static std::string body_with(const std::string& from, const std::string& to) {
        auto body = definition_body("V1");
        body.replace(body.find(from), from.size(), to);
        return body;
    }

    const std::string url = in_rg("galleries/g/images/d");
};

TEST_F(ImageDefinitions, AreMadeAtOnceAndShownAsMade) {
    const auto made = world.put(url, definition_body("V2"));
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(text_at(made, "id"), url);
    EXPECT_EQ(text_at(made, "type"), "Microsoft.Compute/galleries/images");
    EXPECT_EQ(text_at(made, "properties.osType"), "Linux");
    EXPECT_EQ(text_at(made, "properties.osState"), "Generalized");
    EXPECT_EQ(text_at(made, "properties.hyperVGeneration"), "V2");
    EXPECT_EQ(text_at(made, "properties.architecture"), "x64");
    EXPECT_EQ(text_at(made, "properties.identifier.sku"), "sku");
    EXPECT_EQ(text_at(made, "properties.provisioningState"), "Succeeded");
    EXPECT_EQ(world.get(url).body, made.body);
    EXPECT_EQ(names_in(world.get(in_rg("galleries/g/images")).body), std::vector<std::string>{"d"});
}

TEST_F(ImageDefinitions, WithoutAGenerationAreWhatTheApiVersionSays) {
    const auto without = body_with(R"("hyperVGeneration": "V1", )", "");
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"2019-12-01", "V1"}, {"2021-10-01", "V1"}, {"2024-03-03", "V1"}, {"2025-03-03", "V2"}};
    for (const auto& [version, generation] : expected) {
        world.api_version = version;
        EXPECT_EQ(text_at(world.put(url, without), "properties.hyperVGeneration"), generation);
        world.remove(url);
    }
}

TEST_F(ImageDefinitions, NeedTheirGallery) {
    const auto refused = world.put(in_rg("galleries/none/images/d"), definition_body("V1"));
    EXPECT_EQ(refused.status, 404);
    EXPECT_EQ(error_code(refused), "ParentResourceNotFound");
    EXPECT_EQ(error_message(refused),
              "Can not perform requested operation on nested resource. Parent resource 'none' not "
              "found.");
}

TEST_F(ImageDefinitions, SayWhatIsMissingOrWrong) {
    const std::vector<std::tuple<std::string, std::string, std::string>> wrong = {
        {R"("osType": "Linux",)", "", "osType"},
        {R"("osState": "Generalized",)", "", "osState"},
        {R"("Linux")", R"("Plan9")", "osType"},
        {R"("Generalized")", "7", "osState"},
        {R"("V1")", R"("V3")", "hyperVGeneration"},
        {R"("publisher": "pub", )", "", "identifier.publisher"},
        {R"("offer": "offer")", R"("offer": "of fer")", "identifier.offer"},
        {R"("sku": "sku")", R"("sku": "sku.")", "identifier.sku"},
        {R"("identifier")", R"("other")", "identifier"},
        {R"("disallowed": {})", R"("architecture": "Arm64")", "architecture"},
        {R"("disallowed": {})", R"("endOfLifeDate": "soon")", "endOfLifeDate"},
        {R"("disallowed": {})",
         R"("recommended": {"vCPUs": {"min": 4, "max": 2}})",
         "recommended.vCPUs"},
    };
    for (const auto& [from, to, target] : wrong) {
        const auto refused = world.put(url, body_with(from, to));
        EXPECT_EQ(refused.status, 400) << to;
        EXPECT_EQ(error_code(refused), "InvalidParameter") << to;
        EXPECT_EQ(text_at(refused, "error.target"), "galleryImage.properties." + target) << to;
    }
    EXPECT_EQ(world.get(url).status, 404);
}

TEST_F(ImageDefinitions, TakeNullForAbsent) {
    const auto made = world.put(
        url, body_with(R"("disallowed": {})", R"("eula": null, "recommended": {"memory": null})"));
    EXPECT_EQ(made.status, 201);
    EXPECT_FALSE(made.body.at("properties").as_object().contains("eula"));
}

TEST_F(ImageDefinitions, HaveAnIdentifierOfTheirOwnInTheGallery) {
    EXPECT_EQ(world.put(url, definition_body("V1")).status, 201);
    const auto refused = world.put(in_rg("galleries/g/images/e"), definition_body("V1", "SKU"));
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(error_message(refused),
              "Gallery image: d identified by (publisher:pub, offer:offer, sku:SKU) already "
              "exists. Choose a different publisher, offer, sku combination.");
    make_gallery("h");
    EXPECT_EQ(world.put(in_rg("galleries/h/images/d"), definition_body("V1")).status, 201);
}

TEST_F(ImageDefinitions, NeverChangeWhatTheyAreFor) {
    EXPECT_EQ(world.put(url, definition_body("V1")).status, 201);
    const std::vector<std::tuple<std::string, std::string, std::string>> changes = {
        {"Linux", "Windows", "osType"},
        {"Generalized", "Specialized", "osState"},
        {"V1", "V2", "hyperVGeneration"},
        {R"("pub")", R"("other")", "identifier"},
        {R"("sku": "sku")", R"("sku": "other")", "identifier"}};
    for (const auto& [from, to, property] : changes) {
        const auto refused = world.put(url, body_with(from, to));
        EXPECT_EQ(refused.status, 409) << to;
        EXPECT_EQ(error_code(refused), "PropertyChangeNotAllowed") << to;
        EXPECT_EQ(error_message(refused),
                  "Changing property 'galleryImage.properties." + property + "' is not allowed.");
    }
    const auto patched = world.patch(url, R"({"properties": {"hyperVGeneration": "V2"}})");
    EXPECT_EQ(error_code(patched), "PropertyChangeNotAllowed");
    EXPECT_EQ(text_at(world.get(url), "properties.hyperVGeneration"), "V1");
}

TEST_F(ImageDefinitions, ChangeTheRest) {
    EXPECT_EQ(world.put(url, definition_body("V2")).status, 201);
    // No generation means the one it has, whatever the default is.
    world.api_version = "2019-12-01";
    auto body = definition_body("V2");
    body.replace(body.find(R"("hyperVGeneration": "V2", )"), 26, "");
    body.replace(body.find(R"("disallowed": {})"),
                 16,
                 R"("description": "x", "endOfLifeDate": "2031-01-31")");
    const auto replaced = world.put(url, body);
    EXPECT_EQ(replaced.status, 200) << error_message(replaced);
    EXPECT_EQ(text_at(replaced, "properties.hyperVGeneration"), "V2");
    EXPECT_EQ(text_at(replaced, "properties.description"), "x");
    const auto patched = world.patch(url, R"({"tags": {"a": "b"}, "properties": {"eula": "e"}})");
    EXPECT_EQ(patched.status, 200);
    EXPECT_EQ(text_at(patched, "tags.a"), "b");
    EXPECT_EQ(text_at(patched, "properties.eula"), "e");
    EXPECT_EQ(text_at(patched, "properties.description"), "x");
}

TEST_F(ImageDefinitions, DecideWhatRunsMayPublish) {
    EXPECT_EQ(world.put(url, definition_body("V2")).status, 201);
    try {
        publish_version("1.0.0");
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "ImageDefinitionMismatch");
    }
    EXPECT_EQ(world.remove(url).status, 200);
    EXPECT_EQ(world.put(url, definition_body("V1")).status, 201);
    EXPECT_NO_THROW(publish_version("1.0.0"));
}

TEST_F(ImageDefinitions, StayWhileTheyHaveVersions) {
    EXPECT_EQ(world.put(url, definition_body("V1")).status, 201);
    publish_version("1.0.0");
    const auto refused = world.remove(url);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(error_code(refused), "CannotDeleteResource");
    EXPECT_EQ(world.remove(url + "/versions/1.0.0").status, 200);
    EXPECT_EQ(world.remove(url).status, 200);
    EXPECT_EQ(world.remove(url).status, 204);
}

TEST_F(ImageDefinitions, ThatARunMadeAreLikeAnyOther) {
    publish_version("1.0.0");
    const auto made = world.get(url);
    EXPECT_EQ(text_at(made, "properties.osType"), "Linux");
    EXPECT_EQ(text_at(made, "properties.osState"), "Generalized");
    EXPECT_EQ(text_at(made, "properties.hyperVGeneration"), "V1");
    EXPECT_EQ(text_at(made, "properties.identifier.publisher"), "Ingot");
    EXPECT_EQ(text_at(made, "properties.identifier.offer"), "g");
    EXPECT_EQ(text_at(made, "properties.identifier.sku"), "d");
    const auto replaced = world.put(url, boost::json::serialize(made.body));
    EXPECT_EQ(replaced.status, 200) << error_message(replaced);
}

}  // namespace
}  // namespace ingot::providers
