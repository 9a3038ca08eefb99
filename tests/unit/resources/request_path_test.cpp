// SPDX-License-Identifier: Apache-2.0
#include "resources/request_path.h"

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::resources {
namespace {

struct Sample {
    std::string path;
    std::string type_key;
    std::string tail;
    std::string key;
};

std::ostream& operator<<(std::ostream& out, const Sample& sample) {
    return out << sample.path;
}

class KnownPath : public testing::TestWithParam<Sample> {};

TEST_P(KnownPath, SaysTypeTailAndKey) {
    const auto path = RequestPath::parse(GetParam().path);
    ASSERT_TRUE(path.has_value());
    EXPECT_EQ(path->type_key(), GetParam().type_key);
    EXPECT_EQ(path->tail, GetParam().tail);
    EXPECT_EQ(path->key(), GetParam().key);
}

INSTANTIATE_TEST_SUITE_P(
    RequestPath,
    KnownPath,
    testing::Values(
        Sample{"/tenants", "microsoft.resources", "tenants", ""},
        Sample{"/subscriptions", "microsoft.resources", "subscriptions", ""},
        Sample{"/subscriptions/S", "microsoft.resources/subscriptions", "", "/subscriptions/s"},
        Sample{"/subscriptions/S/locations",
               "microsoft.resources/subscriptions",
               "locations",
               "/subscriptions/s"},
        Sample{"/subscriptions/S/resourcegroups/",
               "microsoft.resources/subscriptions",
               "resourcegroups",
               "/subscriptions/s"},
        Sample{"//subscriptions//S/ResourceGroups/G",
               "microsoft.resources/subscriptions/resourcegroups",
               "",
               "/subscriptions/s/resourcegroups/g"},
        Sample{"/subscriptions/S/resourceGroups/G/resources",
               "microsoft.resources/subscriptions/resourcegroups",
               "resources",
               "/subscriptions/s/resourcegroups/g"},
        Sample{"/subscriptions/S/providers",
               "microsoft.resources/subscriptions",
               "providers",
               "/subscriptions/s"},
        Sample{"/subscriptions/S/providers/Microsoft.Compute",
               "microsoft.resources/subscriptions/providers",
               "",
               "/subscriptions/s/providers/microsoft.compute"},
        Sample{"/subscriptions/S/providers/Microsoft.Compute/Register",
               "microsoft.resources/subscriptions/providers",
               "Register",
               "/subscriptions/s/providers/microsoft.compute"},
        Sample{"/subscriptions/S/providers/Microsoft.Compute/resourceTypes",
               "microsoft.resources/subscriptions/providers",
               "resourceTypes",
               "/subscriptions/s/providers/microsoft.compute"},
        Sample{"/providers/Microsoft.Compute",
               "microsoft.resources/providers",
               "",
               "/providers/microsoft.compute"},
        Sample{"/providers/Microsoft.Resources",
               "microsoft.resources/providers",
               "",
               "/providers/microsoft.resources"},
        Sample{"/providers/Microsoft.VirtualMachineImages/operations",
               "microsoft.virtualmachineimages",
               "operations",
               "/providers/microsoft.virtualmachineimages"},
        Sample{"/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute//galleries/g/images",
               "microsoft.compute/galleries",
               "images",
               "/subscriptions/s/resourcegroups/g/providers/microsoft.compute/galleries/g"},
        Sample{"/subscriptions/S/providers/Microsoft.Features/providers/Microsoft.Compute/features/"
               "F/register",
               "microsoft.features/providers/features",
               "register",
               "/subscriptions/s/providers/microsoft.features/providers/microsoft.compute/features/"
               "f"},
        Sample{"/subscriptions/S/providers/Microsoft.Features/features",
               "microsoft.features",
               "features",
               "/subscriptions/s/providers/microsoft.features"},
        Sample{"/providers/Microsoft.Authorization/roleAssignments/R",
               "microsoft.authorization/roleassignments",
               "",
               "/providers/microsoft.authorization/roleassignments/r"},
        Sample{"/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/images/i/providers/"
               "Microsoft.Authorization/roleAssignments/R",
               "microsoft.authorization/roleassignments",
               "",
               "/subscriptions/s/resourcegroups/g/providers/microsoft.compute/images/i/providers/"
               "microsoft.authorization/roleassignments/r"},
        Sample{"/subscriptions/S/resourceGroups/providers/providers/Microsoft.Compute/images/i",
               "microsoft.compute/images",
               "",
               "/subscriptions/s/resourcegroups/providers/providers/microsoft.compute/images/i"},
        Sample{"/providers/Microsoft.Resources/deployments/d",
               "microsoft.resources/deployments",
               "",
               "/providers/microsoft.resources/deployments/d"},
        Sample{"/subscriptions/S/resourceGroups/G/deployments/D/operations",
               "microsoft.resources/subscriptions/resourcegroups/deployments",
               "operations",
               "/subscriptions/s/resourcegroups/g/deployments/d"}));

class NoPath : public testing::TestWithParam<std::string> {};

TEST_P(NoPath, IsRefused) {
    EXPECT_FALSE(RequestPath::parse(GetParam()).has_value()) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    RequestPath,
    NoPath,
    testing::Values("",
                    "/",
                    "/metadata/endpoints",
                    "/deployments/d",
                    "/subscriptions/S/resourceGroups/../other",
                    "/subscriptions/./S",
                    "/subscriptions/%2e%2E/S",
                    "/subscriptions/a%2Fb",
                    "/subscriptions/a%00b",
                    "/subscriptions/a%0Ab",
                    "/subscriptions/a%4",
                    "/subscriptions/a%zz",
                    // A second spelling of what stands before any provider.
                    "/providers/Microsoft.Resources/subscriptions/S",
                    "/providers/microsoft.resources/Subscriptions/S/resourceGroups/G",
                    "/subscriptions/S/providers/Microsoft.Resources/subscriptions/T",
                    "/providers/Microsoft.Resources/tenants"));

// Ids go into JSON, which has no other characters.
INSTANTIATE_TEST_SUITE_P(NotUtf8,
                         NoPath,
                         testing::Values("/subscriptions/%ff",
                                         "/subscriptions/%c3",
                                         "/subscriptions/%c3%28",
                                         "/subscriptions/%c0%af",
                                         "/subscriptions/%e0%80%af",
                                         "/subscriptions/%ed%a0%80",
                                         "/subscriptions/%f4%90%80%80",
                                         "/subscriptions/%f0%80%80%af"));

TEST(RequestPath, DecodesLettersOfEveryScript) {
    const auto path =
        RequestPath::parse("/subscriptions/S/resourceGroups/%c3%a4%e2%82%ac%F0%9F%98%80");
    ASSERT_TRUE(path.has_value());
    EXPECT_EQ(path->resource_group, "\xc3\xa4\xe2\x82\xac\xF0\x9F\x98\x80");
}

TEST(RequestPath, WritesIdsWithTheRegisteredTypeAndTheNamesAsTheyCame) {
    const auto path = RequestPath::parse(
        "/subscriptions/S/resourcegroups/Rg/providers/microsoft.compute/GALLERIES/MyG/images/D");
    ASSERT_TRUE(path.has_value());
    EXPECT_EQ(path->id("Microsoft.Compute/galleries/images"),
              "/subscriptions/S/resourcegroups/Rg/providers/Microsoft.Compute/galleries/MyG/images/"
              "D");
    EXPECT_EQ(path->subscription, "S");
    EXPECT_EQ(path->resource_group, "Rg");
}

TEST(RequestPath, KnowsNoGroupAndNoSubscriptionAboveThem) {
    const auto path = RequestPath::parse("/providers/Microsoft.Authorization/roleDefinitions");
    ASSERT_TRUE(path.has_value());
    EXPECT_EQ(path->subscription, "");
    EXPECT_EQ(path->resource_group, "");
    EXPECT_EQ(path->scope, "");
}

}  // namespace
}  // namespace ingot::resources
