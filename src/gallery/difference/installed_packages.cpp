// SPDX-License-Identifier: Apache-2.0
#include "gallery/difference/installed_packages.h"

#include "base/error.h"
#include "gallery/difference/dpkg_status.h"
#include "gallery/difference/rpm_header.h"
#include "os/files.h"
#include "sql/foreign_sqlite.h"

#include <array>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

namespace ingot::gallery {
namespace {

// A full workstation's databases are a tenth of this.
constexpr auto kLargestDatabase = base::ByteCount::mib(512);
// Since and before rpm 4.17's Fedora 36.
constexpr std::array<std::string_view, 2> kRpmFolders = {"/usr/lib/sysimage/rpm", "/var/lib/rpm"};

const disk::FileNode* file_at(const disk::FileTree& root, const std::string& path) {
    const auto* node = root.find(path);
    return node != nullptr && node->type == disk::FileType::File ? node : nullptr;
}

void read_dpkg(int raw, const disk::FileTree& root, InstalledPackages& into) {
    if (const auto* status = file_at(root, "/var/lib/dpkg/status")) {
        into.packages = parse_dpkg_status(disk::read_whole(raw, *status, kLargestDatabase));
    }
}

void copy_out(int raw, const disk::FileNode& file, const os::Path& to) {
    const auto bytes = disk::read_whole(raw, file, kLargestDatabase);
    std::ofstream out(to, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) {
        throw base::Error(base::ErrorKind::Unavailable,
                          "NoScratchSpace",
                          fmt::format("{} cannot be written: is the disk full?", to.string()),
                          to.string());
    }
}

void read_rpm_sqlite(int raw,
                     const disk::FileTree& root,
                     const std::string& path,
                     InstalledPackages& into,
                     const base::Cancellation& cancellation) {
    const auto scratch = os::ScratchFolder::temporary();
    const auto copy = scratch.path() / "rpmdb.sqlite";
    copy_out(raw, *file_at(root, path), copy);
    if (const auto* log = file_at(root, path + "-wal")) {
        copy_out(raw, *log, scratch.path() / "rpmdb.sqlite-wal");
    }
    sql::for_each_blob(
        copy,
        "SELECT blob FROM Packages",
        kLargestDatabase,
        [&](std::string_view blob) {
            if (auto package = parse_rpm_header(blob)) {
                into.packages.push_back(std::move(*package));
            }
        },
        cancellation);
}

void read_rpm(int raw,
              const disk::FileTree& root,
              InstalledPackages& into,
              const base::Cancellation& cancellation) {
    for (const auto folder : kRpmFolders) {
        if (const auto path = fmt::format("{}/rpmdb.sqlite", folder); file_at(root, path)) {
            return read_rpm_sqlite(raw, root, path, into, cancellation);
        }
    }
    for (const auto folder : kRpmFolders) {
        for (const auto& [name, kind] : {std::pair("Packages", "Berkeley DB"),
                                         std::pair("Packages.db", "rpm's own NDB format")}) {
            if (const auto path = fmt::format("{}/{}", folder, name); file_at(root, path)) {
                into.unread.push_back(fmt::format(
                    "the rpm database {} is in {}; only SQLite (rpm 4.16 and later) is read",
                    path,
                    kind));
                return;
            }
        }
    }
}

}  // namespace

InstalledPackages read_installed_packages(int raw,
                                          const disk::FileTree& root,
                                          const base::Cancellation& cancellation) {
    InstalledPackages dpkg;
    InstalledPackages rpm;
    const auto attempt = [&](const char* manager, InstalledPackages& list, auto&& read) {
        try {
            read();
        } catch (const base::Error& error) {  // the boundary to what the image holds
            list = {{}, {fmt::format("the {} database: {}", manager, error.message())}};
        }
    };
    attempt("dpkg", dpkg, [&] { read_dpkg(raw, root, dpkg); });
    attempt("rpm", rpm, [&] { read_rpm(raw, root, rpm, cancellation); });
    dpkg.packages.insert(dpkg.packages.end(), rpm.packages.begin(), rpm.packages.end());
    dpkg.unread.insert(dpkg.unread.end(), rpm.unread.begin(), rpm.unread.end());
    return dpkg;
}

}  // namespace ingot::gallery
