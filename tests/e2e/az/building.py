# SPDX-License-Identifier: Apache-2.0
"""The commands of `az image builder`, which are the same in both profiles of the cloud."""
import json
import tempfile
from pathlib import Path

from az_client import Az
from story import Story, expect, expect_in


def template(identity: str, command: str, image_id: str) -> dict:
    return {
        "location": "westus2",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
        "properties": {
            "source": {"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12",
                       "sku": "12", "version": "latest"},
            "customize": [{"type": "Shell", "name": "the only step", "inline": [command]}],
            "distribute": [{"type": "ManagedImage", "runOutputName": "managed",
                            "location": "westus2", "imageId": image_id}]}}


class Builder:
    """`az image builder` on one group."""

    def __init__(self, az: Az, group: str):
        self.az = az
        self.group = group
        self.identity = az("identity", "show", "--resource-group", group,
                           "--name", "image-builder")["id"]
        self.image_prefix = f"{self.identity.split('/providers/')[0]}/providers/" \
                            "Microsoft.Compute/images/"

    def words(self, verb: str, name: str, *more: str) -> tuple[str, ...]:
        return ("image", "builder", *verb.split(), "--resource-group", self.group,
                "--name", name, *more)

    def __call__(self, verb: str, name: str, *more: str):
        return self.az(*self.words(verb, name, *more))

    def submit(self, name: str, command: str) -> dict:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "template.json"
            file.write_text(json.dumps(template(self.identity, command, self.image_prefix + name)))
            return self("create", name, "--image-template", str(file))

    def last_run(self, name: str) -> dict:
        return self("show", name)["lastRunStatus"]


def templates(story: Story, hybrid: Az, latest: Az, group: str) -> None:
    newest, stable = Builder(latest, group), Builder(hybrid, group)
    with story.check("is made from a file"):
        expect(newest.submit("t1", "true")["provisioningState"], "Succeeded")
    with story.check("is made from words"):
        made = stable("create", "t2", "--image-source", "Debian:debian-12:12:latest",
                      "--identity", newest.identity, "--defer")
        expect(made["properties"]["source"]["publisher"], "Debian")
        stable("customizer add", "t2", "--customizer-name", "c", "--type", "shell",
               "--inline-script", "echo one", "--defer")
        stable("output add", "t2", "--managed-image", "t2", "--managed-image-location", "westus2",
               "--defer")
        made = stable("update", "t2")
        expect(made["customize"][0]["inline"], ["echo one"])
        expect(made["distribute"][0]["imageId"], newest.image_prefix + "t2")
    with story.check("is listed in its group and in the subscription"):
        listed = latest("image", "builder", "list", "--resource-group", group)
        expect({"t1", "t2"} - {one["name"] for one in listed}, set())
        expect_in("t1", [one["name"] for one in hybrid("image", "builder", "list")])
    with story.check("shows what its defaults are"):
        shown = newest("show", "t1")
        expect(shown["buildTimeoutInMinutes"], 0)
        expect(shown["vmProfile"]["osDiskSizeGb"], 0)
    with story.check("is not replaced, here as in Azure"):
        latest.refused(*newest.words("update", "t1"), "--set", "tags.a=b",
                       says="Update/Upgrade of image templates is currently not supported")
    with story.check("loses its identity and gets it back"):
        newest("identity remove", "t1", "--user-assigned", newest.identity, "--yes")
        newest("identity assign", "t1", "--user-assigned", newest.identity)
        identities = stable("identity show", "t1")["userAssignedIdentities"]
        expect([identity.lower() for identity in identities], [newest.identity.lower()])
    with story.check("is refused when it makes no sense"):
        hybrid.refused("resource", "create", "--resource-group", group, "--name", "t3",
                       "--resource-type", "Microsoft.VirtualMachineImages/imageTemplates",
                       "--api-version", "2022-07-01", "--is-full-object", "--properties",
                       json.dumps({"location": "westus2", "properties": {}}),
                       says="ValidationFailed")
    with story.check("is refused when its identity may not publish where it says"):
        foreign = template(newest.identity, "true", newest.image_prefix.replace(group, "early") + "i")
        hybrid.refused("resource", "create", "--resource-group", group, "--name", "t4",
                       "--resource-type", "Microsoft.VirtualMachineImages/imageTemplates",
                       "--api-version", "2022-07-01", "--is-full-object",
                       "--properties", json.dumps(foreign),
                       says="Not authorized to access the resource")
    with story.check("is not there when it is not"):
        latest.refused(*newest.words("show", "t9"), says="ResourceNotFound", exit_code=3)
        newest("delete", "t9")


def runs(story: Story, hybrid: Az, latest: Az, group: str) -> None:
    newest, stable = Builder(latest, group), Builder(hybrid, group)
    with story.check("fails as its customizer does"):
        newest.submit("failing", "echo about to fail; exit 7")
        latest.refused(*newest.words("run", "failing"), says="ended with exit code 7")
        status = newest.last_run("failing")
        expect(status["runState"], "Failed")
        expect_in("about to fail", status["message"])
    with story.check("leaves nothing when it failed"):
        expect(newest("show-runs", "failing"), [])
        hybrid.refused("image", "show", "--resource-group", group, "--name", "failing",
                       says="ResourceNotFound", exit_code=3)
    with story.check("is canceled"):
        stable.submit("canceled", "sleep 600")
        stable("run", "canceled", "--no-wait")
        expect_in(stable.last_run("canceled")["runState"], "Running")
        stable("cancel", "canceled")
        stable("wait", "canceled", "--interval", "1",
               "--custom", "lastRunStatus.runState=='Canceled'")
        expect(stable.last_run("canceled")["runState"], "Canceled")
    with story.check("can only be canceled while it goes"):
        hybrid.refused(*stable.words("cancel", "canceled"), says="OperationNotAllowed")
    with story.check("builds a managed image, waited for or not"):
        newest("run", "t2", "--no-wait")
        newest("wait", "t2", "--interval", "2",
               "--custom", "lastRunStatus.runState!='Running'")
        expect(newest.last_run("t2")["runState"], "Succeeded")
    with story.check("has outputs"):
        output = stable("show-runs", "t2")[0]
        expect(output["artifactId"], newest.image_prefix + "t2")
        expect(newest("show-runs", "t2", "--output-name", output["name"])["name"], output["name"])
    with story.check("has an image that az lists and shows"):
        listed = hybrid("image", "list", "--resource-group", group)
        expect([image["name"] for image in listed], ["t2"])
        shown = hybrid("image", "show", "--resource-group", group, "--name", "t2")
        expect(shown["storageProfile"]["osDisk"]["osType"], "Linux")
        expect(shown["hyperVGeneration"], "V1")
    with story.check("goes with its template, and the image stays"):
        stable("delete", "t2")
        latest.refused(*newest.words("show", "t2"), says="ResourceNotFound", exit_code=3)
        hybrid("image", "show", "--resource-group", group, "--name", "t2")
    with story.check("has an image that is deleted"):
        hybrid("image", "delete", "--resource-group", group, "--name", "t2")
        expect(hybrid("image", "list", "--resource-group", group), [])
