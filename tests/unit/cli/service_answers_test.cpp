// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"
#include "cli/remote/event_stream.h"
#include "cli/remote/run_document.h"
#include "cli/remote/service_error.h"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::cli {
namespace {

std::vector<ServerEvent> events_in(std::initializer_list<std::string_view> pieces) {
    std::vector<ServerEvent> events;
    EventStream stream([&](const ServerEvent& event) { events.push_back(event); });
    for (const auto piece : pieces) {
        stream.take(piece);
    }
    return events;
}

TEST(EventStream, PutsPiecesTogether) {
    const auto events = events_in({"id: 7\neve", "nt: note\ndata: {\"a\"", ":1}\n", "\n"});
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].id, "7");
    EXPECT_EQ(events[0].name, "note");
    EXPECT_EQ(events[0].data, "{\"a\":1}");
}

TEST(EventStream, SkipsCommentsAndUnfinishedEvents) {
    EXPECT_TRUE(events_in({": still here\n\n", "event: note\n\n", "data: x\n"}).empty());
}

TEST(EventStream, JoinsLinesOfDataAndTakesBothLineEnds) {
    const auto events = events_in({"data: a\r\ndata:b\r\n\r\n", "data: c\n\n"});
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].data, "a\nb");
    EXPECT_EQ(events[1].data, "c");
}

TEST(RunEvents, AreThoseOfTheJournal) {
    const auto event = run_event_from(
        {"12",
         "StepFinished",
         R"({"time":"2026-11-20T09:17:31.187Z","step":"boot","succeeded":true,"exitCode":0})"});
    ASSERT_TRUE(event);
    EXPECT_EQ(event->sequence, 12);
    EXPECT_EQ(event->kind, build::EventKind::StepFinished);
    EXPECT_EQ(event->step, "boot");
    EXPECT_TRUE(event->succeeded);
    EXPECT_EQ(event->exit_code, 0);
    EXPECT_EQ(base::to_rfc3339(event->time), "2026-11-20T09:17:31.187Z");
}

TEST(RunEvents, AreNotWhatWeDoNotKnow) {
    EXPECT_FALSE(run_event_from({"", "end", "{}"}));
    EXPECT_FALSE(run_event_from({"1", "note", "no JSON"}));
}

TEST(ServiceErrors, KeepTheServersOwnWords) {
    const auto error = service_error_from(
        404, R"({"error":{"code":"ResourceGroupNotFound","message":"Resource group 'x' …"}})");
    EXPECT_EQ(error.kind(), base::ErrorKind::NotFound);
    EXPECT_EQ(error.code(), "ResourceGroupNotFound");
    EXPECT_EQ(error.message(), "Resource group 'x' …");
    EXPECT_NE(error.advice().find("ingot group create"), std::string::npos);
}

TEST(ServiceErrors, AreReadInAllTheirShapes) {
    EXPECT_EQ(service_error_from(400, R"({"code":"Bare","message":"m"})").code(), "Bare");
    const auto oauth = service_error_from(
        401, R"({"error":"invalid_client","error_description":"AADSTS7000215"})");
    EXPECT_EQ(oauth.code(), "invalid_client");
    EXPECT_EQ(oauth.message(), "AADSTS7000215");
    EXPECT_EQ(service_error_from(502, "<html>").code(), "Http502");
    const auto detailed = service_error_from(
        400,
        R"({"error":{"code":"A","message":"m","details":[{"code":"B","message":"n","target":"t"}]}})");
    ASSERT_EQ(detailed.details().size(), 1U);
    EXPECT_EQ(detailed.details()[0].target, "t");
}

boost::json::object document(std::string_view text) {
    return std::get<boost::json::value>(base::parse_json(text)).as_object();
}

TEST(RunDocuments, BecomeRunsWithTheirExitCode) {
    const auto shown = document(R"({
      "id": "/subscriptions/s/resourcegroups/g/providers/Microsoft.VirtualMachineImages/imageTemplates/web/runs/r1",
      "name": "r1", "properties": {"startTime": "2026-11-20T09:00:00.000Z",
        "endTime": "2026-11-20T09:01:00.000Z", "runState": "Failed", "message": "exit code 7",
        "failureCause": "Customizer", "failureCode": "CustomizerFailed",
        "failedStep": "customize[0]",
        "outputs": [{"runOutputName": "o", "artifact": "/x"}]}})");
    const auto run = run_from(shown);
    EXPECT_EQ(run.id, "r1");
    EXPECT_EQ(run.template_name, "web");
    EXPECT_EQ(run.state, build::RunState::Failed);
    EXPECT_EQ(run.failure.cause,
              build::failure_cause_from("Customizer").value_or(build::FailureCause::Internal));
    EXPECT_EQ(run.failure.step, "customize[0]");
    EXPECT_EQ(*run.ended - run.started, std::chrono::minutes(1));
    ASSERT_EQ(outputs_from(shown).size(), 1U);
    EXPECT_EQ(outputs_from(shown)[0].artifact_id, "/x");
}

TEST(RunDocuments, OfRunsThatGoOnHaveNoEnd) {
    const auto run = run_from(document(R"({"name": "r", "properties": {"runState": "Running",
        "runSubState": "Queued", "endTime": "0001-01-01T00:00:00Z", "message": ""}})"));
    EXPECT_FALSE(run.ended);
    EXPECT_EQ(run.sub_state, build::RunSubState::Queued);
    EXPECT_EQ(run.failure.cause, build::FailureCause::None);
}

}  // namespace
}  // namespace ingot::cli
