#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commands of az that people type at Azure's image builder, typed at Ingot.

Debian's az 2.45 is broken in parts before it sends anything, and which parts depends on the profile
of the cloud: `hybrid` and `latest` below are one sign-in under both profiles.
"""
import json
import subprocess
import sys
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import applications  # noqa: E402
import building  # noqa: E402
from az_client import Az, is_there  # noqa: E402
from service import Service  # noqa: E402
from story import Skipped, Story, expect, expect_in, main  # noqa: E402

QUICKSTART = HERE.parents[2] / "examples/quickstart-az"
GROUP = "golden-images"


def sign_in(story: Story, service: Service, az: Az) -> None:
    administrator = service.administrator()
    login = ("login", "--service-principal", "--tenant", administrator["tenantId"],
             "--username", administrator["clientId"], "--password")
    with story.check("after `ingot connect` has registered the cloud"):
        service.connect(env=az.env)
        cloud = az("cloud", "show", "--name", "Ingot")
        expect(cloud["endpoints"]["resourceManager"], service.url + "/")
        expect(cloud["profile"], "2020-09-01-hybrid")
        az("cloud", "set", "--name", "Ingot")
    with story.check("`ingot connect` may be said twice"):
        service.connect(env=az.env)
    with story.check("not with a wrong secret"):
        az.refused(*login, "wrong", says="AADSTS7000215")
    with story.check("not as somebody unknown"):
        words = [str(uuid.uuid4()) if word == administrator["clientId"] else word for word in login]
        az.refused(*words, "wrong", says="AADSTS700016")
    with story.check("with the administrator's secret"):
        subscriptions = az(*login, administrator["clientSecret"])
        expect([s["id"] for s in subscriptions], [administrator["subscriptionId"]])
        expect(subscriptions[0]["state"], "Enabled")
    with story.check("and knows its account"):
        expect(az("account", "show")["tenantId"], administrator["tenantId"])
    with story.check("and the locations"):
        expect_in("westus2", [place["name"] for place in az("account", "list-locations")])
    with story.check("and gets tokens"):
        token = az("account", "get-access-token")
        expect(token["tokenType"], "Bearer")
        expect(token["accessToken"].count("."), 2)
    with story.check("or is told to"):
        az.refused("rest", "--method", "get", "--skip-authorization-header",
                   "--url", service.url + "/subscriptions?api-version=2020-01-01",
                   says="AuthenticationFailed")


def providers(story: Story, hybrid: Az, latest: Az) -> None:
    def state_of(name: str) -> str:
        return hybrid("provider", "show", "--namespace", name)["registrationState"]

    with story.check("by registering a provider"):
        latest("provider", "unregister", "--namespace", "Microsoft.VirtualMachineImages")
        expect(state_of("Microsoft.VirtualMachineImages"), "Unregistered")
        latest("provider", "register", "--namespace", "Microsoft.VirtualMachineImages", "--wait")
        expect(state_of("Microsoft.VirtualMachineImages"), "Registered")
    with story.check("or by using one, which az then registers by itself"):
        latest("provider", "unregister", "--namespace", "Microsoft.ManagedIdentity")
        hybrid("group", "create", "--name", "early", "--location", "westus2")
        hybrid("identity", "create", "--resource-group", "early", "--name", "first")
        expect(state_of("Microsoft.ManagedIdentity"), "Registered")
    with story.check("whose providers it lists"):
        names = {provider["namespace"] for provider in latest("provider", "list")}
        expect_in("Microsoft.ManagedIdentity", names)
    with story.check("but not by registering what does not exist"):
        hybrid.refused("provider", "register", "--namespace", "Microsoft.Nonsense",
                       says="InvalidResourceNamespace", exit_code=3)
    with story.check("and by registering the preview feature"):
        feature = ("--namespace", "Microsoft.VirtualMachineImages",
                   "--name", "VirtualMachineTemplatePreview")
        latest("feature", "register", *feature)
        expect(hybrid("feature", "show", *feature)["properties"]["state"], "Registered")


def groups(story: Story, hybrid: Az, latest: Az) -> None:
    with story.check("that it makes, shows and lists"):
        made = latest("group", "create", "--name", "g1", "--location", "westus2", "--tags", "a=b")
        expect(made["properties"]["provisioningState"], "Succeeded")
        expect(hybrid("group", "show", "--name", "G1")["tags"], {"a": "b"})
        expect_in("g1", [group["name"] for group in latest("group", "list")])
    with story.check("that exist or do not"):
        expect(hybrid("group", "exists", "--name", "g1"), True)
        expect(hybrid("group", "exists", "--name", "g2"), False)
    with story.check("whose tags change"):
        latest("group", "update", "--name", "g1", "--set", "tags.c=d")
        expect(latest("group", "show", "--name", "g1")["tags"], {"a": "b", "c": "d"})
    with story.check("but none that does not exist"):
        hybrid.refused("group", "show", "--name", "g2", says="ResourceGroupNotFound", exit_code=3)
    with story.check("and deletes one, which is gone then"):
        latest("group", "delete", "--name", "g1", "--yes")
        latest.refused("group", "delete", "--name", "g1", "--yes", says="ResourceGroupNotFound",
                       exit_code=3)
        expect(hybrid("group", "exists", "--name", "g1"), False)


def quickstart(story: Story, hybrid: Az) -> None:
    with story.check("makes everything and builds an image in a real guest"):
        done = subprocess.run([QUICKSTART / "quickstart.sh", GROUP], env=hybrid.env,
                              capture_output=True, text=True)
        print(done.stdout)
        expect((done.returncode, done.stderr), (0, ""))
        expect_in('"runState": "Succeeded"', done.stdout)
        expect_in("/galleries/golden/images/hello/versions/", done.stdout.splitlines()[-1])


def images(story: Story, service: Service, hybrid: Az, latest: Az) -> None:
    in_gallery = ("--resource-group", GROUP, "--gallery-name", "golden")
    of_image = (*in_gallery, "--gallery-image-definition", "hello")
    version = latest("sig", "image-version", "list", *of_image)[0]["name"]
    with story.check("is a gallery"):
        expect(latest("sig", "list", "--resource-group", GROUP)[0]["name"], "golden")
        expect_in("uniqueName", latest("sig", "show", *in_gallery)["identifier"])
    with story.check("with a definition"):
        expect(latest("sig", "image-definition", "list", *in_gallery)[0]["name"], "hello")
        shown = hybrid("sig", "image-definition", "show", *of_image)
        expect(shown["identifier"]["publisher"], "contoso")
    with story.check("with a version that is replicated"):
        shown = latest("sig", "image-version", "show", *of_image,
                       "--gallery-image-version", version, "--expand", "ReplicationStatus")
        expect(shown["provisioningState"], "Succeeded")
        expect(shown["replicationStatus"]["aggregatedState"], "Completed")
        expect(shown["tags"]["source"], "quickstart")
    with story.check("that says hello"):
        expect(service.file_in_image(f"golden/hello/{version}", "/etc/hello"),
               "Hello from a golden image.\n")
    with story.check("that takes tags"):
        latest("sig", "image-version", "update", *of_image, "--gallery-image-version", version,
               "--set", "tags.tried=yes")
        shown = hybrid("sig", "image-version", "show", *of_image,
                       "--gallery-image-version", version)
        expect(shown["tags"], {"source": "quickstart", "tried": "yes"})
    with story.check("and nothing else"):
        latest.refused("sig", "image-version", "show", *of_image,
                       "--gallery-image-version", "9.9.9", says="ResourceNotFound", exit_code=3)
        latest.refused("sig", "show", "--resource-group", GROUP, "--gallery-name", "other",
                       says="ResourceNotFound", exit_code=3)
    with story.check("a gallery that is full cannot be deleted"):
        latest.refused("sig", "delete", *in_gallery, says="CannotDeleteResource")


def galleries(story: Story, hybrid: Az, latest: Az) -> None:
    in_gallery = ("--resource-group", GROUP, "--gallery-name", "more")
    definition = ("sig", "image-definition", "create", *in_gallery, "--publisher", "p",
                  "--offer", "o", "--os-type", "Linux")
    with story.check("under the newest api-versions"):
        made = latest("sig", "create", *in_gallery)
        expect(made["provisioningState"], "Succeeded")
        latest(*definition, "--sku", "s", "--gallery-image-definition", "d",
               "--hyper-v-generation", "V2")
    with story.check("and refuses a second definition of one publisher, offer and sku"):
        latest.refused(*definition, "--sku", "s", "--gallery-image-definition", "e",
                       says="already exists")
    with story.check("and deletes them"):
        latest("sig", "image-definition", "delete", *in_gallery, "--gallery-image-definition", "d")
        hybrid("sig", "delete", *in_gallery)
        latest.refused("sig", "show", *in_gallery, says="ResourceNotFound", exit_code=3)


def roles(story: Story, hybrid: Az) -> None:
    subscription = hybrid("account", "show")["id"]
    group = f"/subscriptions/{subscription}/resourceGroups/{GROUP}"
    provider = f"{group}/providers/Microsoft.Authorization"
    api = "api-version=2022-04-01"
    builder = hybrid("identity", "show", "--resource-group", GROUP, "--name", "image-builder")
    assignments = hybrid.rest("get", f"{provider}/roleAssignments?{api}&$filter=atScope()")["value"]
    own = [a for a in assignments if a["properties"]["principalId"] == builder["principalId"]]
    with story.check("that the quickstart gave"):
        expect(len(own), 1)
        role = hybrid.rest("get", f"{own[0]['properties']['roleDefinitionId']}?{api}")
        expect(role["properties"]["roleName"], f"Image builder of {GROUP}")
        expect(role["properties"]["type"], "CustomRole")
    with story.check("and finds the built-in ones"):
        found = hybrid.rest("get", f"{provider}/roleDefinitions?{api}"
                                   "&$filter=roleName%20eq%20'Reader'")["value"]
        expect([role["name"] for role in found], ["acdd72a7-3385-48ef-bd42-f606fba81ae7"])
    with story.check("and cannot give one twice"):
        again = {"properties": {key: own[0]["properties"][key]
                                for key in ("roleDefinitionId", "principalId")}}
        hybrid.refused("rest", "--method", "put", "--body", json.dumps(again),
                       "--url", f"{provider}/roleAssignments/{uuid.uuid4()}?{api}",
                       says="RoleAssignmentExists")
    with story.check("and takes one away"):
        other = hybrid("identity", "create", "--resource-group", GROUP, "--name", "other")
        name = str(uuid.uuid4())
        reader = {"roleDefinitionId": f"{provider}/roleDefinitions/{found[0]['name']}",
                  "principalId": other["principalId"], "principalType": "ServicePrincipal"}
        hybrid.rest("put", f"{provider}/roleAssignments/{name}?{api}", {"properties": reader})
        hybrid.rest("delete", f"{provider}/roleAssignments/{name}?{api}")
        hybrid.refused("rest", "--method", "get",
                       "--url", f"{provider}/roleAssignments/{name}?{api}",
                       says="RoleAssignmentNotFound")


def identities(story: Story, service: Service, hybrid: Az) -> None:
    in_group = ("--resource-group", GROUP, "--name", "other")
    other = hybrid("identity", "show", *in_group)
    az = Az(service, service.folder / "az-identity", {"MSI_ENDPOINT": service.identity_url})
    login = ("login", "--identity", "--allow-no-subscriptions", "--username")
    with story.check("is listed"):
        listed = hybrid("identity", "list", "--resource-group", GROUP)
        expect({identity["name"] for identity in listed}, {"image-builder", "other"})
    with story.check("signs in by its client id"):
        service.connect(env=az.env)
        az("cloud", "set", "--name", "Ingot")
        expect(az(*login, other["clientId"])[0]["user"]["assignedIdentityInfo"],
               f"MSIClient-{other['clientId']}")
    with story.check("and has no rights that nobody gave it"):
        expect(az("account", "list", "--refresh")[0]["name"], "N/A(tenant level account)")
        expect(az.rest("get", f"{service.url}/subscriptions?api-version=2020-01-01")["value"], [])
    with story.check("reads what it is then allowed to read"):
        scope = f"/subscriptions/{hybrid('account', 'show')['id']}"
        reader = f"{scope}/providers/Microsoft.Authorization/roleDefinitions/" \
                 "acdd72a7-3385-48ef-bd42-f606fba81ae7"
        hybrid.rest("put", f"{scope}/providers/Microsoft.Authorization/roleAssignments/"
                           f"{uuid.uuid4()}?api-version=2022-04-01",
                    {"properties": {"roleDefinitionId": reader, "principalType": "ServicePrincipal",
                                    "principalId": other["principalId"]}})
        az(*login, other["clientId"])
        expect(az("identity", "show", *in_group)["clientId"], other["clientId"])
    with story.check("and does not write"):
        az.refused("group", "create", "--name", "mine", "--location", "westus2",
                   says="AuthorizationFailed")
    with story.check("that nobody knows does not sign in"):
        az.refused(*login, str(uuid.uuid4()), says="400")
    with story.check("is deleted"):
        hybrid("identity", "delete", *in_group)
        hybrid.refused("identity", "show", *in_group, says="ResourceNotFound", exit_code=3)


def platform_images(story: Story, hybrid: Az, latest: Az) -> None:
    debian = ("--location", "westus2", "--publisher", "Debian")
    with story.check("by alias, without asking for rights"):
        expect_in("Debian", {image["publisher"] for image in latest("vm", "image", "list")})
    with story.check("by publisher, offer and sku"):
        publishers = hybrid("vm", "image", "list-publishers", "--location", "westus2")
        expect_in("Debian", [publisher["name"] for publisher in publishers])
        offers = hybrid("vm", "image", "list-offers", *debian)
        expect_in("debian-12", [offer["name"] for offer in offers])
        skus = hybrid("vm", "image", "list-skus", *debian, "--offer", "debian-12")
        expect_in("12-gen2", [sku["name"] for sku in skus])
    with story.check("with their versions"):
        found = hybrid("vm", "image", "list", "--all", *debian, "--offer", "debian-12")
        expect_in("Debian:debian-12:12:12.0.1", [image["urn"] for image in found])
    with story.check("and shows the latest"):
        shown = hybrid("vm", "image", "show", "--location", "westus2",
                       "--urn", "Debian:debian-12:12:latest")
        expect(shown["name"], "12.0.1")
        expect(shown["osDiskImage"]["operatingSystem"], "Linux")
    with story.check("but none that does not exist"):
        hybrid.refused("vm", "image", "show", "--location", "westus2",
                       "--urn", "Debian:debian-12:12:1.2.3", says="NotFound", exit_code=3)


def resources(story: Story, hybrid: Az, latest: Az) -> None:
    with story.check("listing what a group holds"):
        types = {thing["type"] for thing in latest("resource", "list", "--resource-group", GROUP)}
        expect_in("Microsoft.VirtualMachineImages/imageTemplates", types)
        expect_in("Microsoft.Compute/galleries/images/versions", types)
    with story.check("by type and by tag"):
        found = latest("resource", "list", "--resource-type",
                       "Microsoft.VirtualMachineImages/imageTemplates")
        expect_in("hello-template", [thing["name"] for thing in found])
        found = hybrid("resource", "list", "--tag", "quickstart=az")
        expect([thing["name"] for thing in found], ["hello-template"])
    with story.check("with the newest api-version unless told"):
        shown = latest("resource", "show", "--ids", found[0]["id"])
        expect(shown["properties"]["provisioningState"], "Succeeded")
    with story.check("but none that does not exist"):
        hybrid.refused("resource", "show", "--ids", found[0]["id"] + "x",
                       says="ResourceNotFound", exit_code=3)
    with story.check("and sees what was done, by whom"):
        entries = latest("monitor", "activity-log", "list", "--resource-group", GROUP)
        done = {entry["operationName"]["value"].lower() for entry in entries}
        expect_in("microsoft.virtualmachineimages/imagetemplates/run/action", done)


def ending(story: Story, service: Service, hybrid: Az, latest: Az) -> None:
    with story.check("a service that is restarted knows everything"):
        expect(service.stop(), 0)
        service.start()
        expect(hybrid("group", "show", "--name", GROUP)["name"], GROUP)
    with story.check("the quickstart cleans up"):
        done = subprocess.run([QUICKSTART / "clean-up.sh", GROUP], env=hybrid.env,
                              capture_output=True, text=True)
        expect((done.returncode, done.stderr), (0, ""))
        hybrid("group", "delete", "--name", "early", "--yes")
        expect(latest("resource", "list"), [])
        expect(latest("group", "list"), [])
    with story.check("no image is left"):
        expect(json.loads(service.run_ingot("image", "list", "--output", "json")), [])
    with story.check("the service stops when told"):
        expect(service.stop(), 0)


def tell(story: Story) -> None:
    if not is_there():
        story.add("is installed", 0, Skipped("there is no az: ./dev setup test"))
        return
    with Service() as service:
        hybrid = Az(service, service.folder / "az")
        story.tell("az signs in", sign_in, service, hybrid)
        latest = hybrid.copy(service.folder / "az-latest", "latest")
        story.tell("az prepares a subscription", providers, hybrid, latest)
        story.tell("az keeps resource groups", groups, hybrid, latest)
        story.tell("az finds platform images", platform_images, hybrid, latest)
        story.tell("the quickstart", quickstart, hybrid)
        story.tell("what the quickstart made", images, service, hybrid, latest)
        story.tell("az keeps galleries", galleries, hybrid, latest)
        story.tell("az deals with rights", roles, hybrid)
        story.tell("a managed identity", identities, service, hybrid)
        story.tell("an application", applications.tell, service, hybrid)
        story.tell("an image template", building.templates, hybrid, latest, GROUP)
        story.tell("a run", building.runs, hybrid, latest, GROUP)
        story.tell("az deals with any resource", resources, hybrid, latest)
        story.tell("in the end", ending, service, hybrid, latest)


if __name__ == "__main__":
    main("az", tell)
