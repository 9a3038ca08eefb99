// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/run_watch.h"

#include "base/error.h"
#include "cli/remote/event_stream.h"
#include "cli/remote/resource_names.h"
#include "cli/remote/run_document.h"
#include "os/wait.h"

#include <fmt/format.h>

namespace ingot::cli {
namespace {

constexpr int kPatience = 30;  // attempts, a second apart

class Watch {
  public:
    Watch(ServiceClient& client, std::string run_id, ProgressView& view)
        : client_(client), run_id_(std::move(run_id)), view_(view) {}

    void until_end() {
        int failures = 0;
        while (true) {
            const auto before = last_;
            try {
                read_stream();
                if (ended_) {
                    return;
                }
            } catch (const base::Error& error) {
                if (error.kind() != base::ErrorKind::Unavailable || failures >= kPatience) {
                    throw;
                }
            }
            // The stream broke off before the run's end: the service is going, or went.
            failures = last_ == before ? failures + 1 : 0;
            view_.tick();
            os::pause_for(std::chrono::seconds(1), client_.scope());
        }
    }

  private:
    void read_stream() {
        EventStream events([this](const ServerEvent& event) { take(event); });
        client_.stream(
            run_id_ + "/events",
            kBuilderVersion,
            {{"after", fmt::format("{}", last_)}},
            [&](std::string_view bytes) { events.take(bytes); },
            [this] { view_.tick(); });
    }

    void take(const ServerEvent& event) {
        if (event.name == "end") {
            ended_ = true;
        } else if (const auto shown = run_event_from(event)) {
            view_.show(*shown);
            last_ = shown->sequence;
        }
    }

    ServiceClient& client_;
    std::string run_id_;
    ProgressView& view_;
    std::int64_t last_ = 0;
    bool ended_ = false;
};

}  // namespace

build::Run watch_run(ServiceClient& client, const std::string& run_id, ProgressView& view) {
    view.begin(run_from(client.get(run_id, kBuilderVersion)));
    Watch(client, run_id, view).until_end();
    const auto document = client.get(run_id, kBuilderVersion);
    auto run = run_from(document);
    view.end(run, outputs_from(document));
    return run;
}

}  // namespace ingot::cli
