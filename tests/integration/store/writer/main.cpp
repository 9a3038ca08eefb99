// SPDX-License-Identifier: Apache-2.0
// The second process of the store's tests: writes to a store in the way that its first argument
// names, until it is done, killed, or something is not as it must be (then it says what).
#include "integration/store/store_writer.h"
#include "os/fd.h"
#include "os/wait.h"

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <fcntl.h>

namespace ingot::store {
namespace {

void require(bool holds, const std::string& what) {
    if (!holds) {
        throw base::Error(base::ErrorKind::Internal, "NotSo", what);
    }
}

void publish_until_killed(const std::string& location, const std::string& name) {
    ConnectionPool database(location);
    ImageStore images(database);
    for (int i = 0;; ++i) {
        publish_next(images, name + std::to_string(i));
        std::cout << kMark << i << std::endl;
    }
}

void hang_while_numbering(const std::string& location) {
    ConnectionPool database(location);
    ImageStore images(database);
    auto hang = [](const std::vector<gallery::VersionNumber>& /*existing*/) {
        std::cout << kMark << "nothing yet" << std::endl;
        os::pause_for(std::chrono::hours(1), base::Cancellation());
        return gallery::VersionNumber{};
    };
    images.publish(sample_version(), hang, sample_output("half"));
}

// The code of the error that ended it.
std::string publish_until_refused(ImageStore& images, std::vector<std::string>& run_ids) {
    while (run_ids.size() < 100'000) {
        try {
            const auto run_id = std::to_string(run_ids.size());
            publish_next(images, run_id);
            run_ids.push_back(run_id);
        } catch (const base::Error& error) {
            return error.code();
        }
    }
    return "";
}

void fill_the_disk(const os::Path& folder) {
    const auto ballast = folder / "ballast";
    os::write_all(os::open_file(ballast, O_WRONLY | O_CREAT).get(), std::string(256 * 1024, 'x'));
    ConnectionPool database(folder / "state.db");
    ImageStore images(database);
    std::vector<std::string> run_ids;
    const auto code = publish_until_refused(images, run_ids);
    require(code == "DiskFull", "the full disk is called " + code);
    require(!run_ids.empty(), "nothing could be published");
    require(is_whole(images, run_ids), "not whole while the disk is full");
    require(images.versions().size() == run_ids.size(), "a refused version is there");

    std::filesystem::remove(ballast);
    run_ids.emplace_back("after");
    publish_next(images, "after");
    require(is_whole(images, run_ids), "not whole after the disk was full");
    require(is_intact(*database.borrow()), "the database is damaged");
}

void carry_out(const std::string& way, const std::string& where, const std::string& name) {
    if (way == "share") {
        publish_share(where, name);
    } else if (way == "until-killed") {
        publish_until_killed(where, name);
    } else if (way == "hang") {
        hang_while_numbering(where);
    } else {
        require(way == "fill", "there is no way to write that is called " + way);
        fill_the_disk(where);
    }
}

}  // namespace
}  // namespace ingot::store

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> words(argv, argv + argc);
        ingot::store::carry_out(words.at(1), words.at(2), words.size() > 3 ? words[3] : "");
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
