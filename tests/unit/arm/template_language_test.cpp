// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/deployment.h"
#include "base/error.h"

#include <string>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::arm {
namespace {

using boost::json::value;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

DeploymentScope scope() {
    return {.subscription_id = "sub-1",
            .resource_group = "rg1",
            .location = "westus",
            .now = *base::from_rfc3339("2026-11-20T09:17:31.187Z")};
}

// A template with one resource whose "x" is the expression.
std::string template_with(const std::string& expression) {
    return boost::json::serialize(
        value{{"$schema", "s"}, {"resources", {{{"type", "T/t"}, {"x", expression}}}}});
}

EvaluatedDeployment evaluate(const std::string& text, const DeploymentParameters& given = {}) {
    return evaluate_deployment(boost::json::parse(text), given, scope());
}

// The value of an expression, or its problem, as text.
std::string result_of(const std::string& expression) {
    const auto deployment = evaluate(template_with(expression));
    const auto& resource = deployment.resources.at(0);
    return resource.problems.empty() ? boost::json::serialize(resource.value.at("x"))
                                     : "problem: " + resource.problems[0].message;
}

struct Example {
    std::string expression;
    std::string result;
};

class Functions : public ::testing::TestWithParam<Example> {};

TEST_P(Functions, Compute) {
    EXPECT_EQ(result_of(GetParam().expression), GetParam().result) << GetParam().expression;
}

INSTANTIATE_TEST_SUITE_P(Literals,
                         Functions,
                         ::testing::Values(Example{"plain", R"("plain")"},
                                           Example{"[[escaped]", R"("[escaped]")"},
                                           Example{"[not closed", R"("[not closed")"},
                                           Example{"[[not closed", R"("[[not closed")"},
                                           Example{"['it''s']", R"("it's")"},
                                           Example{"[-12]", "-12"},
                                           Example{"[ concat( 'a' , 'b' ) ]", R"("ab")"}));

INSTANTIATE_TEST_SUITE_P(
    Text,
    Functions,
    ::testing::Values(Example{"[concat('a', 1, true())]", R"("a1True")"},
                      Example{"[format('{0}-{1}{{}}-{0}', 'a', 7)]", R"("a-7{}-a")"},
                      Example{"[replace('a-b-c', '-', '')]", R"("abc")"},
                      Example{"[split('a,b,', ',')]", R"(["a","b",""])"},
                      Example{"[split('a,b;c', createArray(',', ';'))]", R"(["a","b","c"])"},
                      Example{"[substring('abcdef', 2)]", R"("cdef")"},
                      Example{"[substring('abcdef', 2, 3)]", R"("cde")"},
                      Example{"[toUpper('aBc')]", R"("ABC")"},
                      Example{"[ToLower('aBc')]", R"("abc")"},
                      Example{"[trim('  a b ')]", R"("a b")"},
                      Example{"[padLeft(7, 3, '0')]", R"("007")"},
                      Example{"[indexOf('Test', 'T')]", "0"},
                      Example{"[lastIndexOf('test', 'T')]", "3"},
                      Example{"[indexOf('abc', 'z')]", "-1"},
                      Example{"[startsWith('abcdef', 'AB')]", "true"},
                      Example{"[endsWith('abcdef', 'EF')]", "true"},
                      Example{"[endsWith('f', 'ef')]", "false"},
                      Example{"[base64('one, two, three')]", R"("b25lLCB0d28sIHRocmVl")"},
                      Example{"[base64('ab')]", R"("YWI=")"},
                      Example{"[join(createArray('a', 'b'), '-')]", R"("a-b")"},
                      Example{"[string(createObject('a', 1))]", R"("{\"a\":1}")"},
                      Example{"[uri('http://h/a/', '/b.sh')]", R"("http://h/a/b.sh")"},
                      Example{"[uri('http://h/a/x.json', 'b.sh')]", R"("http://h/a/b.sh")"},
                      Example{"[uri('http://h', 'b.sh')]", R"("http://h/b.sh")"}));

// Values that Azure itself has given (guid: the documented name space; uniqueString: as published
// with several independent reimplementations).
INSTANTIATE_TEST_SUITE_P(
    Names,
    Functions,
    ::testing::Values(Example{"[uniqueString('test')]", R"("rbgf3xv4ufgzg")"},
                      Example{"[uniqueString('t')]", R"("fsnwonksnm7cy")"},
                      Example{"[uniqueString('abc')]", R"("cgtzqvhu4i23s")"},
                      Example{"[uniqueString('hello', 'world')]", R"("a7wkljktk6wne")"},
                      Example{"[uniqueString('test', 'test2', 'test3')]", R"("bqgd334z2uj64")"},
                      Example{"[guid('a', 'b', 'c')]",
                              R"("a98fa280-e03f-5afa-8d8e-92d0a9c201e8")"}));

INSTANTIATE_TEST_SUITE_P(
    Collections,
    Functions,
    ::testing::Values(Example{"[createArray(1, 'a')]", R"([1,"a"])"},
                      Example{"[array('a')]", R"(["a"])"},
                      Example{"[createObject('k', createArray())]", R"({"k":[]})"},
                      Example{"[length('abc')]", "3"},
                      Example{"[length(createArray(1, 2))]", "2"},
                      Example{"[empty(null())]", "true"},
                      Example{"[empty(createObject('a', 1))]", "false"},
                      Example{"[contains('abc', 'b')]", "true"},
                      Example{"[contains(createArray(1, 2), 2)]", "true"},
                      Example{"[contains(createObject('Key', 1), 'kEY')]", "true"},
                      Example{"[first('abc')]", R"("a")"},
                      Example{"[last(createArray(1, 2))]", "2"},
                      Example{"[first(createArray())]", "null"},
                      Example{"[take('abc', 2)]", R"("ab")"},
                      Example{"[take(createArray(1, 2), 9)]", "[1,2]"},
                      Example{"[skip(createArray(1, 2), 1)]", "[2]"},
                      Example{"[skip('abc', -1)]", R"("abc")"},
                      Example{"[union(createArray(1, 2), createArray(2, 3))]", "[1,2,3]"},
                      Example{"[union(json('{\"a\":{\"x\":1}}'), json('{\"a\":{\"y\":2}}'))]",
                              R"({"a":{"x":1,"y":2}})"},
                      Example{"[coalesce(null(), 'a', 'b')]", R"("a")"},
                      Example{"[json('{\"a\":[1,2]}').A[1]]", "2"},
                      Example{"[json('{\"a\":{\"b\":3}}')['a'].b]", "3"}));

INSTANTIATE_TEST_SUITE_P(Numbers,
                         Functions,
                         ::testing::Values(Example{"[add(1, 2)]", "3"},
                                           Example{"[sub(1, 2)]", "-1"},
                                           Example{"[mul(3, 4)]", "12"},
                                           Example{"[div(7, 2)]", "3"},
                                           Example{"[mod(7, 2)]", "1"},
                                           Example{"[min(3, 1, 2)]", "1"},
                                           Example{"[max(createArray(3, 9))]", "9"},
                                           Example{"[int('42')]", "42"},
                                           Example{"[bool('True')]", "true"},
                                           Example{"[bool(0)]", "false"},
                                           Example{"[equals('a', 'A')]", "false"},
                                           Example{"[equals(createArray(1), createArray(1))]",
                                                   "true"},
                                           Example{"[less(1, 2)]", "true"},
                                           Example{"[greaterOrEquals('b', 'a')]", "true"},
                                           Example{"[and(true(), not(false()))]", "true"},
                                           Example{"[or(false(), false())]", "false"},
                                           Example{"[if(true(), 'a', reference('x'))]", R"("a")"}));

INSTANTIATE_TEST_SUITE_P(
    Scope,
    Functions,
    ::testing::Values(Example{"[resourceId('N/t', 'a')]",
                              R"("/subscriptions/sub-1/resourceGroups/rg1/providers/N/t/a")"},
                      Example{"[resourceId('other', 'N/t/c', 'a', 'b')]",
                              R"("/subscriptions/sub-1/resourceGroups/other/providers/N/t/a/c/b")"},
                      Example{"[resourceId('s2', 'other', 'N/t', 'a')]",
                              R"("/subscriptions/s2/resourceGroups/other/providers/N/t/a")"},
                      Example{"[subscriptionResourceId('N/t', 'a')]",
                              R"("/subscriptions/sub-1/providers/N/t/a")"},
                      Example{"[resourceGroup().location]", R"("westus")"},
                      Example{"[resourceGroup().id]",
                              R"("/subscriptions/sub-1/resourceGroups/rg1")"},
                      Example{"[subscription().subscriptionId]", R"("sub-1")"}));

struct Refusal {
    std::string expression;
    std::string fragment;
};

class Refusals : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refusals, SayWhatIsWrong) {
    EXPECT_THAT(result_of(GetParam().expression),
                AllOf(HasSubstr("problem: "), HasSubstr(GetParam().fragment)))
        << GetParam().expression;
}

INSTANTIATE_TEST_SUITE_P(
    Syntax,
    Refusals,
    ::testing::Values(Refusal{"[concat('a',)]", "character 13: expected a name"},
                      Refusal{"[concat('a'))]", "character 13: expected ']'"},
                      Refusal{"['a]", "not closed"},
                      Refusal{"[]", "expected a name"},
                      Refusal{"[parameters]", "expected '('"},
                      Refusal{"[99999999999999999999]", "64 bits"},
                      Refusal{"[ -f /etc/os-release ]", "not a whole number"}));

INSTANTIATE_TEST_SUITE_P(
    Meaning,
    Refusals,
    ::testing::Values(Refusal{"[reference('x').y]", "needs the state of a live deployment"},
                      Refusal{"[listKeys('x', 'y')]", "needs the state of a live deployment"},
                      Refusal{"[deployment().name]", "needs the state of a live deployment"},
                      Refusal{"[frobnicate()]", "'frobnicate' is not valid"},
                      Refusal{"[contoso.unique('a')]", "'contoso.unique' is not valid"},
                      Refusal{"[parameters('nope')]", "parameter 'nope' is not found"},
                      Refusal{"[variables('nope')]", "variable 'nope' is not found"},
                      Refusal{"[substring('abc', 2, 9)]", "do not lie within a string of 3"},
                      Refusal{"[substring('abc')]", "takes 2 to 3 arguments, not 1"},
                      Refusal{"[toLower(1)]", "argument 1 must be a string, but is an int"},
                      Refusal{"[int('x')]", "not a whole number"},
                      Refusal{"[div(1, 0)]", "division by zero"},
                      Refusal{"[add(9223372036854775807, 1)]", "64 bits"},
                      Refusal{"[div(-9223372036854775808, -1)]", "64 bits"},
                      Refusal{"[if('yes', 1, 2)]", "needs a bool"},
                      Refusal{"[format('{0:D3}', 1)]", "placeholders like {0}"},
                      Refusal{"[format('{1}', 1)]", "no argument for {1}"},
                      Refusal{"[format('{', 1)]", "placeholders like {0}"},
                      Refusal{"[resourceId('N/t/c', 'a')]", "one name for each"},
                      Refusal{"[resourceId('a', 'b')]", "no resource type"},
                      Refusal{"[createArray(1)[1]]", "index '1' is out of bounds"},
                      Refusal{"[createObject('a', 1).b]",
                              "'b' doesn't exist, available properties are 'a'"},
                      Refusal{"[createObject('a')]", "pairs"},
                      Refusal{"[utcNow()]", "defaultValue of a parameter only"},
                      Refusal{"[json('{')]", "ends before"},
                      Refusal{"[replace('a', '', 'b')]", "is empty"}));

constexpr const char* kDeployment = R"({
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {
    "name": {"type": "string", "minLength": 2, "maxLength": 8},
    "size": {"type": "int", "defaultValue": 30, "minValue": 1, "maxValue": 100},
    "color": {"type": "string", "defaultValue": "red", "allowedValues": ["red", "green"]},
    "list": {"type": "array", "defaultValue": []},
    "on": {"type": "bool", "defaultValue": false},
    "secret": {"type": "secureString", "defaultValue": ""},
    "time": {"type": "string", "defaultValue": "[utcNow('yyyy-MM-dd HH:mm:ss.fff')]"},
    "derived": {"type": "string", "defaultValue": "[concat(parameters('name'), '-x')]"}
  },
  "variables": {
    "id": "[resourceId('N/t', variables('full'))]",
    "full": "[concat(parameters('Name'), '-full')]"
  },
  "resources": [
    {"type": "N/t", "name": "[parameters('derived')]", "size": "[parameters('size')]",
     "map": {"[variables('id')]": {}}, "list": "[parameters('list')]", "on": "[parameters('on')]",
     "time": "[parameters('time')]"},
    {"type": "N/left-out", "condition": "[parameters('on')]"},
    {"type": "N/parent", "resources": [{"type": "child"}]}
  ]
})";

TEST(Deployment, EvaluatesValuesAndKeys) {
    DeploymentParameters given;
    given.add_text("NAME", "web");
    given.add_text("list", R"(["a"])");
    const auto result = evaluate(kDeployment, given);
    EXPECT_THAT(result.problems, SizeIs(0));
    ASSERT_THAT(result.resources, SizeIs(3));
    EXPECT_EQ(boost::json::serialize(result.resources[0].value),
              R"({"type":"N/t","name":"web-x","size":30,)"
              R"("map":{"/subscriptions/sub-1/resourceGroups/rg1/providers/N/t/web-full":{}},)"
              R"("list":["a"],"on":false,"time":"2026-11-20 09:17:31.187"})");
    EXPECT_EQ(result.resources[0].path.to_string(), "resources[0]");
    EXPECT_EQ(result.resources[2].type, "N/parent/child");
    EXPECT_EQ(result.resources[2].path.to_string(), "resources[2].resources[0]");
}

// Each problem as "path: message".
std::string problems_with(const DeploymentParameters& given) {
    std::string text;
    const auto result = evaluate(kDeployment, given);
    for (const auto& problem : result.problems) {
        text += problem.path.to_string() + ": " + problem.message + "\n";
    }
    return text;
}

TEST(Deployment, NamesAMissingParameterOnceHoweverOftenItIsUsed) {
    EXPECT_EQ(problems_with({}),
              "parameters.name: The value for the template parameter 'name' is not provided, and "
              "it has no defaultValue.\n");
}

TEST(Deployment, NamesAParameterThatIsNotDeclared) {
    DeploymentParameters given;
    given.add_text("name", "web");
    given.add_text("Nmae", "web");
    EXPECT_THAT(
        problems_with(given),
        AllOf(HasSubstr("The parameter 'Nmae' was supplied"), HasSubstr("'name, size, color, ")));
}

TEST(Deployment, ChecksTypesAndBoundsOfAllParametersAtOnce) {
    DeploymentParameters given;
    given.add_text("name", "w");
    given.add_text("size", "many");
    given.add_text("color", "blue");
    given.add_text("list", "{}");
    given.add_value("on", "yes");
    const auto problems = problems_with(given);
    EXPECT_THAT(problems,
                HasSubstr("value 'w' for the template parameter 'name' is not valid. Its "
                          "length must be 2 or more"));
    EXPECT_THAT(problems, HasSubstr("A value of type 'int' is written as JSON"));
    EXPECT_THAT(problems, HasSubstr("not part of the allowed value(s): '[\"red\",\"green\"]'"));
    EXPECT_THAT(problems, HasSubstr("Expected a value of type 'array', but received an object"));
    EXPECT_THAT(problems, HasSubstr("Expected a value of type 'bool', but received a string"));
}

TEST(Deployment, DoesNotShowASecretThatIsWrong) {
    DeploymentParameters given;
    given.add_text("name", "web");
    given.add_value("secret", boost::json::array{"hunter2"});
    const auto problems = problems_with(given);
    EXPECT_THAT(problems, HasSubstr("'secret' is not valid"));
    EXPECT_EQ(problems.find("hunter2"), std::string::npos);
}

TEST(Deployment, TakesNumbersAndTruthFromTheCommandLineAsJson) {
    DeploymentParameters given;
    given.add_text("name", "123");
    given.add_text("size", "64");
    given.add_text("on", "True");
    const auto result = evaluate(kDeployment, given);
    ASSERT_THAT(result.resources, SizeIs(4));
    EXPECT_EQ(result.resources[0].value.at("size"), 64);
    EXPECT_EQ(result.resources[0].value.at("name"), "123-x");
}

TEST(DeploymentParameters, ReadAParametersFileWithAndWithoutItsEnvelope) {
    for (const char* text : {R"({"$schema": "s", "parameters": {"name": {"value": "web"}}})",
                             R"({"name": {"value": "web"}})"}) {
        DeploymentParameters given;
        given.add_file(boost::json::parse(text));
        EXPECT_EQ(problems_with(given), "") << text;
    }
}

TEST(DeploymentParameters, RefuseAFileThatIsNone) {
    for (const char* text : {"[]", R"({"name": "web"})", R"({"name": {"reference": {}}})"}) {
        DeploymentParameters given;
        EXPECT_THROW(given.add_file(boost::json::parse(text)), base::Error) << text;
    }
}

TEST(Deployment, TellsItselfFromAResource) {
    EXPECT_TRUE(is_deployment_template(boost::json::parse(R"({"resources": []})")));
    EXPECT_TRUE(is_deployment_template(boost::json::parse(R"({"$schema": "s"})")));
    EXPECT_FALSE(is_deployment_template(boost::json::parse(R"({"properties": {}})")));
    EXPECT_FALSE(is_deployment_template(boost::json::parse("[]")));
}

TEST(Deployment, TakesResourcesWithSymbolicNames) {
    const auto result = evaluate(R"({"resources": {"a": {"type": "N/t"},
                                                   "b": {"type": "N/t", "existing": true}}})");
    ASSERT_THAT(result.resources, SizeIs(1));
    EXPECT_EQ(result.resources[0].path.to_string(), "resources.a");
}

TEST(Deployment, RefusesCopyLoops) {
    const auto result = evaluate(R"({"resources": [{"type": "N/t", "copy": {"count": 2}}]})");
    EXPECT_THAT(result.resources.at(0).problems.at(0).message, HasSubstr("Copy loops"));
}

TEST(Deployment, KeepsTheProblemsOfAResourceWithTheResource) {
    const auto result = evaluate(R"({"resources": [
        {"type": "N/a", "x": {"y": ["[reference('z')]", "[add(1, 'b')]"]}}, {"type": "N/b"}]})");
    EXPECT_THAT(result.problems, SizeIs(0));
    ASSERT_THAT(result.resources.at(0).problems, SizeIs(2));
    EXPECT_EQ(result.resources[0].problems[0].path.to_string(), "resources[0].x.y[0]");
    EXPECT_EQ(result.resources[0].problems[1].path.to_string(), "resources[0].x.y[1]");
    EXPECT_THAT(result.resources.at(1).problems, SizeIs(0));
}

TEST(Deployment, PutsTheProblemOfAVariableAtTheVariable) {
    const auto result = evaluate(R"({"variables": {"v": {"deep": "[nope()]"}},
        "resources": [{"type": "N/a", "x": "[variables('v').deep]", "y": "[variables('v')]"}]})");
    ASSERT_THAT(result.resources.at(0).problems, SizeIs(1));
    EXPECT_EQ(result.resources[0].problems[0].path.to_string(), "variables.v.deep");
}

TEST(Deployment, RefusesVariablesAndDefaultsThatReferToThemselves) {
    const auto result = evaluate(R"({
        "parameters": {"p": {"type": "string", "defaultValue": "[parameters('q')]"},
                       "q": {"type": "string", "defaultValue": "[parameters('p')]"}},
        "variables": {"a": "[variables('b')]", "b": "[variables('a')]"},
        "resources": [{"type": "N/t", "x": "[variables('a')]"}]})");
    ASSERT_FALSE(result.problems.empty());
    EXPECT_THAT(result.problems[0].message, HasSubstr("cyclic"));
    EXPECT_THAT(result.resources.at(0).problems.at(0).message, HasSubstr("cyclic"));
}

// Variables v1 = f(v0, v0), v2 = f(v1, v1), …: 2^60 times v0.
std::string bomb(const std::string& function) {
    boost::json::object variables{{"v0", std::string(1024, 'x')}};
    for (int i = 1; i <= 60; ++i) {
        const auto previous = "variables('v" + std::to_string(i - 1) + "')";
        variables["v" + std::to_string(i)] =
            "[" + function + "(" + previous + ", " + previous + ")]";
    }
    return boost::json::serialize(value{
        {"variables", variables}, {"resources", {{{"type", "N/t"}, {"x", "[variables('v60')]"}}}}});
}

TEST(Deployment, StopsWhatGrowsWithoutEnd) {
    for (const char* function : {"concat", "createArray"}) {
        const auto result = evaluate(bomb(function));
        ASSERT_FALSE(result.resources.at(0).problems.empty());
        EXPECT_THAT(result.resources[0].problems[0].message,
                    ::testing::AnyOf(HasSubstr("larger than"), HasSubstr("compute more than")));
    }
    EXPECT_THAT(result_of("[padLeft('x', 2000000000)]"), HasSubstr("larger than"));
}

TEST(Deployment, StopsReplacementsThatMultiply) {
    const std::string many = "padLeft('', 100000, 'a')";
    EXPECT_THAT(result_of("[replace(" + many + ", 'a', " + many + ")]"), HasSubstr("larger than"));
}

TEST(Deployment, RefusesDeepNestingWithoutOverflowing) {
    std::string calls;
    for (int i = 0; i < 2000; ++i) {
        calls += "array(";
    }
    EXPECT_THAT(result_of("[" + calls + "1" + std::string(2000, ')') + "]"),
                HasSubstr("nested deeper than"));
    std::string steps = "[resourceGroup()";
    for (int i = 0; i < 2000; ++i) {
        steps += ".a";
    }
    EXPECT_THAT(result_of(steps + "]"), HasSubstr("steps into a value"));
    EXPECT_THAT(result_of("[" + std::string(30'000, ' ') + "]"), HasSubstr("longer than"));
}

TEST(Deployment, RefusesALongChainOfVariables) {
    boost::json::object variables{{"v0", "x"}};
    for (int i = 1; i <= 5000; ++i) {
        variables["v" + std::to_string(i)] = "[variables('v" + std::to_string(i - 1) + "')]";
    }
    const auto result = evaluate(boost::json::serialize(
        value{{"variables", variables},
              {"resources", {{{"type", "N/t"}, {"x", "[variables('v5000')]"}}}}}));
    EXPECT_THAT(result.resources.at(0).problems.at(0).message, HasSubstr("deeper than"));
}

TEST(Deployment, RefusesWhatIsNoTemplate) {
    EXPECT_THAT(evaluate("[]").problems, SizeIs(1));
    EXPECT_THAT(evaluate("{}").problems, SizeIs(1));
    EXPECT_THAT(evaluate(R"({"resources": 1})").problems, SizeIs(1));
    EXPECT_THAT(evaluate(R"({"resources": [1]})").problems, SizeIs(1));
    EXPECT_THAT(evaluate(R"({"resources": [{}]})").resources.at(0).problems, SizeIs(1));
}

}  // namespace
}  // namespace ingot::arm
