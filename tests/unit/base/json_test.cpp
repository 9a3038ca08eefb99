// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <gtest/gtest.h>

namespace ingot::base {
namespace {

JsonProblem problem_of(std::string_view text, const JsonLimits& limits = {}) {
    const auto result = parse_json(text, limits);
    const auto* problem = std::get_if<JsonProblem>(&result);
    return problem != nullptr ? *problem : JsonProblem{{0, 0}, "none"};
}

TEST(Json, TellsTheLineAndColumnOfASyntaxError) {
    const auto problem = problem_of("{\n  \"a\": 1,\n  \"b\" 2\n}");
    EXPECT_EQ(problem.position.line, 3U);
    EXPECT_EQ(problem.position.column, 7U);
}

TEST(Json, RefusesAKeyThatStandsTwice) {
    const auto problem = problem_of("{\"a\": {\"x\": 1,\n\"\\u0078\": 2}}");
    EXPECT_EQ(problem.position.line, 2U);
    EXPECT_NE(problem.message.find("\"x\" stands twice"), std::string::npos);
}

TEST(Json, RefusesDeepNestingWithoutOverflowing) {
    const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
    EXPECT_NE(problem_of(deep).message.find("nested deeper"), std::string::npos);
}

TEST(Json, RefusesTextLargerThanItsLimit) {
    const std::string large = "\"" + std::string(10U << 20U, 'x') + "\"";
    EXPECT_NE(problem_of(large).message.find("larger than"), std::string::npos);
}

TEST(Json, SaysWhenTheTextEndsTooSoon) {
    EXPECT_NE(problem_of("{\"a\": [1, 2").message.find("ends before"), std::string::npos);
    EXPECT_NE(problem_of("").message.find("ends before"), std::string::npos);
}

TEST(Json, AcceptsAByteOrderMark) {
    const auto result = parse_json("\xEF\xBB\xBF{\"a\": 1}");
    EXPECT_TRUE(std::holds_alternative<boost::json::value>(result));
}

TEST(Json, LocatesTheKeyOfAPath) {
    const std::string text =
        "{\n  \"list\": [\n    {\"type\": \"a\"},\n    { \"type\": \"b\"}\n  ]\n}";
    const auto place = locate(text, JsonPath() / "list" / std::size_t{1} / "type");
    EXPECT_EQ(place.line, 4U);
    EXPECT_EQ(place.column, 7U);
}

TEST(Json, LocatesTheNearestParentOfAMissingPath) {
    const std::string text = "{\n  \"source\": {\n    \"a\": \"}\"\n  }\n}";
    const auto place = locate(text, JsonPath() / "source" / "missing");
    EXPECT_EQ(place.line, 2U);
}

TEST(JsonPath, ReadsLikeTheServiceWritesIt) {
    EXPECT_EQ((JsonPath() / "properties" / "distribute" / std::size_t{0} / "type").to_string(),
              "properties.distribute[0].type");
}

}  // namespace
}  // namespace ingot::base
