// SPDX-License-Identifier: Apache-2.0
// The life of a run, from its record in the store to published images: what a worker does. Reads
// top to bottom like the page "Life of a run" in docs/architecture.md; each arrow there is one
// function here. Starting workers is execution/'s job, showing progress the client's.
#pragma once

#include "artifact/artifact_storage.h"
#include "base/cancellation.h"
#include "build/build_vm.h"
#include "build/customizers/customizer.h"
#include "build/failure.h"
#include "build/journal.h"
#include "build/layers/layer_plan.h"
#include "build/run.h"
#include "build/state_folder.h"
#include "build/steps.h"
#include "gallery/image_repository.h"
#include "sources/base_disk.h"
#include "templates/model.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ingot::build {

struct BuildServices {
    gallery::ImageRepository& images;
    const artifact::ArtifactStorage& storage;
    const sources::Catalog& catalog;
    const StateFolder& folder;
};

class RunBuilder {
  public:
    // All references must outlive this. `run` is in the store already.
    RunBuilder(Run run,
               templates::ImageTemplate image_template,
               const BuildServices& services,
               Journal& journal);

    // Blocks until the run has ended, records the end and returns it. Throws nothing for a run that
    // fails; an Error means that not even the failure could be recorded. Leaves no process and no
    // scratch behind.
    Run carry_out(const base::Cancellation& cancellation);

  private:
    // Held until what uses it is published.
    struct SealedDisk {
        gallery::DiskContent content;
        std::shared_ptr<const artifact::HeldDisk> held;
    };

    // The arrows, in their order.
    sources::BaseDisk resolve_source();
    void check_plan(const sources::BaseDisk& base) const;
    std::vector<PreparedStep> prepare_steps(const std::vector<templates::Step>& steps,
                                            const std::string& kind,
                                            const std::string& os_type);
    std::optional<SealedDisk> known_image();
    SealedDisk make_image(const sources::BaseDisk& base, const std::vector<PreparedStep>& steps);
    void run_step(BuildVm& vm,
                  const PreparedStep& step,
                  FailureCause cause,
                  templates::OnError on_error);
    void generalize_and_shut_down(BuildVm& vm);
    SealedDisk seal(const BuildVm& vm, const sources::BaseDisk& base);
    void validate(const sources::BaseDisk& image, const std::vector<PreparedStep>& steps);
    void distribute(const gallery::DiskContent& content);

    void build();
    [[nodiscard]] BuildVmRequest vm_request(const sources::BaseDisk& base, const std::string& step);
    [[nodiscard]] sources::BaseDisk base_of(const SealedDisk& sealed) const;
    std::optional<RunFailure> failed_validation(const SealedDisk& sealed);
    [[nodiscard]] base::Sha256Digest validation_key(const std::vector<PreparedStep>& steps) const;
    bool has_passed(const std::vector<PreparedStep>& steps);
    void remember_as_passed(const std::vector<PreparedStep>& steps);
    void hold_for_a_look(BuildVm& vm, const std::string& why);
    void enter(RunSubState state);
    void conclude(RunState state, const RunFailure& failure);

    Run run_;
    templates::ImageTemplate template_;
    const BuildServices& services_;
    Journal& journal_;
    base::Cancellation scope_;
    StepRecorder recorder_{journal_, scope_};
    CachePolicy policy_ = cache_policy_from_environment();
    LayerCache layers_{services_.folder.layers()};
    ImageRecords records_{services_.folder.image_records()};
    LayerPlan plan_;
};

}  // namespace ingot::build
