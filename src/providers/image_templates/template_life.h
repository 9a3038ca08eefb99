// SPDX-License-Identifier: Apache-2.0
// What image templates need of the service beyond its repositories: somebody who carries out what
// goes on after the answer, and who knows rights. The composition (daemon/) fills these in; all of
// them may be called from several threads and return at once.
#pragma once

#include "os/files.h"

#include <functional>
#include <string>

namespace ingot::providers {

struct TemplateLife {
    // Whether the principal of this object id may do `action` at `scope`.
    std::function<bool(
        const std::string& object_id, const std::string& action, const std::string& scope)>
        may{};
    // The provisioning of this operation (template_provisioning.h) is to be carried out.
    std::function<void(const std::string& operation_id)> provision{};
    // Carries out what mostly waits for other hosts, without holding up those that work meanwhile.
    std::function<void(const std::function<void()>& wait)> aside = [](const auto& wait) { wait(); };
    // A run was recorded and waits for its turn.
    std::function<void()> run_recorded{};
    // The run is to end as Canceled, whether it waits or has a worker.
    std::function<void(const std::string& run_id)> cancel_run{};
    // Where scripts and files of templates are kept, one folder per template.
    os::Path staging{};
    // Where the VHDs of VHD distributors lie.
    os::Path vhds{};
    // Scripts and files may be fetched from this host's own loopback.
    bool local_sources = false;
    // The address at which a VHD of that name can be downloaded, good for a while without a token
    // if `is_signed`.
    std::function<std::string(const std::string& base_url, const std::string& name, bool is_signed)>
        vhd_url{};
};

}  // namespace ingot::providers
