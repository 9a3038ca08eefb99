// SPDX-License-Identifier: Apache-2.0
// build, plan, retry, debug, cache and template.
#include "cli/main/command_line.h"

#include <fmt/format.h>

namespace ingot::cli {
namespace {

void add_template_options(CLI::App* command, TemplateArguments& arguments) {
    command->add_option("TEMPLATE", arguments.file, "the template's file")->required();
    command->add_option("--param,-p", arguments.parameters, "a parameter of an ARM template")
        ->type_name("NAME=VALUE")
        ->take_all();
    command->add_option(
        "--parameters", arguments.parameters_file, "a parameters file of an ARM template");
    command->add_option("--api-version", arguments.api_version, "wins over the template's own");
    command->add_option("--name,-n", arguments.name, "for a template that has no name");
}

void add_choices(CLI::App* command, CommandLine& line) {
    auto& choices = line.build.choices;
    command->add_flag("--no-cache", line.no_cache, "use no layer and no image of earlier runs");
    command->add_flag("--no-warm", line.no_warm, "boot the build VM instead of resuming a state");
    command->add_flag("--cloud-init",
                      choices.cloud_init,
                      "boot the build VM through its firmware and cloud-init");
    command->add_option("--from-step", choices.from_step, "run this customizer and all after it")
        ->check(CLI::NonNegativeNumber)
        ->type_name("N");
}

void take_choices(CommandLine& line) {
    line.build.choices.use_cache = !line.no_cache;
    line.build.choices.use_warm = !line.no_warm;
    line.build.output = line.form();
    if (!line.state_folder.empty()) {
        line.build.program_words = fmt::format("ingot --state-dir {}", line.state_folder);
    }
}

void add_plan(CLI::App& app, CommandLine& line) {
    auto* plan =
        app.add_subcommand("plan", "say what a build would take from cache and what it would do");
    add_template_options(plan, line.build.image_template);
    add_output(plan, line);
    add_choices(plan, line);
    plan->add_flag("--explain,-e",
                   line.plan.explain,
                   "for the first step that will run: what differs from last time");
    plan->callback([&line] {
        line.action = [&line](const Settings& settings) {
            take_choices(line);
            return interruptible([&](const base::Cancellation& scope) {
                return plan_command(settings, line.build, line.plan, scope);
            });
        };
    });
}

void add_second_chances(CLI::App& app, CommandLine& line) {
    constexpr auto kRun = "id, its beginning, or latest";
    auto* retry = app.add_subcommand(
        "retry", "go on from the step that failed, with the template as it is now");
    retry->add_option("RUN", line.id, kRun)->required();
    add_output(retry, line);
    retry->callback([&line] {
        line.action = [&line](const Settings& settings) {
            take_choices(line);
            return retry_command(settings, line.id, line.build);
        };
    });
    auto* debug =
        app.add_subcommand("debug", "a shell in the state before the step of a run that failed");
    debug->add_option("RUN", line.debug.run, kRun)->required();
    debug->add_option("--step", line.debug.step, "another customizer, by number")
        ->check(CLI::NonNegativeNumber)
        ->type_name("N");
    debug->add_option("--command,-c", line.debug.command, "run this instead of a shell");
    debug->callback([&line] {
        line.action = [&line](const Settings& settings) {
            return interruptible([&](const base::Cancellation& scope) {
                return debug_command(settings, line.debug, scope);
            });
        };
    });
}

}  // namespace

void add_cache(CLI::App& app, CommandLine& line) {
    auto* group =
        app.add_subcommand("cache", "what this host keeps to build faster")->require_subcommand(1);
    add_output(add_verb(group,
                        "show",
                        "what there is and what it occupies",
                        line,
                        [&line](const Settings& settings) {
                            return cache_show_command(settings, line.form());
                        }),
               line);
    add_verb(group,
             "prune",
             "remove what is too old or too much",
             line,
             [&line](const Settings& settings) { return cache_prune_command(settings, line.keep); })
        ->add_option("--keep", line.keep, "what may stay: a size (10G) or an age (2d)")
        ->type_name("SIZE|AGE");
    add_verb(group,
             "verify",
             "read everything, drop or repair what is damaged",
             line,
             [](const Settings& settings) {
                 return interruptible([&](const base::Cancellation& scope) {
                     return cache_verify_command(settings, scope);
                 });
             });
}

void add_build(CLI::App& app, CommandLine& line) {
    auto* build = app.add_subcommand("build", "build the images of a template, here and now");
    add_template_options(build, line.build.image_template);
    add_output(build, line);
    build->add_flag("--keep-vm-on-error",
                    line.build.keep_vm_on_error,
                    "keep the VM of a failed step, to look at it with `ingot run shell`");
    add_choices(build, line);
    build->callback([&line] {
        line.action = [&line](const Settings& settings) {
            take_choices(line);
            return build_command(settings, line.build);
        };
    });
    add_plan(app, line);
    add_second_chances(app, line);

    auto* worker = app.add_subcommand("worker", "")->group("");  // executors start it
    worker->add_option("RUN", line.id)->required();
    worker->callback([&line] {
        line.action = [&line](const Settings& settings) {
            return worker_command(settings, line.id);
        };
    });
}

void add_template(CLI::App& app, CommandLine& line) {
    auto* group = app.add_subcommand("template", "image templates")->require_subcommand(1);
    auto* check = add_verb(
        group, "check", "say all that is wrong with a template", line, [&line](const Settings&) {
            return template_check_command(line.build.image_template, line.form());
        });
    add_template_options(check, line.build.image_template);
    add_output(check, line);

    auto* create = add_remote_verb(
        group, "create", "hand a template to the service", line, [&line](const Remote& remote) {
            return template_create_command(remote, line.build.image_template);
        });
    add_template_options(create, line.build.image_template);
    create->get_option("--name")->description("wins over the template's own");
    auto* prepare = add_remote_verb(
        group,
        "prepare",
        "make what a template names: groups, galleries, definitions, its identity and rights",
        line,
        [&line](const Remote& remote) {
            return template_prepare_command(remote, line.build.image_template);
        });
    add_template_options(prepare, line.build.image_template);
    add_remote_verb(group, "list", "those of the service", line, template_list_command);

    const auto with_name = [&](const std::string& name, const std::string& help, auto command) {
        auto* verb =
            add_remote_verb(group, name, help, line, [&line, command](const Remote& remote) {
                return command(remote, line.id);
            });
        verb->add_option("TEMPLATE", line.id, "its name or ARM id")->required();
        return verb;
    };
    with_name("show", "one of them, as JSON", template_show_command);
    with_name("run", "build its images", [&line](const Remote& remote, const std::string& name) {
        return template_run_command(remote, name, line.wait);
    })->add_flag("--wait,-w", line.wait, "show the run until its end");
    with_name("cancel", "end its run", template_cancel_command);
    with_name("delete", "remove it; published images stay", template_delete_command);
    with_name("outputs", "what its last run published", template_outputs_command);
}

}  // namespace ingot::cli
