// SPDX-License-Identifier: Apache-2.0
#include "build/run_builder.h"

#include "build/distributors/distributor.h"
#include "build/generalize.h"
#include "build/guest_door.h"
#include "build/machine_shape.h"
#include "disk/disk_digest.h"
#include "disk/qemu_img.h"
#include "guest/build_user.h"

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

// A guest that went away is not its script's fault.
FailureCause cause_of(const Error& error, FailureCause usual) {
    if (error.code() == "DiskFull") {
        return FailureCause::Internal;
    }
    const bool guest_is_gone = error.code() == "BuildVmDied" || error.code() == "GuestPanicked" ||
                               error.code() == "GuestConnectionLost";
    return guest_is_gone ? FailureCause::BuildVm : usual;
}

std::optional<int> exit_code_of(const Error& error) {
    const auto* command = dynamic_cast<const GuestCommandFailed*>(&error);
    return command != nullptr ? std::optional(command->exit_code()) : std::nullopt;
}

base::ByteCount disk_size(const templates::VmProfile& profile, const sources::BaseDisk& base) {
    return profile.os_disk_size_gb == 0
               ? base.facts.virtual_size
               : base::ByteCount::gib(static_cast<std::uint64_t>(profile.os_disk_size_gb));
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

template <typename Body>
auto RunBuilder::step(const std::string& id,
                      const std::string& title,
                      FailureCause cause,
                      Body&& body) -> decltype(body()) {
    journal_.start_step(id, title);
    try {
        if constexpr (std::is_void_v<decltype(body())>) {
            body();
            journal_.finish_step(id, true);
        } else {
            auto result = body();
            journal_.finish_step(id, true);
            return result;
        }
    } catch (const base::Cancelled& cancelled) {
        journal_.finish_step(id, false, cancelled.what());
        throw;
    } catch (const Error& error) {
        journal_.finish_step(id, false, error.message(), exit_code_of(error));
        scope_.throw_if_cancelled();  // what fails because the time is up is a timeout
        throw RunFailed({cause_of(error, cause), error.code(), error.message(), id});
    }
}

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
        validate(base);
        conclude(RunState::Succeeded, {});
        return;
    }
    const auto steps = prepare_steps(template_.customize, "customize", base);
    std::optional<SealedDisk> sealed;
    {
        auto vm = start_vm(base, "boot", WayIn::Fastest);
        enter(RunSubState::Customizing);
        vm.guest().upload(
            default_deprovisioning_script(), std::string(kDeprovisioningScript), 0755, scope_);
        run_steps(vm, steps, FailureCause::Customizer, template_.on_customizer_error);
        generalize_and_shut_down(vm);
        sealed.emplace(seal(vm, base));
    }
    const auto validation_failure = failed_validation(base_of(*sealed));
    enter(RunSubState::Distributing);
    distribute(sealed->content);
    if (validation_failure) {
        throw RunFailed(*validation_failure);
    }
}

sources::BaseDisk RunBuilder::resolve_source() {
    return step("source", title_of(template_.source), FailureCause::Source, [&] {
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
        if (disk_size(template_.vm_profile, base) < base.facts.virtual_size) {
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

std::vector<RunBuilder::PreparedStep> RunBuilder::prepare_steps(
    const std::vector<templates::Step>& steps,
    const std::string& kind,
    const sources::BaseDisk& base) {
    std::vector<PreparedStep> prepared;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        PreparedStep next;
        next.id = fmt::format("{}[{}]", kind, i);
        blame(
            kind == "customize" ? FailureCause::Customizer : FailureCause::Validator, next.id, [&] {
                next.customizer = make_customizer(steps[i], base.os_type);
                const auto scratch = services_.folder.run(run_.id) / next.id;
                os::make_folders(scratch);
                next.customizer->prepare({run_.template_folder, scratch, scope_});
            });
        next.title = next.customizer->type();
        next.title += steps[i].name.empty() ? "" : ": " + steps[i].name;
        prepared.push_back(std::move(next));
    }
    return prepared;
}

BuildVm RunBuilder::start_vm(const sources::BaseDisk& base, const std::string& id, WayIn way_in) {
    return step(id, "Start the VM", FailureCause::BuildVm, [&] {
        const auto folder = services_.folder.run(run_.id) / id;
        os::make_folders(folder);
        return BuildVm::start(
            {.base = base,
             .disk_size = std::max(disk_size(template_.vm_profile, base), base.facts.virtual_size),
             .shape = machine_shape(template_.vm_profile.vm_size, this_host()),
             .folder = folder,
             .cache = services_.folder.cache(),
             .instance_id = run_.id + "-" + id,
             .way_in = way_in,
             .say = [&](std::string_view line) { journal_.note(id, std::string(line)); }},
            scope_);
    });
}

guest::OutputHandler RunBuilder::output_of(const std::string& id) {
    return [this, id](guest::GuestStream stream, std::string_view line) {
        journal_.output(
            id, stream == guest::GuestStream::Out ? OutputStream::Out : OutputStream::Err, line);
    };
}

void RunBuilder::run_steps(BuildVm& vm,
                           const std::vector<PreparedStep>& steps,
                           FailureCause cause,
                           templates::OnError on_error) {
    for (const auto& next : steps) {
        try {
            step(next.id, next.title, cause, [&] {
                vm.machine().while_alive(scope_, [&](const base::Cancellation& scope) {
                    next.customizer->run({vm.guest(), output_of(next.id), scope});
                });
            });
        } catch (const RunFailed& failed) {
            if (run_.keep_vm_on_error || on_error == templates::OnError::Abort) {
                hold_for_a_look(vm, failed.failure().message);
            }
            throw;
        }
    }
}

void RunBuilder::generalize_and_shut_down(BuildVm& vm) {
    step("generalize", "Generalize", FailureCause::Generalize, [&] {
        vm.machine().while_alive(scope_, [&](const base::Cancellation& scope) {
            generalize({vm.guest(), output_of("generalize"), scope},
                       guest::build_user_removal_script(std::string(kBuildUser),
                                                        vm.build_key().public_key));
        });
    });
    step("shutdown", "Shut down", FailureCause::BuildVm, [&] {
        vm.disconnect();
        const auto end = vm.machine().wait_for_end(scope_.child(kShutdownWithin));
        if (end.kind != vm::MachineEndKind::ShutDown) {
            throw Error(ErrorKind::GuestFailed, "GuestDidNotShutDown", end.explanation);
        }
    });
}

RunBuilder::SealedDisk RunBuilder::seal(const BuildVm& vm, const sources::BaseDisk& base) {
    return step("seal", "Seal the disk", FailureCause::Internal, [&] {
        const auto staging = services_.storage.make_staging(run_.id);
        const auto raw = staging.path() / "disk.raw";
        disk::flatten(vm.overlay(), raw, scope_);
        const auto facts = disk::measure_disk(raw, scope_);
        auto held = services_.storage.put_disk(raw, facts.digest);
        journal_.note("seal",
                      fmt::format("{} of data on a disk of {}, sha256 {}",
                                  base::to_string(facts.data_size),
                                  base::to_string(facts.virtual_size),
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
    return {.disk = sealed.held->path(),
            .held = sealed.held,
            .facts = {content.digest, content.virtual_size, content.data_size},
            .generation = content.generation,
            .os_type = content.os_type,
            .exact_source = run_.exact_source,
            .boot = std::nullopt};
}

std::optional<RunFailure> RunBuilder::failed_validation(const sources::BaseDisk& image) {
    if (template_.validate.steps.empty()) {
        return std::nullopt;
    }
    enter(RunSubState::Validating);
    try {
        validate(image);
        return std::nullopt;
    } catch (const RunFailed& failed) {
        if (!template_.validate.continue_distribute_on_failure) {
            throw;
        }
        return failed.failure();
    }
}

// In a fresh VM, started as a user's will be.
void RunBuilder::validate(const sources::BaseDisk& image) {
    const auto steps = prepare_steps(template_.validate.steps, "validate", image);
    auto vm = start_vm(image, "validation-boot", WayIn::Ordinary);
    run_steps(vm, steps, FailureCause::Validator, template_.on_validation_error);
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
