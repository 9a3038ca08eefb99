# SPDX-License-Identifier: Apache-2.0
"""`ingot` as a client of `ingot serve`: by the socket in the state folder, and by its address with
the credentials that `ingot connect --env` prints. The only run is canceled while it is shown."""
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
# pylint: disable=wrong-import-position
from service import BINARY, Service
from story import Story, expect, expect_in, main

NO_SERVICE, USAGE, TEMPLATE, NOT_FOUND, REFUSED, CANCELED = 11, 2, 3, 11, 12, 130
EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
OURS = ("INGOT_", "AZURE_", "SSL_CERT_FILE")


class Ingot:
    """One way to the service: what the environment says, and the state folder."""

    def __init__(self, state: Path, environment: dict[str, str] | None = None):
        bare = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.environment = {**bare, **(environment or {})}
        self.state = state

    def command(self, *words) -> list[str]:
        return [str(BINARY), "--state-dir", str(self.state), *map(str, words)]

    def run(self, *words) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(*words), env=self.environment, check=False,
                              capture_output=True, text=True, timeout=120)

    def __call__(self, *words) -> str:
        done = self.run(*words)
        expect((done.returncode, done.stderr), (0, done.stderr))
        return done.stdout

    def json(self, *words):
        return json.loads(self(*words, "--output", "json"))

    def refused(self, *words, says: str, exit_code: int) -> None:
        done = self.run(*words)
        expect_in(says, done.stderr + done.stdout)
        expect(done.returncode, exit_code)


class Surroundings:
    """What a template needs, made over the bare API."""

    def __init__(self, service: Service):
        self.socket = service.state / "service/ingot.sock"
        self.group = f"/subscriptions/{service.administrator()['subscriptionId']}" \
                     "/resourceGroups/images"

    def put(self, path: str, version: str, body: dict) -> dict:
        done = subprocess.run(
            ["curl", "-sS", "--fail-with-body", "--unix-socket", self.socket, "-X", "PUT",
             "-H", "Content-Type: application/json", "-d", json.dumps(body),
             f"http://localhost{path}?api-version={version}"],
            check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def identity(self) -> str:
        made = self.put(f"{self.group}/providers/Microsoft.ManagedIdentity/"
                        "userAssignedIdentities/builder", "2023-01-31",
                        {"location": "westeurope"})
        contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c"
        subscription = self.group.split("/resourceGroups")[0]
        self.put(f"{self.group}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}",
                 "2022-04-01",
                 {"properties": {"roleDefinitionId": f"{subscription}/providers/Microsoft."
                                 f"Authorization/roleDefinitions/{contributor}",
                                 "principalId": made["properties"]["principalId"],
                                 "principalType": "ServicePrincipal"}})
        return made["id"]

    def template(self, identity: str, step: dict) -> dict:
        return {
            "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2022-07-01",
            "name": "web", "location": "westeurope",
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
            "properties": {
                "source": {"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12",
                           "sku": "12", "version": "latest"},
                "customize": [step],
                "distribute": [{"type": "ManagedImage", "runOutputName": "o",
                                "location": "westeurope",
                                "imageId": f"{self.group}/providers/Microsoft.Compute/images/web"}]}}


def without_service(story: Story, service: Service) -> None:
    empty = Ingot(service.folder / "empty")
    with story.check("says how to start one"):
        empty.refused("template", "list", says="ingot serve", exit_code=NO_SERVICE)
    with story.check("leaves no folder behind"):
        expect(empty.state.exists(), False)
    with story.check("says when the one that is named does not answer"):
        Ingot(empty.state, {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c",
                            "AZURE_CLIENT_SECRET": "s"}).refused(
            "--service", "https://localhost:9", "--subscription", "s", "template", "list",
            says="does not answer", exit_code=REFUSED)


def templates(story: Story, ingot: Ingot, service: Service) -> None:
    made = Surroundings(service)
    file = service.folder / "web.json"
    with story.check("group: a missing one is named with its remedy"):
        file.write_text("{}")
        ingot.refused("template", "create", file, "-g", "images", says="ingot group create",
                      exit_code=NOT_FOUND)
        ingot.refused("template", "create", file, says="--group", exit_code=USAGE)
    with story.check("group: is made and listed"):
        expect_in("made images", ingot("group", "create", "images"))
        expect_in("images", [one["name"] for one in ingot.json("group", "list")])
    identity = made.identity()
    with story.check("template: is not made of files of this machine"):
        file.write_text(json.dumps(made.template(identity, {"type": "Shell",
                                                            "scriptUri": "setup.sh"})))
        ingot.refused("template", "create", file, "-g", "images",
                      says="customize[0].scriptUri: setup.sh", exit_code=USAGE)
    file.write_text(json.dumps(made.template(identity, {"type": "Shell",
                                                        "inline": ["sleep 600"]})))
    with story.check("template: is made from a file"):
        expect_in("made the template web", ingot("template", "create", file, "-g", "images"))
    with story.check("template: is not made twice, and that is explained"):
        ingot.refused("template", "create", file, "-g", "images", says="ingot template delete web",
                      exit_code=TEMPLATE)
    with story.check("template: is made from a deployment template, in its group's region"):
        resource = {**made.template(identity, {"type": "Shell", "inline": ["true"]}),
                    "name": "[parameters('name')]", "location": "[resourceGroup().location]"}
        file.write_text(json.dumps({
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/"
                       "deploymentTemplate.json#", "contentVersion": "1.0.0.0",
            "parameters": {"name": {"type": "string"}}, "resources": [resource]}))
        expect(ingot.json("template", "create", file, "-g", "images",
                          "--param", "name=second")["location"], "westeurope")
    with story.check("template: is refused by the service in its own words"):
        bad = made.template(identity.replace("builder", "nobody"), {"type": "Shell",
                                                                    "inline": ["true"]})
        file.write_text(json.dumps({**bad, "name": "bad"}))
        done = ingot.run("template", "create", file, "-g", "images")
        expect_in("nobody", done.stderr)
        expect(done.returncode == 0, False)
    with story.check("template: is listed and shown by name"):
        expect_in("never run", ingot("template", "list"))
        expect(json.loads(ingot("template", "show", "web"))["name"], "web")
        ingot.refused("template", "show", "nothing", says="ingot template list",
                      exit_code=NOT_FOUND)
    with story.check("template: has no outputs before its run"):
        expect(ingot.json("template", "outputs", "web"), [])


def runs(story: Story, ingot: Ingot) -> None:
    with story.check("run: starts, is shown as it goes on, and is canceled"):
        expect_in("ingot run watch", ingot("template", "run", "web"))
        watch = subprocess.Popen(ingot.command("run", "watch", "web", "--output", "json"),
                                 env=ingot.environment, stdout=subprocess.PIPE, text=True)
        expect(json.loads(watch.stdout.readline())["event"], "runStarted")
        expect_in("stepStarted", (json.loads(line)["event"] for line in watch.stdout))
        ingot("template", "cancel", "web")
        last = json.loads(watch.stdout.readlines()[-1])
        expect((last["event"], last["state"]), ("runFinished", "Canceled"))
        expect(watch.wait(60), CANCELED)
    with story.check("run: is listed and shown, by a part of its id too"):
        listed = ingot.json(*via(ingot), "run", "list")
        shown = json.loads(ingot(*via(ingot), "run", "show", listed[0]["name"][:8]))
        expect(shown["properties"]["runState"], "Canceled")
        expect(shown["properties"]["failureCause"], "Canceled")
    with story.check("run: has its logs"):
        expect_in("[source]", ingot(*via(ingot), "run", "logs", "-f", "latest"))
        ingot.refused(*via(ingot), "run", "logs", "nothing", says="ingot run list",
                      exit_code=NOT_FOUND)
    with story.check("run: cannot be canceled again"):
        ingot.refused(*via(ingot), "run", "cancel", "latest", says="has ended already",
                      exit_code=1)


def via(ingot: Ingot) -> list[str]:
    """Verbs that have a meaning without a service are told to use it."""
    return [] if "INGOT_SERVICE" in ingot.environment else \
        ["--service", f"unix:{ingot.state}/service/ingot.sock"]


def images(story: Story, ingot: Ingot) -> None:
    with story.check("images: there are none, and of local ones there is no talk"):
        expect(ingot.json(*via(ingot), "image", "list"), [])
        ingot.refused(*via(ingot), "image", "show", "web", says="ingot image list",
                      exit_code=NOT_FOUND)
    with story.check("galleries: come with the first image"):
        expect_in("no galleries yet", ingot("gallery", "list"))
        ingot.refused("gallery", "versions", "g/d", says="ingot gallery list", exit_code=NOT_FOUND)


def preparation(story: Story, ingot: Ingot) -> None:
    with story.check("template: what it names is made, once"):
        example = EXAMPLES / "hello-service" / "template.json"
        ingot("group", "create", "fresh")
        refused = ingot.run("template", "create", example, "-g", "fresh")
        expect(refused.returncode, TEMPLATE)
        expect_in("ingot template prepare", refused.stderr)
        ingot("template", "delete", "hello-service", "-g", "fresh")
        made_now = ingot("template", "prepare", example, "-g", "fresh")
        for kind in ("galleries/service\n", "images/hello\n", "image-builder\n", "Contributor"):
            expect_in(kind, made_now)
        expect("made " in ingot("template", "prepare", example, "-g", "fresh"), False)
        expect_in("made the template", ingot("template", "create", example, "-g", "fresh"))


def by_address(story: Story, service: Service) -> None:
    variables = service.client_environment()
    elsewhere = service.folder / "elsewhere"
    ours = {name: value for name, value in variables.items() if name.startswith(OURS)}
    remote = Ingot(elsewhere, {**ours, "INGOT_SERVICE": ours["INGOT_ENDPOINT"]})
    with story.check("TLS: the same templates by the address of the service"):
        expect({"second", "web"} - {one["name"] for one in remote.json("template", "list")}, set())
    with story.check("TLS: a certificate that is not trusted is explained"):
        Ingot(elsewhere, {**remote.environment, "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates"
                          ".crt"}).refused("template", "list", says="SSL_CERT_FILE",
                                           exit_code=REFUSED)
    with story.check("TLS: a wrong secret is explained"):
        Ingot(elsewhere, {**remote.environment, "AZURE_CLIENT_SECRET": "wrong"}).refused(
            "template", "list", says="AZURE_CLIENT_SECRET", exit_code=REFUSED)
    with story.check("TLS: the runs are those of the service"):
        expect(remote.json("run", "list")[0]["properties"]["runState"], "Canceled")
    with story.check("TLS: deletes a template"):
        remote("template", "delete", "second", "-g", "images")
        remote.refused("template", "delete", "second", "-g", "images", says="second",
                       exit_code=NOT_FOUND)
        expect(elsewhere.exists(), False)


def tell(story: Story) -> None:
    with Service() as service:
        ingot = Ingot(service.state)
        story.tell("without a service", lambda s: without_service(s, service))
        story.tell("by the socket", lambda s: templates(s, ingot, service))
        story.tell("runs", lambda s: runs(s, ingot))
        story.tell("published", lambda s: images(s, ingot))
        story.tell("prepared", lambda s: preparation(s, ingot))
        story.tell("by its address", lambda s: by_address(s, service))


main("cli_remote", tell)
