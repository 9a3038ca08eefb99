// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/json.h"
#include "base/uuid.h"
#include "cli/remote/members.h"
#include "cli/remote/remote_commands.h"
#include "cli/remote/service_client.h"
#include "cli/remote/service_error.h"
#include "identity/certificate.h"
#include "identity/role.h"
#include "os/child_process.h"
#include "os/files.h"

#include <filesystem>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;

constexpr std::string_view kApplicationsVersion = "2026-11-01";
constexpr std::string_view kApplications = "/providers/Ingot.Identity/applications";
// Its own certificate and key, in one file, as az wants them.
constexpr auto kHowToMakeOne =
    "`openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj /CN=NAME -keyout FILE -out "
    "FILE` makes a file with a certificate and its key";

std::string id_of(const std::string& name) {
    return fmt::format("{}/{}", kApplications, name);
}

// The certificate alone: its key is nobody's business but the application's.
std::string read_certificate(const std::string& file) {
    if (!std::filesystem::is_regular_file(file)) {
        throw Error(ErrorKind::InvalidArgument,
                    "NoCertificate",
                    fmt::format("--certificate: there is no file {}; {}", file, kHowToMakeOne));
    }
    try {
        return identity::PublicCertificate::from_pem(os::read_file(file, base::ByteCount::mib(1)))
            .pem();
    } catch (const Error& error) {
        throw Error(ErrorKind::InvalidArgument,
                    error.code(),
                    fmt::format("--certificate {}: {}; {}", file, error.message(), kHowToMakeOne));
    }
}

object body_of(const ApplicationArguments& arguments) {
    object properties;
    if (!arguments.display_name.empty()) {
        properties["displayName"] = arguments.display_name;
    }
    if (!arguments.certificate.empty()) {
        properties["certificates"] = {read_certificate(arguments.certificate)};
    }
    return {{"properties", std::move(properties)}};
}

object make(ServiceClient& client, const ApplicationArguments& arguments) {
    const auto body = body_of(arguments);
    try {
        return client.put_new(id_of(arguments.name), kApplicationsVersion, body).body.as_object();
    } catch (const ServiceError& error) {
        if (error.kind() != ErrorKind::PreconditionFailed) {
            throw;
        }
        throw Error(ErrorKind::AlreadyExists,
                    "ApplicationExists",
                    fmt::format("there is an application {0} already. `ingot application show {0}` "
                                "shows it, `ingot application add-password {0}` gives it one more "
                                "password",
                                arguments.name));
    }
}

// What is asked of an application that may not be there.
template <typename Ask>
auto of_known(const std::string& name, Ask&& ask) -> decltype(ask()) {
    try {
        return ask();
    } catch (const ServiceError& error) {
        if (error.code() == "PasswordNotFound") {
            throw Error(
                ErrorKind::NotFound,
                error.code(),
                fmt::format(
                    "{} `ingot application show {}` shows the key ids", error.message(), name));
        }
        if (error.kind() != ErrorKind::NotFound) {
            throw;
        }
        throw Error(ErrorKind::NotFound,
                    "ApplicationNotFound",
                    fmt::format("there is no application {}; `ingot application list` shows "
                                "which there are",
                                name));
    }
}

object new_password(ServiceClient& client, const std::string& name) {
    return of_known(name, [&] {
        return client.post(id_of(name) + "/addPassword", kApplicationsVersion).body.as_object();
    });
}

// What rights are shown for. Nobody has to choose one just to make an application.
std::string any_subscription(ServiceClient& client, const Remote& remote) {
    if (!remote.service.subscription.empty()) {
        return remote.service.subscription;
    }
    const auto known = client.list("/subscriptions", "2022-12-01");
    return known.empty() ? "SUBSCRIPTION" : text_of(known[0].as_object(), "subscriptionId");
}

std::string grant_command(const std::string& subscription, const std::string& object_id) {
    const auto scope = "/subscriptions/" + subscription;
    const auto authorization = scope + "/providers/Microsoft.Authorization";
    const object properties{
        {"roleDefinitionId",
         fmt::format("{}/roleDefinitions/{}", authorization, identity::kContributorRole)},
        {"principalId", object_id},
        {"principalType", "ServicePrincipal"}};
    return os::to_shell(
        {"az",
         "rest",
         "--method",
         "put",
         "--url",
         fmt::format(
             "{}/roleAssignments/{}?api-version=2022-04-01", authorization, base::new_uuid()),
         "--body",
         boost::json::serialize(object{{"properties", properties}})});
}

std::string login_command(const object& application, const std::string& proof) {
    return os::to_shell({"az",
                         "login",
                         "--service-principal",
                         "--tenant",
                         property_of(application, "tenantId"),
                         "--username",
                         property_of(application, "clientId"),
                         "--password",
                         proof});
}

void print_ids(const object& application) {
    fmt::print("made {}\n", text_of(application, "name"));
    fmt::print("  client id    {}\n", property_of(application, "clientId"));
    fmt::print("  object id    {}\n", property_of(application, "objectId"));
    fmt::print("  tenant id    {}\n", property_of(application, "tenantId"));
    for (const auto& one : list_of(object_of(application, "properties"), "keyCredentials")) {
        const auto& certificate = one.as_object();
        fmt::print("  certificate  {}, until {}\n",
                   text_of(certificate, "thumbprint"),
                   text_of(certificate, "endDateTime").substr(0, 10));
    }
}

void print_password(const object& password) {
    fmt::print("  password     {}\n", text_of(password, "secretText"));
    fmt::print("  its key id   {}\n\nThe password is not shown again.\n",
               text_of(password, "keyId"));
}

void print_next(const std::string& name, const std::string& grant, const std::string& login) {
    fmt::print(
        "\nIt has no rights yet. To let it do all in the subscription but give rights, an owner "
        "says:\n  {}\n",
        grant);
    if (login.empty()) {
        fmt::print(
            "\nIt cannot sign in yet: `ingot application add-password {}` gives it a password.\n",
            name);
    } else {
        fmt::print("\nThen it signs in:\n  {}\n", login);
    }
}

}  // namespace

ExitCode application_create_command(const Remote& remote, const ApplicationArguments& arguments) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    auto made = make(client, arguments);
    const auto password = arguments.password ? new_password(client, arguments.name) : object();
    if (remote.output == OutputForm::Json) {
        if (arguments.password) {
            made["password"] = password;
        }
        fmt::print("{}", base::pretty_json(made));
        return ExitCode::Success;
    }
    print_ids(made);
    if (arguments.password) {
        print_password(password);
    }
    const auto proof = arguments.password ? text_of(password, "secretText") : arguments.certificate;
    print_next(arguments.name,
               grant_command(any_subscription(client, remote), property_of(made, "objectId")),
               proof.empty() ? "" : login_command(made, proof));
    if (!arguments.password && !arguments.certificate.empty()) {
        fmt::print("The file has to hold the key, too.\n");
    }
    return ExitCode::Success;
}

ExitCode application_list_command(const Remote& remote) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto list = client.list(std::string(kApplications), kApplicationsVersion);
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(list));
        return ExitCode::Success;
    }
    for (const auto& one : list) {
        const auto& application = one.as_object();
        const auto& properties = object_of(application, "properties");
        fmt::print("{:32}  {}  {} certificate(s), {} password(s)\n",
                   text_of(application, "name"),
                   text_of(properties, "clientId"),
                   list_of(properties, "keyCredentials").size(),
                   list_of(properties, "passwordCredentials").size());
    }
    return ExitCode::Success;
}

ExitCode application_show_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    fmt::print("{}", base::pretty_json(of_known(name, [&] {
                   return client.get(id_of(name), kApplicationsVersion);
               })));
    return ExitCode::Success;
}

ExitCode application_delete_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    static_cast<void>(
        of_known(name, [&] { return client.remove(id_of(name), kApplicationsVersion); }));
    if (remote.output != OutputForm::Json) {
        fmt::print("deleted {}; tokens that it has end within the hour\n", name);
    }
    return ExitCode::Success;
}

ExitCode application_add_password_command(const Remote& remote, const std::string& name) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto password = new_password(client, name);
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(password));
    } else {
        print_password(password);
    }
    return ExitCode::Success;
}

ExitCode application_remove_password_command(const Remote& remote,
                                             const std::string& name,
                                             const std::string& key_id) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    static_cast<void>(of_known(name, [&] {
        return client.post(
            id_of(name) + "/removePassword", kApplicationsVersion, object{{"keyId", key_id}});
    }));
    if (remote.output != OutputForm::Json) {
        fmt::print("removed; tokens that it gave end within the hour\n");
    }
    return ExitCode::Success;
}

}  // namespace ingot::cli
