// SPDX-License-Identifier: Apache-2.0
// build and template.
#include "cli/main/command_line.h"

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

}  // namespace

void add_build(CLI::App& app, CommandLine& line) {
    auto* build = app.add_subcommand("build", "build the images of a template, here and now");
    add_template_options(build, line.build.image_template);
    add_output(build, line);
    build->add_flag("--keep-vm-on-error",
                    line.build.keep_vm_on_error,
                    "keep the VM of a failed step, to look at it with `ingot run shell`");
    build->callback([&line] {
        line.action = [&line](const Settings& settings) {
            line.build.output = line.form();
            return build_command(settings, line.build);
        };
    });

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
