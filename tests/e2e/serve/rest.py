# SPDX-License-Identifier: Apache-2.0
"""A plain client of `ingot serve`: requests as they go over the wire, with nothing made nicer."""
import base64
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from postgres import postgres_server  # noqa: E402
from service import BINARY, Service  # noqa: E402

IMAGES = "providers/Microsoft.VirtualMachineImages/imageTemplates"


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    raw: bytes

    @property
    def body(self):
        return json.loads(self.raw)

    @property
    def code(self) -> str:
        return self.body["error"]["code"]


class TunedService(Service):
    """With options of `ingot serve` that other suites do not need, and that can be killed."""

    def __init__(self, *options: str, database: str = ""):
        super().__init__()
        self.options = options
        self.environment = {**os.environ, **({"INGOT_DATABASE": database} if database else {})}

    def start(self) -> None:
        command = [BINARY, "--state-dir", self.state, "serve",
                   "--listen", f"127.0.0.1:{self.port()}", *self.options]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True,
                                            env=self.environment)
        self.url = self.find_in_output(r"ingot is ready at (https://\S+)")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def served(*options: str):
    """A service on the database that INGOT_TEST_DATABASE names: sqlite, or postgresql."""
    if os.environ.get("INGOT_TEST_DATABASE") != "postgresql":
        with TunedService(*options) as service:
            yield service
        return
    with postgres_server() as location, TunedService(*options, database=location) as service:
        yield service
        if (service.state / "ingot.db").exists():
            raise AssertionError("the service keeps a SQLite database beside PostgreSQL")


class Client:
    """Signed in as the administrator, unless it is given another token."""

    def __init__(self, service: Service, token: str | None = None):
        self.service = service
        self.tls = ssl.create_default_context(cafile=str(service.authority()))
        self.administrator = service.administrator()
        self.subscription = f"/subscriptions/{self.administrator['subscriptionId']}"
        self.group = f"{self.subscription}/resourceGroups/rg"
        self.token = token if token is not None else self.sign_in(
            self.administrator["clientId"], self.administrator["clientSecret"])

    def port(self) -> int:
        return int(self.service.url.rpartition(":")[2])

    def sign_in(self, client_id: str, secret: str) -> str:
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret,
            "scope": self.service.url + "/.default"})
        answer = self.raw("POST", f"/{self.administrator['tenantId']}/oauth2/v2.0/token", form,
                          {"Content-Type": "application/x-www-form-urlencoded"})
        return answer.body["access_token"]

    def raw(self, verb: str, target: str, body=None, headers: dict | None = None) -> Answer:
        """`target` goes as it is; nothing is added but Host and Content-Length."""
        connection = http.client.HTTPSConnection("localhost", self.port(), context=self.tls,
                                                 timeout=120)
        try:
            connection.request(verb, target, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    @contextmanager
    def asked(self, target: str, headers: dict, patience: float = 120):
        """The answer to a GET, to be read piece by piece."""
        connection = http.client.HTTPSConnection("localhost", self.port(), context=self.tls,
                                                 timeout=patience)
        try:
            connection.request("GET", target, headers=headers)
            yield connection.getresponse()
        finally:
            connection.close()

    def __call__(self, verb: str, path: str, body=None, api_version: str = "2022-07-01",
                 **headers: str) -> Answer:
        mark = "&" if "?" in path else "?"
        text = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body)
        return self.raw(verb, f"{path}{mark}api-version={api_version}", text, {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()}})

    def connect(self) -> ssl.SSLSocket:
        """A connection on which nothing was said yet."""
        plain = socket.create_connection(("127.0.0.1", self.port()), timeout=60)
        return self.tls.wrap_socket(plain, server_hostname="localhost")

    def make_surroundings(self) -> str:
        """The providers, the group "rg" and an identity in it that may do everything there."""
        for name in ("VirtualMachineImages", "ManagedIdentity", "Compute"):
            self("POST", f"{self.subscription}/providers/Microsoft.{name}/register",
                 api_version="2021-04-01")
        self("PUT", self.group, {"location": "westus2"}, "2021-04-01")
        identity = f"{self.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder"
        made = self("PUT", identity, {"location": "westus2"}, "2018-11-30").body
        self.grant("b24988ac-6180-42a0-ab88-20f7382dd24c", made["properties"]["principalId"],
                   self.group)
        return identity

    def grant(self, role: str, object_id: str, scope: str) -> None:
        answer = self(
            "PUT", f"{scope}/providers/Microsoft.Authorization/roleAssignments/"
                   f"{role[:-12]}{object_id[-12:]}",
            {"properties": {"principalId": object_id, "principalType": "ServicePrincipal",
                            "roleDefinitionId":
                            f"{self.subscription}/providers/Microsoft.Authorization/"
                            f"roleDefinitions/{role}"}}, "2022-04-01")
        assert answer.status == 201, answer.raw

    def template(self, *customize: str, **properties) -> dict:
        identity = f"{self.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder"
        return {"location": "westus2",
                "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
                "properties": {
                    "source": {"type": "PlatformImage", "publisher": "Debian",
                               "offer": "debian-12", "sku": "12", "version": "latest"},
                    "customize": [{"type": "Shell", "inline": list(customize or ("true",))}],
                    "distribute": [{"type": "VHD", "runOutputName": "disk"}], **properties}}

    def url_of(self, name: str) -> str:
        return f"{self.group}/{IMAGES}/{name}"

    def make(self, name: str, *customize: str, **properties) -> None:
        answer = self("PUT", self.url_of(name), self.template(*customize, **properties))
        assert answer.status == 201, answer.raw
        until(lambda: self.state_of(name) == "Succeeded", 60, "provisioning")

    def state_of(self, name: str) -> str:
        return self("GET", self.url_of(name)).body["properties"]["provisioningState"]

    def last_run(self, name: str) -> dict:
        return self("GET", self.url_of(name)).body["properties"]["lastRunStatus"]

    def run_id(self, name: str) -> str:
        return self("GET", self.url_of(name) + "/runs").body["value"][0]["name"]

    def metrics(self) -> dict[str, float]:
        text = self.raw("GET", "/metrics").raw.decode()
        lines = [line.rsplit(" ", 1) for line in text.splitlines()
                 if line and not line.startswith("#")]
        return {name: float(value) for name, value in lines}


def until(holds, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"still no {what} after {seconds} s")
        time.sleep(0.2)


def claims_of(token: str) -> dict:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def signed(head: dict, claims: dict, key: Path) -> str:
    """A token of these claims, signed with an RSA key as the service signs its own."""
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    text = f"{part(json.dumps(head).encode())}.{part(json.dumps(claims).encode())}"
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(key)],
                               input=text.encode(), check=True, capture_output=True).stdout
    return f"{text}.{part(signature)}"
