// SPDX-License-Identifier: Apache-2.0
// Where resources, their operations and the activity log are kept, as providers/ needs it; store/
// implements it. Keys are ids in lower case (key_of). Safe to use from several threads and
// processes at once. All throw Error{Unavailable} when the database cannot be used.
#pragma once

#include "resources/resource.h"

#include <optional>
#include <string>
#include <vector>

namespace ingot::resources {

// What must hold of the stored resource for a write to happen.
struct Expectation {
    enum class Kind { Anything, Absent, Etag };

    Kind kind = Kind::Anything;
    std::string etag{};

    [[nodiscard]] static Expectation anything() { return {}; }

    [[nodiscard]] static Expectation absent() { return {Kind::Absent, {}}; }

    [[nodiscard]] static Expectation unchanged(const Resource& read) {
        return {Kind::Etag, read.etag};
    }
};

// Everything that one request changes, carried out together or not at all.
struct Change {
    struct Write {
        Resource resource;
        Expectation expectation;
    };

    struct Removal {
        std::string key;
        Expectation expectation;
    };

    std::vector<Write> writes{};
    std::vector<Removal> removals{};
    std::vector<Operation> operations{};  // new ones, and known ones that moved on
    std::vector<Activity> activities{};
};

// Empty members do not narrow.
struct ResourceFilter {
    std::string type{};          // full type, any case
    std::string subscription{};  // any case
    std::string group{};
    std::string below{};  // key of a resource: those whose key begins with it and a slash
    std::string name{};
    std::string tag_name{};
    std::string tag_value{};
    std::string after{};    // key of the last one seen: the page after it
    std::size_t limit = 0;  // 0: all
};

struct ActivityFilter {
    std::string subscription{};
    std::string group{};
    std::optional<base::Timestamp> from{};
    std::optional<base::Timestamp> until{};
    std::size_t limit = 1000;
};

class ResourceRepository {
  public:
    ResourceRepository() = default;
    virtual ~ResourceRepository() = default;
    ResourceRepository(const ResourceRepository&) = delete;
    ResourceRepository& operator=(const ResourceRepository&) = delete;

    [[nodiscard]] virtual std::optional<Resource> find(const std::string& key) = 0;
    // In the order of their keys.
    [[nodiscard]] virtual std::vector<Resource> list(const ResourceFilter& filter) = 0;

    // One transaction, durable on return. Throws Error{Conflict, "ResourceConflict"} if something
    // is there that should be absent, and Error{PreconditionFailed, "PreconditionFailed"} if the
    // etag is another one or the resource is gone; then nothing was changed. Each written resource
    // gets a new etag; the first one's is returned.
    virtual std::string apply(const Change& change) = 0;

    [[nodiscard]] virtual std::optional<Operation> find_operation(const std::string& id) = 0;
    // Those in progress that no run stands for, oldest first.
    [[nodiscard]] virtual std::vector<Operation> open_operations() = 0;
    // Newest first.
    [[nodiscard]] virtual std::vector<Activity> activities(const ActivityFilter& filter) = 0;
};

}  // namespace ingot::resources
