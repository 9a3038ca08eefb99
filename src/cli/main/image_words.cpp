// SPDX-License-Identifier: Apache-2.0
// image, gallery, group and catalog.
#include "cli/main/command_line.h"

namespace ingot::cli {
namespace {

void add_image_documents(CLI::App* group, CommandLine& line) {
    auto* list =
        add_verb(group,
                 "list",
                 "all of them",
                 line,
                 either(line, remote_image_list_command, [&line](const Settings& settings) {
                     return image_list_command(settings, line.form());
                 }));
    add_output(list, line);
    add_group_option(list, line);
    const auto with_id =
        [&](const std::string& name, const std::string& help, auto remote, auto local) {
            auto* verb = add_verb(
                group,
                name,
                help,
                line,
                either(
                    line,
                    [&line, remote](const Remote& service) { return remote(service, line.id); },
                    [&line, local](const Settings& settings) { return local(settings, line.id); }));
            verb->add_option("ID", line.id, "ARM id, gallery/definition[/version], or name")
                ->required();
            add_group_option(verb, line);
        };
    with_id("show", "one of them, as JSON", remote_image_show_command, image_show_command);
    with_id("delete", "remove one", remote_image_delete_command, image_delete_command);
}

void add_diff(CLI::App* group, CommandLine& line) {
    auto* diff = add_verb(
        group, "diff", "what changed from one to another", line, [&line](const Settings& s) {
            return interruptible([&](const base::Cancellation& scope) {
                return image_diff_command(s, line.diff, line.form(), scope);
            });
        });
    diff->add_option("A", line.diff.before, "ARM id, gallery/definition[/version], or name")
        ->required();
    diff->add_option("B", line.diff.after)->required();
    diff->add_option("--exclude", line.diff.excluded, "a path, or pattern, that does not matter")
        ->take_all()
        ->allow_extra_args(false);
    diff->add_flag("--all", line.diff.all, "every file, and no folder in one line");
    diff->add_flag("--times", line.diff.times, "files of which only the time differs, too");
    diff->add_flag("--exit-code", line.diff.exit_code, "exit 1 if there is a difference");
    add_output(diff, line);
}

}  // namespace

void add_image(CLI::App& app, CommandLine& line) {
    auto* group = app.add_subcommand("image", "published images")->require_subcommand(1);
    add_image_documents(group, line);
    add_diff(group, line);
    auto* boot = add_verb(
        group, "boot", "start a throw-away VM from one", line, [&line](const Settings& settings) {
            return interruptible([&](const base::Cancellation& scope) {
                return image_boot_command(settings, line.boot, scope);
            });
        });
    boot->add_option("ID", line.boot.id)->required();
    boot->add_option("--command,-c", line.boot.command, "run this in it instead of a shell");
    boot->add_flag("--console", line.boot.console, "show its serial console");

    auto* to_export =
        add_verb(group, "export", "write one to a file", line, [&line](const Settings& settings) {
            return interruptible([&](const base::Cancellation& scope) {
                return image_export_command(settings, line.to_export, scope);
            });
        });
    to_export->add_option("ID", line.to_export.id)->required();
    to_export->add_option("--format,-f", line.to_export.format)
        ->required()
        ->check(CLI::IsMember({"raw", "qcow2", "vhd"}));
    to_export->add_option("FILE", line.to_export.file)->required();
}

void add_gallery(CLI::App& app, CommandLine& line) {
    auto* group = app.add_subcommand("gallery", "galleries of the service")->require_subcommand(1);
    add_remote_verb(group, "list", "all of them", line, gallery_list_command);
    add_remote_verb(group,
                    "show",
                    "one with its definitions, as JSON",
                    line,
                    [&line](const Remote& remote) { return gallery_show_command(remote, line.id); })
        ->add_option("GALLERY", line.id, "gallery, gallery/definition or ARM id")
        ->required();
    add_remote_verb(
        group,
        "versions",
        "the versions of an image definition",
        line,
        [&line](const Remote& remote) { return gallery_versions_command(remote, line.id); })
        ->add_option("DEFINITION", line.id, "gallery/definition or ARM id")
        ->required();
}

void add_group(CLI::App& app, CommandLine& line) {
    auto* group =
        app.add_subcommand("group", "resource groups of the service")->require_subcommand(1);
    add_output(
        add_verb(group,
                 "list",
                 "all of them",
                 line,
                 [&line](const Settings& settings) {
                     return interruptible([&](const base::Cancellation& scope) {
                         return group_list_command({settings, line.service, line.form(), scope});
                     });
                 }),
        line);
    auto* create = add_verb(group, "create", "make one", line, [&line](const Settings& settings) {
        return interruptible([&](const base::Cancellation& scope) {
            return group_create_command(
                {settings, line.service, line.form(), scope}, line.id, line.location);
        });
    });
    create->add_option("NAME", line.id)->required();
    create->add_option("--location,-l", line.location, "a region of Azure's")
        ->default_val("westeurope");
    add_output(create, line);
}

void add_catalog(CLI::App& app, CommandLine& line) {
    auto* group = app.add_subcommand("catalog", "platform images")->require_subcommand(1);
    add_output(add_verb(group,
                        "list",
                        "what there is",
                        line,
                        [&line](const Settings& settings) {
                            return interruptible([&](const base::Cancellation& scope) {
                                return catalog_list_command(settings, line.form(), scope);
                            });
                        }),
               line);
    auto* pull = add_verb(
        group, "pull", "make or download one now", line, [&line](const Settings& settings) {
            return interruptible([&](const base::Cancellation& scope) {
                return catalog_pull_command(settings, line.id, line.refresh, scope);
            });
        });
    pull->add_option("URN", line.id, "publisher:offer:sku:version")->required();
    pull->add_flag("--refresh", line.refresh, "make it anew");
}

}  // namespace ingot::cli
