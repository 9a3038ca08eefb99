# SPDX-License-Identifier: Apache-2.0
"""A chapter of az_test.py: an application that `ingot application` made, with the commands that it
prints typed as they are."""
import shlex
import subprocess

from az_client import Az
from service import Service
from story import Story, expect, expect_in

APPLICATIONS, API = "/providers/Ingot.Identity/applications", "api-version=2026-11-01"
CERTIFICATE = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ci")


def printed(text: str, command: str) -> list[str]:
    """The words of the line that begins with this command, without az itself."""
    line = next(line for line in text.splitlines() if line.strip().startswith(command))
    return shlex.split(line)[1:]


def tell(story: Story, service: Service, owner: Az) -> None:
    pem = service.folder / "ci.pem"
    subprocess.run(["openssl", *CERTIFICATE, "-keyout", pem, "-out", pem], check=True,
                   capture_output=True)
    said = service.run_ingot("application", "create", "ci", "--certificate", str(pem))
    login, grant = printed(said, "az login"), printed(said, "az rest")
    az = Az(service, service.folder / "az-application")
    with story.check("signs in by its certificate"):
        service.connect(env=az.env)
        az("cloud", "set", "--name", "Ingot")
        expect_in(str(pem), login)
        signed_in = az(*login, "--allow-no-subscriptions")
        expect(signed_in[0]["user"]["type"], "servicePrincipal")
    with story.check("has no rights that nobody gave it"):
        expect(az("account", "list", "--refresh")[0]["name"], "N/A(tenant level account)")
        expect(az.rest("get", "/subscriptions?api-version=2020-01-01")["value"], [])
        az.refused("rest", "--method", "get", "--url", f"{APPLICATIONS}?{API}",
                   says="AuthorizationFailed")
    with story.check("gets them by the line that was printed"):
        owner(*grant)
        expect([s["id"] for s in az(*login)], [service.administrator()["subscriptionId"]])
        az("group", "create", "--name", "of-ci", "--location", "westus2")
        az("group", "delete", "--name", "of-ci", "--yes")
    with story.check("and none to make applications"):
        az.refused("rest", "--method", "put", "--body", "{}", "--url",
                   f"{APPLICATIONS}/mine?{API}", says="AuthorizationFailed")
    with story.check("gets a password from the owner and signs in with it"):
        password = owner.rest("post", f"{APPLICATIONS}/ci/addPassword?{API}")
        az(*login[:-1], password["secretText"])
        expect(az("account", "show")["user"]["type"], "servicePrincipal")
    with story.check("that is deleted does not sign in"):
        service.run_ingot("application", "delete", "ci")
        az.refused(*login, says="AADSTS700016")
