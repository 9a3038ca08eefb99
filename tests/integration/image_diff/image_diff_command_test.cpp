// SPDX-License-Identifier: Apache-2.0
// `ingot image diff` on images that are in a store.
#include "cli/local_store.h"
#include "disk/disk_view.h"
#include "support/ext_disk.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

namespace ingot::cli {
namespace {

using ::testing::HasSubstr;

class ImageDiff : public ::testing::Test {
  protected:
    void publish(const tests::ExtDisk& made, const std::string& name) {
        LocalStore store(build::StateFolder(state()), "");
        const auto [held, facts, new_bytes] = store.storage().put_disk(
            disk::DiskView::of_raw(made.disk()), std::nullopt, base::Cancellation());
        store.images().publish(
            gallery::Vhd{.name = name,
                         .uri = fmt::format("file:///{}", name),
                         .content = {facts.digest, facts.virtual_size, facts.data_size}},
            {});
    }

    os::Completed diff(const std::vector<std::string>& more) const {
        std::vector<std::string> argv{INGOT_BINARY, "--state-dir", state(), "image", "diff"};
        argv.insert(argv.end(), more.begin(), more.end());
        os::ProcessSpec spec{.argv = std::move(argv)};
        return os::run(std::move(spec), base::Cancellation());
    }

    os::Path state() const { return scratch_.path() / "state"; }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
};

TEST_F(ImageDiff, TellsPeopleAndScripts) {
    const tests::ExtDisk a(scratch_.path(), "a");
    const tests::ExtDisk b(scratch_.path(), "b");
    a.put("etc/motd", "one");
    b.put("etc/motd", "three");
    a.put("usr/x", "x");
    b.put("usr/x", "x");
    a.make();
    b.make();
    publish(a, "a.vhd");
    publish(b, "b.vhd");

    const auto text = diff({"a.vhd", "b.vhd"});
    EXPECT_EQ(text.status.code, 0) << text.err;
    EXPECT_THAT(text.out, HasSubstr("a.vhd → b.vhd\n"));
    EXPECT_THAT(text.out, HasSubstr("  ~ /etc/motd  3 B → 5 B\n"));
    const auto json = diff({"a.vhd", "b.vhd", "--output", "json"});
    const auto parsed = boost::json::parse(json.out);
    EXPECT_EQ(parsed.at("files").at("changed").at(0).at("path").as_string(), "/etc/motd");

    EXPECT_EQ(diff({"a.vhd", "b.vhd", "--exit-code"}).status.code, 1);
    EXPECT_EQ(diff({"a.vhd", "a.vhd", "--exit-code"}).status.code, 0);
    const auto excluded = diff({"--exclude", "/etc/motd", "a.vhd", "b.vhd", "--exit-code"});
    EXPECT_EQ(excluded.status.code, 0) << excluded.out;
}

TEST_F(ImageDiff, RefusesWhatItCannotMean) {
    const tests::ExtDisk a(scratch_.path(), "a");
    a.put("x", "x");
    a.make();
    publish(a, "a.vhd");
    const auto absent = diff({"a.vhd", "nothing"});
    EXPECT_EQ(absent.status.code, 11);
    EXPECT_THAT(absent.err, HasSubstr("ImageNotFound"));
    EXPECT_EQ(diff({"a.vhd", "a.vhd", "--exclude", "etc"}).status.code, 2);
}

}  // namespace
}  // namespace ingot::cli
