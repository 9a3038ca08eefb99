// SPDX-License-Identifier: Apache-2.0
#include "build/run_builder.h"

#include "build/distributors/distributor.h"
#include "build/generalize.h"
#include "build/guest_door.h"
#include "build/layers/layered_vm.h"
#include "build/layers/run_trace.h"
#include "build/machine_shape.h"
#include "disk/disk_view.h"
#include "guest/build_user.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::build {
namespace {

using base::Error;
using base::ErrorKind;

constexpr auto kDefaultTimeout = std::chrono::minutes(240);  // buildTimeoutInMinutes absent or 0
constexpr auto kShutdownWithin = std::chrono::minutes(5);

std::chrono::minutes timeout_of(const templates::ImageTemplate& image_template) {
    return image_template.build_timeout_in_minutes == 0
               ? kDefaultTimeout
               : std::chrono::minutes(image_template.build_timeout_in_minutes);
}

std::string title_of(const templates::Source& source) {
    if (const auto* platform = std::get_if<templates::PlatformImageSource>(&source)) {
        return fmt::format("Source: {}:{}:{}:{}",
                           platform->publisher,
                           platform->offer,
                           platform->sku,
                           platform->version);
    }
    if (const auto* managed = std::get_if<templates::ManagedImageSource>(&source)) {
        return "Source: " + managed->image_id;
    }
    return "Source: " + std::get<templates::SharedImageVersionSource>(source).image_version_id;
}

std::optional<artifact::KnownBase> known_base(const sources::BaseDisk& base) {
    return base.chunks ? std::optional(artifact::KnownBase{base.disk, base.chunks}) : std::nullopt;
}

}  // namespace

RunBuilder::RunBuilder(Run run,
                       templates::ImageTemplate image_template,
                       const BuildServices& services,
                       Journal& journal)
    : run_(std::move(run)),
      template_(std::move(image_template)),
      services_(services),
      journal_(journal) {}

Run RunBuilder::carry_out(const base::Cancellation& cancellation) {
    scope_ = cancellation.child(timeout_of(template_));
    try {
        build();
    } catch (const RunFailed& failed) {
        conclude(RunState::Failed, failed.failure());
    } catch (const base::Cancelled& cancelled) {
        if (cancelled.cause() == base::CancelCause::Timeout) {
            conclude(RunState::Failed,
                     {FailureCause::Timeout,
                      "BuildTimeout",
                      fmt::format("the build took longer than its buildTimeoutInMinutes ({})",
                                  timeout_of(template_).count()),
                      ""});
        } else {
            conclude(RunState::Canceled,
                     {FailureCause::Canceled, "Canceled", cancelled.what(), ""});
        }
    } catch (const Error& error) {
        conclude(RunState::Failed, {FailureCause::Internal, error.code(), error.message(), ""});
    }
    return run_;
}

void RunBuilder::build() {
    const os::ScratchFolder scratch(services_.folder.run(run_.id));
    enter(RunSubState::Building);
    const auto base = resolve_source();
    check_plan(base);
    if (template_.validate.source_validation_only) {
        enter(RunSubState::Validating);
        validate(base, prepare_steps(template_.validate.steps, "validate", base.os_type));
        conclude(RunState::Succeeded, {});
        return;
    }
    const auto steps = prepare_steps(template_.customize, "customize", base.os_type);
    const auto root = layer_root(run_, template_, base, policy_);
    plan_ = plan_layers(root, steps, template_, run_);
    trace_run(services_.folder, run_, root, plan_, steps);
    auto sealed = known_image();
    if (!sealed) {
        sealed.emplace(make_image(base, steps));
    }
    const auto validation_failure = failed_validation(*sealed);
    enter(RunSubState::Distributing);
    distribute(sealed->content);
    if (validation_failure) {
        throw RunFailed(*validation_failure);
    }
}

// With nothing changed there is nothing to do but to publish.
std::optional<RunBuilder::SealedDisk> RunBuilder::known_image() {
    const auto record =
        plan_.may_use_image() ? records_.find(plan_.image, policy_.max_age) : std::nullopt;
    if (!record || !services_.storage.has(record->content.digest)) {
        return std::nullopt;
    }
    return recorder_.run("seal", "Take the image from cache", FailureCause::Internal, [&] {
        auto held = services_.storage.hold(record->content.digest);
        journal_.note("seal",
                      fmt::format("nothing that makes this image has changed since {}: no VM is "
                                  "started (--no-cache builds it anew)",
                                  base::to_rfc3339(record->born)));
        return SealedDisk{record->content,
                          std::make_shared<const artifact::HeldDisk>(std::move(held))};
    });
}

RunBuilder::SealedDisk RunBuilder::make_image(const sources::BaseDisk& base,
                                              const std::vector<PreparedStep>& steps) {
    auto request = vm_request(base, "build");
    request.way_in = wanted_way_in(run_, template_);
    request.sealable = true;
    const LayeredVmRequest layered{
        .run_id = run_.id,
        .vm = std::move(request),
        .plan = plan_,
        .choices = run_.choices,
        .policy = policy_,
        .prepare = [&](BuildVm& vm) {
            vm.guest().upload(
                default_deprovisioning_script(), std::string(kDeprovisioningScript), 0755, scope_);
        }};
    LayeredVm build(layered, layers_, recorder_);
    enter(RunSubState::Customizing);
    auto vm = build.customize(steps, [&](BuildVm& machine, const PreparedStep& step) {
        run_step(machine, step, FailureCause::Customizer, template_.on_customizer_error);
    });
    generalize_and_shut_down(vm);
    auto sealed = seal(vm, base);
    records_.keep(plan_.image, {.content = sealed.content, .born = build.born()});
    return sealed;
}

sources::BaseDisk RunBuilder::resolve_source() {
    return recorder_.run("source", title_of(template_.source), FailureCause::Source, [&] {
        sources::BaseDisks disks(
            services_.catalog, services_.images, services_.storage, services_.folder.cache());
        auto base = disks.resolve(
            template_.source,
            [&](std::string_view line) { journal_.note("source", std::string(line)); },
            scope_);
        run_.exact_source = base.exact_source;
        journal_.note("source", "exact source: " + base.exact_source);
        journal_.update(run_);
        return base;
    });
}

// What can be known to fail is said before a VM is started.
void RunBuilder::check_plan(const sources::BaseDisk& base) const {
    blame(FailureCause::Template, "plan", [&] {
        static_cast<void>(machine_shape(template_.vm_profile.vm_size, this_host()));
        const auto wanted = template_.vm_profile.os_disk_size_gb;
        if (wanted != 0 &&
            base::ByteCount::gib(static_cast<std::uint64_t>(wanted)) < base.facts.virtual_size) {
            throw Error(ErrorKind::InvalidArgument,
                        "ValidationFailed",
                        fmt::format("vmProfile.osDiskSizeGB is {} but the source's disk has {}; a "
                                    "disk can only grow",
                                    template_.vm_profile.os_disk_size_gb,
                                    base::to_string(base.facts.virtual_size)),
                        "properties.vmProfile.osDiskSizeGB");
        }
    });
    blame(FailureCause::Distribution, "plan", [&] {
        check_targets(template_.distribute, {base.generation, base.os_type}, services_.images);
    });
}

std::vector<PreparedStep> RunBuilder::prepare_steps(const std::vector<templates::Step>& steps,
                                                    const std::string& kind,
                                                    const std::string& os_type) {
    return build::prepare_steps(steps,
                                {.kind = kind,
                                 .os_type = os_type,
                                 .template_folder = run_.template_folder,
                                 .scratch = services_.folder.run(run_.id)},
                                scope_);
}

BuildVmRequest RunBuilder::vm_request(const sources::BaseDisk& base, const std::string& id) {
    const auto folder = services_.folder.run(run_.id) / id;
    os::make_folders(folder);
    return {.base = base,
            .disk_size = build_disk_size(template_.vm_profile, base),
            .shape = machine_shape(template_.vm_profile.vm_size, this_host()),
            .folder = folder,
            .cache = services_.folder.cache(),
            .instance_id = run_.id + "-" + id,
            .say = [this, id](std::string_view line) {
                journal_.note(id == "build" ? "boot" : id, std::string(line));
            }};
}

void RunBuilder::run_step(BuildVm& vm,
                          const PreparedStep& step,
                          FailureCause cause,
                          templates::OnError on_error) {
    try {
        recorder_.run(step.id, step.title, cause, [&] {
            vm.machine().while_alive(scope_, [&](const base::Cancellation& scope) {
                step.customizer->run({vm.guest(), recorder_.output_of(step.id), scope});
            });
        });
    } catch (const RunFailed& failed) {
        if (run_.keep_vm_on_error || on_error == templates::OnError::Abort) {
            hold_for_a_look(vm, failed.failure().message);
        }
        throw;
    }
}

void RunBuilder::generalize_and_shut_down(BuildVm& vm) {
    recorder_.run("generalize", "Generalize", FailureCause::Generalize, [&] {
        vm.machine().while_alive(scope_, [&](const base::Cancellation& scope) {
            generalize({vm.guest(), recorder_.output_of("generalize"), scope},
                       guest::build_user_removal_script(std::string(kBuildUser),
                                                        vm.build_key().public_key));
        });
    });
    recorder_.run("shutdown", "Shut down", FailureCause::BuildVm, [&] {
        vm.disconnect();
        const auto end = vm.machine().wait_for_end(scope_.child(kShutdownWithin));
        if (end.kind != vm::MachineEndKind::ShutDown) {
            throw Error(ErrorKind::GuestFailed, "GuestDidNotShutDown", end.explanation);
        }
    });
}

RunBuilder::SealedDisk RunBuilder::seal(const BuildVm& vm, const sources::BaseDisk& base) {
    return recorder_.run("seal", "Seal the disk", FailureCause::Internal, [&] {
        auto [held, facts, new_bytes] = services_.storage.put_disk(
            disk::DiskView::of_chain({vm.overlays(), base.disk}, scope_), known_base(base), scope_);
        journal_.note("seal",
                      fmt::format("{} of data on a disk of {}, {} of it new, sha256 {}",
                                  base::to_string(facts.data_size),
                                  base::to_string(facts.virtual_size),
                                  base::to_string(new_bytes),
                                  facts.digest.hex()));
        return SealedDisk{{.digest = facts.digest,
                           .virtual_size = facts.virtual_size,
                           .data_size = facts.data_size,
                           .generation = base.generation,
                           .os_type = base.os_type},
                          std::make_shared<const artifact::HeldDisk>(std::move(held))};
    });
}

sources::BaseDisk RunBuilder::base_of(const SealedDisk& sealed) const {
    const auto& content = sealed.content;
    const auto raw = std::make_shared<const artifact::HeldFile>(
        services_.storage.raw_file(*sealed.held, scope_));
    return {.disk = raw->path(),
            .held = raw,
            .chunks = sealed.held->chunks(),
            .facts = {content.digest, content.virtual_size, content.data_size},
            .generation = content.generation,
            .os_type = content.os_type,
            .exact_source = run_.exact_source,
            .boot = std::nullopt};
}

std::optional<RunFailure> RunBuilder::failed_validation(const SealedDisk& sealed) {
    if (template_.validate.steps.empty()) {
        return std::nullopt;
    }
    enter(RunSubState::Validating);
    const auto steps = prepare_steps(template_.validate.steps, "validate", sealed.content.os_type);
    if (has_passed(steps)) {
        return std::nullopt;
    }
    try {
        validate(base_of(sealed), steps);
        remember_as_passed(steps);
        return std::nullopt;
    } catch (const RunFailed& failed) {
        if (!template_.validate.continue_distribute_on_failure) {
            throw;
        }
        return failed.failure();
    }
}

base::Sha256Digest RunBuilder::validation_key(const std::vector<PreparedStep>& steps) const {
    auto key = plan_.image;
    for (const auto& step : steps) {
        key = child_key(key, step.customizer->inputs());
    }
    return key;
}

// The same disk has passed the same validators: their steps are put on record as done.
bool RunBuilder::has_passed(const std::vector<PreparedStep>& steps) {
    const auto record =
        plan_.may_use_image() ? records_.find(plan_.image, policy_.max_age) : std::nullopt;
    if (!record || std::ranges::count(record->validated, validation_key(steps)) == 0) {
        return false;
    }
    for (const auto& step : steps) {
        recorder_.run(step.id, step.title, FailureCause::Validator, [&] {
            journal_.note(step.id, "this very disk has passed it before");
        });
    }
    return true;
}

void RunBuilder::remember_as_passed(const std::vector<PreparedStep>& steps) {
    if (auto record = records_.find(plan_.image, policy_.max_age)) {
        record->validated.push_back(validation_key(steps));
        records_.keep(plan_.image, *record);
    }
}

// In a fresh VM, started as a user's will be.
void RunBuilder::validate(const sources::BaseDisk& image, const std::vector<PreparedStep>& steps) {
    auto vm = recorder_.run("validation-boot", "Start the VM", FailureCause::BuildVm, [&] {
        auto request = vm_request(image, "validation-boot");
        request.way_in = WayIn::Ordinary;
        return BuildVm::start(request, scope_);
    });
    for (const auto& step : steps) {
        run_step(vm, step, FailureCause::Validator, template_.on_validation_error);
    }
}

void RunBuilder::distribute(const gallery::DiskContent& content) {
    const auto failures =
        distribute_to_all(template_.distribute,
                          {.content = content,
                           .provenance = {run_.id, template_.name, run_.exact_source},
                           .images = services_.images,
                           .storage = services_.storage,
                           .folder = services_.folder,
                           .journal = journal_,
                           .cancellation = scope_});
    if (failures.empty()) {
        conclude(RunState::Succeeded, {});
        return;
    }
    std::string all;
    for (std::size_t i = 0; i < failures.size(); ++i) {
        all += fmt::format("{}[Error {}] {}", i == 0 ? "" : " ", i, failures[i]);
    }
    const bool partly = failures.size() < template_.distribute.size();
    conclude(partly ? RunState::PartiallySucceeded : RunState::Failed,
             {FailureCause::Distribution,
              "DistributionFailed",
              fmt::format("Failed in distributing {} images out of total {}: {{{}}}",
                          failures.size(),
                          template_.distribute.size(),
                          all),
              ""});
}

// The VM of a failed step stays for as long as the user wants to look at it. However that ends, the
// run ends with what failed.
void RunBuilder::hold_for_a_look(BuildVm& vm, const std::string& why) {
    journal_.note("", "failed: " + why);
    journal_.note("",
                  fmt::format("the VM is kept; look at it with `ingot run shell {0}`, end it with "
                              "`ingot run cancel {0}`",
                              run_.id));
    journal_.flush();
    try {
        keep_door_open(vm, services_.folder.run(run_.id), scope_);
    } catch (const base::Cancelled&) {  // NOLINT(bugprone-empty-catch): the look is over
    }
}

void RunBuilder::enter(RunSubState state) {
    scope_.throw_if_cancelled();
    run_.sub_state = state;
    journal_.update(run_);
}

void RunBuilder::conclude(RunState state, const RunFailure& failure) {
    if (is_final(run_.state)) {
        return;
    }
    run_.state = state;
    run_.sub_state = RunSubState::None;
    run_.failure = failure;
    run_.ended = base::now();
    journal_.update(run_);
}

}  // namespace ingot::build
