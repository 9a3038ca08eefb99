#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that sign in to `ingot serve`: by password, by certificate, and by the token of another
issuer, which this test is itself, over HTTPS with an authority of its own. No guests."""
import base64
import http.server
import json
import os
import ssl
import subprocess
import threading
import time
import urllib.parse
import uuid
from contextlib import contextmanager
from pathlib import Path

from rest import BINARY, Answer, Client, TunedService, signed
from story import Story, expect, expect_in, main

API = "2026-11-01"
APPLICATIONS = "/providers/Ingot.Identity/applications"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AUDIENCE = "api://AzureADTokenExchange"


def openssl(*words, given: bytes | None = None) -> bytes:
    return subprocess.run(["openssl", *map(str, words)], input=given, check=True,
                          capture_output=True).stdout


def plain(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


class CertifiedKey:
    """A self-signed certificate and its key, in one file, as az wants them."""

    def __init__(self, folder: Path, name: str):
        self.key, self.certificate = folder / f"{name}-key.pem", folder / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", self.key, "-out", self.certificate)
        self.both = folder / f"{name}-both.pem"
        self.both.write_bytes(self.key.read_bytes() + self.certificate.read_bytes())

    def thumbprint(self) -> bytes:
        text = openssl("x509", "-in", self.certificate, "-noout", "-fingerprint", "-sha1").decode()
        return bytes.fromhex(text.partition("=")[2].strip().replace(":", ""))

    def jwk(self) -> dict:
        modulus = openssl("rsa", "-in", self.key, "-noout", "-modulus").decode().strip()
        return {"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "e": "AQAB",
                "n": plain(bytes.fromhex(modulus.partition("=")[2]))}


class Issuer:
    """OpenID Connect as a cluster or a forge speaks it: discovery and keys, over a private CA."""

    def __init__(self, folder: Path):
        folder.mkdir()
        self.folder = folder
        self.authority = CertifiedKey(folder, "authority")
        self.signer = CertifiedKey(folder, "signer")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"https://localhost:{self.server.server_port}"
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*self.server_certificate())
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)

    def server_certificate(self) -> tuple[Path, Path]:
        key, request, names, certificate = (self.folder / name for name in (
            "server-key.pem", "server.csr", "names", "server.pem"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", key,
                "-out", request)
        names.write_text("subjectAltName=DNS:localhost")
        openssl("x509", "-req", "-in", request, "-CA", self.authority.certificate, "-CAkey",
                self.authority.key, "-days", "2", "-extfile", names, "-out", certificate)
        return certificate, key

    def handler(self) -> type:
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                body = json.dumps({"/.well-known/openid-configuration": {
                    "issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"},
                    "/keys": {"keys": [issuer.signer.jwk()]}}.get(self.path, {})).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        return Handler

    def token(self, subject: str, **changed) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "sub": subject, "aud": AUDIENCE, "iat": now, "nbf": now,
                  "exp": now + 600, **changed}
        return signed({"alg": "RS256", "kid": "k1", "typ": "JWT"}, claims, self.signer.key)

    @contextmanager
    def running(self):
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            thread.join()
            self.server.server_close()


class Tenant:
    """What an administrator does with applications, and what they then send themselves."""

    def __init__(self, service: TunedService):
        self.service = service
        self.admin = Client(service)
        self.tenant = self.admin.administrator["tenantId"]

    def put(self, name: str, **properties) -> dict:
        answer = self.admin("PUT", f"{APPLICATIONS}/{name}", {"properties": properties}, API)
        expect_in(answer.status, (200, 201))
        return answer.body["properties"]

    def post(self, name: str, action: str, body=None) -> Answer:
        return self.admin("POST", f"{APPLICATIONS}/{name}/{action}", body, API)

    def sign_in(self, client_id: str, **proof: str) -> Answer:
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": client_id,
            "scope": self.service.url + "/.default", **proof})
        return self.admin.raw("POST", self.token_path(), form,
                              {"Content-Type": "application/x-www-form-urlencoded"})

    def token_path(self) -> str:
        return f"/{self.tenant}/oauth2/v2.0/token"

    def sign_in_by(self, assertion: str, client_id: str) -> Answer:
        return self.sign_in(client_id, client_assertion=assertion,
                            client_assertion_type=JWT_BEARER)

    def assertion(self, client_id: str, pair: CertifiedKey, **changed) -> str:
        now = int(time.time())
        head = {"alg": "RS256", "typ": "JWT", "x5t": plain(pair.thumbprint())}
        return signed(head, {"iss": client_id, "sub": client_id, "nbf": now, "exp": now + 300,
                             "aud": self.service.url + self.token_path(),
                             "jti": str(uuid.uuid4()), **changed}, pair.key)

    def ingot(self, *words, environment: dict | None = None) -> subprocess.CompletedProcess:
        return subprocess.run([BINARY, "--state-dir", self.service.state, "application", *words],
                              capture_output=True, text=True, check=False,
                              env={**os.environ, **(environment or {})})


def expect_refused(answer: Answer, code: str) -> None:
    expect_in(answer.status, (400, 401))
    expect_in(code, answer.body["error_description"])


def passwords(story: Story, tenant: Tenant) -> None:
    made = tenant.put("plain", displayName="A plain one")
    answers = [tenant.post("plain", "addPassword").body for _ in range(2)]
    with story.check("are two, and each signs in"):
        for answer in answers:
            expect(tenant.sign_in(made["clientId"], client_secret=answer["secretText"]).status, 200)
    with story.check("are nowhere but in the answer"):
        listed = tenant.admin("GET", APPLICATIONS, api_version=API).raw.decode()
        expect_in(answers[0]["keyId"], listed)
        files = [file for file in tenant.service.state.rglob("*")
                 if file.is_file() and "cache" not in file.parts]
        for text in (listed, tenant.service.log.read_text(errors="replace"),
                     *(file.read_bytes().decode("latin1") for file in files)):
            expect(answers[0]["secretText"] in text, False)
    with story.check("give no rights"):
        token = tenant.sign_in(made["clientId"], client_secret=answers[0]["secretText"])
        own = Client(tenant.service, token.body["access_token"])
        expect(own("GET", tenant.admin.group).status, 403)
        expect(own("POST", f"{APPLICATIONS}/plain/addPassword", api_version=API).status, 403)
        expect(own("GET", APPLICATIONS, api_version=API).status, 403)
    with story.check("that end before they begin are refused"):
        answer = tenant.post("plain", "addPassword",
                             {"passwordCredential": {"endDateTime": "2020-01-01T00:00:00Z"}})
        expect((answer.status, answer.code), (400, "InvalidEndDateTime"))
    with story.check("are removed one by one"):
        expect(tenant.post("plain", "removePassword", {"keyId": answers[0]["keyId"]}).status, 204)
        expect_refused(tenant.sign_in(made["clientId"], client_secret=answers[0]["secretText"]),
                       "AADSTS7000215")
        expect(tenant.sign_in(made["clientId"], client_secret=answers[1]["secretText"]).status, 200)
    with story.check("end with their application"):
        answer = tenant.admin("DELETE", f"{APPLICATIONS}/plain", api_version=API)
        expect(answer.status, 200)
        expect_refused(tenant.sign_in(made["clientId"], client_secret=answers[1]["secretText"]),
                       "AADSTS700016")


def rights(story: Story, tenant: Tenant) -> None:
    made = tenant.put("helper")
    password = tenant.post("helper", "addPassword").body["secretText"]
    helper = Client(tenant.service, tenant.admin.sign_in(made["clientId"], password))
    tenant.admin.grant(CONTRIBUTOR, made["objectId"], "")
    with story.check("of a contributor to everything do not reach the administrator's passwords"):
        expect(helper("GET", f"{APPLICATIONS}/administrator", api_version=API).status, 200)
        for verb, path in (("POST", "administrator/addPassword"), ("PUT", "administrator"),
                           ("PUT", "another"), ("DELETE", "administrator"),
                           ("PUT", "administrator/federatedIdentityCredentials/mine")):
            answer = helper(verb, f"{APPLICATIONS}/{path}", {}, API)
            expect((answer.status, answer.code), (403, "AuthorizationFailed"))
    with story.check("of a subscription's owner end at the subscription"):
        owner = tenant.put("owner")
        secret = tenant.post("owner", "addPassword").body["secretText"]
        tenant.admin.grant("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", owner["objectId"],
                           tenant.admin.subscription)
        client = Client(tenant.service, tenant.admin.sign_in(owner["clientId"], secret))
        expect(client("PUT", f"{APPLICATIONS}/mine", {}, API).status, 403)
        expect(client("PUT", f"{tenant.admin.subscription}{APPLICATIONS}/mine", {}, API).status,
               404)
    with story.check("of the administrator stay with it"):
        answer = tenant.admin("DELETE", f"{APPLICATIONS}/administrator", api_version=API)
        expect((answer.status, answer.code), (409, "FirstApplication"))


def certificates(story: Story, tenant: Tenant) -> None:
    pair, other = (CertifiedKey(tenant.service.folder, name) for name in ("first", "second"))
    made = tenant.put("signer", certificates=[pair.both.read_text()])
    client_id = made["clientId"]
    with story.check("are shown with their thumbprints and without their keys"):
        expect(made["keyCredentials"][0]["thumbprint"], pair.thumbprint().hex().upper())
        expect(["PRIVATE" in one for one in made["certificates"]], [False])
    with story.check("sign in"):
        token = tenant.sign_in_by(tenant.assertion(client_id, pair), client_id)
        expect(token.status, 200)
        tenant.admin.grant(CONTRIBUTOR, made["objectId"], tenant.admin.group)
        own = Client(tenant.service, token.body["access_token"])
        expect(own("GET", tenant.admin.group, api_version="2021-04-01").status, 200)
    with story.check("that nobody registered do not"):
        expect_refused(tenant.sign_in_by(tenant.assertion(client_id, other), client_id),
                       "AADSTS700027")
    with story.check("sign for one service and for a while"):
        for changed, code in (({"aud": "https://elsewhere/token"}, "AADSTS700023"),
                              ({"exp": int(time.time()) - 4000}, "AADSTS700024"),
                              ({"sub": str(uuid.uuid4())}, "AADSTS700021")):
            assertion = tenant.assertion(client_id, pair, **changed)
            expect_refused(tenant.sign_in_by(assertion, client_id), code)
    with story.check("are replaced"):
        tenant.put("signer", certificates=[other.certificate.read_text()])
        expect(tenant.sign_in_by(tenant.assertion(client_id, other), client_id).status, 200)
        expect_refused(tenant.sign_in_by(tenant.assertion(client_id, pair), client_id),
                       "AADSTS700027")
    with story.check("that are none are refused"):
        answer = tenant.admin("PUT", f"{APPLICATIONS}/signer",
                              {"properties": {"certificates": ["no PEM"]}}, API)
        expect((answer.status, answer.code), (400, "InvalidCertificate"))


def federation(story: Story, tenant: Tenant, issuer: Issuer, stranger: Issuer) -> None:
    made = tenant.put("workload")
    client_id, subject = made["clientId"], "system:serviceaccount:builds:runner"
    with story.check("is refused before anybody trusts the subject"):
        expect_refused(tenant.sign_in_by(issuer.token(subject), client_id), "AADSTS70021")
    with story.check("signs in with a token whose keys came over a private authority"):
        answer = tenant.admin(
            "PUT", f"{APPLICATIONS}/workload/federatedIdentityCredentials/cluster",
            {"properties": {"issuer": issuer.url, "subject": subject, "audiences": [AUDIENCE]}}, API)
        expect(answer.status, 201)
        answer = tenant.sign_in_by(issuer.token(subject), client_id)
        expect((answer.status, answer.body.get("error_description")), (200, None))
    with story.check("is refused for another subject, another audience, and when it is late"):
        expect_refused(tenant.sign_in_by(issuer.token("other"), client_id), "AADSTS70021")
        expect_refused(tenant.sign_in_by(issuer.token(subject, aud="x"), client_id), "AADSTS70021")
        late = issuer.token(subject, exp=int(time.time()) - 4000)
        expect_refused(tenant.sign_in_by(late, client_id), "AADSTS700024")
    with story.check("is not taken from an issuer whose authority nobody trusts"):
        path = f"{APPLICATIONS}/workload/federatedIdentityCredentials/stranger"
        credential = {"issuer": stranger.url, "subject": subject, "audiences": [AUDIENCE]}
        expect(tenant.admin("PUT", path, {"properties": credential}, API).status, 201)
        answer = tenant.sign_in_by(stranger.token(subject), client_id)
        expect((answer.status, answer.body["error"]), (503, "temporarily_unavailable"))
        expect_in("could not be fetched", answer.body["error_description"])
    with story.check("brings a bearer token of its own, too"):
        caller = Client(tenant.service, issuer.token(subject, aud="ingot"))
        expect(caller("GET", tenant.admin.group, api_version="2021-04-01").status, 403)


def command_line(story: Story, tenant: Tenant) -> None:
    pair = CertifiedKey(tenant.service.folder, "cli")
    with story.check("makes one and says what comes next"):
        done = tenant.ingot("create", "deployer", "--certificate", str(pair.both), "--password")
        expect((done.returncode, done.stderr), (0, ""))
        for part in (pair.thumbprint().hex().upper(), "az login --service-principal",
                     "/roleAssignments/", CONTRIBUTOR):
            expect_in(part, done.stdout)
        client_id = done.stdout.partition("client id")[2].split()[0]
        secret = done.stdout.partition("password")[2].split()[0]
        expect(tenant.sign_in(client_id, client_secret=secret).status, 200)
        expect(tenant.sign_in_by(tenant.assertion(client_id, pair), client_id).status, 200)
    with story.check("does not make it twice, and says what to do"):
        done = tenant.ingot("create", "deployer", "--password")
        expect(done.returncode, 2)
        expect_in("add-password deployer", done.stderr)
    with story.check("says how to make a certificate"):
        for file in ("/nowhere.pem", str(pair.key)):
            done = tenant.ingot("create", "other", "--certificate", file)
            expect(done.returncode, 2)
            expect_in("openssl req -x509", done.stderr)
    with story.check("lists and shows them, with the administrator"):
        listed = json.loads(tenant.ingot("list", "--output", "json").stdout)
        expect_in("administrator", [one["name"] for one in listed])
        shown = json.loads(tenant.ingot("show", "deployer").stdout)
        expect(shown["properties"]["clientId"], client_id)
        expect_in("1 certificate(s), 1 password(s)", tenant.ingot("list").stdout)
    with story.check("gives another password and takes one away"):
        more = json.loads(tenant.ingot("add-password", "deployer", "-o", "json").stdout)
        expect(tenant.sign_in(client_id, client_secret=more["secretText"]).status, 200)
        expect(tenant.ingot("remove-password", "deployer", more["keyId"]).returncode, 0)
        done = tenant.ingot("remove-password", "deployer", more["keyId"])
        expect(done.returncode, 11)
        expect_in("ingot application show deployer", done.stderr)
        expect_refused(tenant.sign_in(client_id, client_secret=more["secretText"]),
                       "AADSTS7000215")
    with story.check("is refused to who has no rights"):
        done = tenant.ingot("create", "mine", environment={
            "INGOT_SERVICE": tenant.service.url, "SSL_CERT_FILE": str(tenant.service.authority()),
            "AZURE_TENANT_ID": tenant.tenant, "AZURE_CLIENT_ID": client_id,
            "AZURE_CLIENT_SECRET": secret})
        expect(done.returncode, 12)
        expect_in("AuthorizationFailed", done.stderr)
    with story.check("deletes one"):
        expect(tenant.ingot("delete", "deployer").returncode, 0)
        for verb in ("delete", "show", "add-password"):
            done = tenant.ingot(verb, "deployer")
            expect(done.returncode, 11)
            expect_in("ingot application list", done.stderr)


def after_a_restart(story: Story, tenant: Tenant) -> None:
    made = tenant.put("lasting")
    secret = tenant.post("lasting", "addPassword").body["secretText"]
    before = tenant.admin("GET", APPLICATIONS, api_version=API).body
    expect(tenant.service.stop(), 0)
    tenant.service.start()
    with story.check("everything is as it was"):
        expect(tenant.admin("GET", APPLICATIONS, api_version=API).body, before)
        expect(tenant.sign_in(made["clientId"], client_secret=secret).status, 200)


def without_the_file(story: Story, tenant: Tenant) -> None:
    subscriptions = tenant.admin("GET", "/subscriptions", api_version="2022-12-01").body
    expect(tenant.service.stop(), 0)
    (tenant.service.state / "service/administrator.json").unlink()
    tenant.service.start()
    with story.check("that had its secret, the administrator is still the same"):
        expect(tenant.admin("GET", "/subscriptions", api_version="2022-12-01").body, subscriptions)
        known = tenant.admin.administrator
        expect(tenant.sign_in(known["clientId"], client_secret=known["clientSecret"]).status, 200)
        expect((tenant.service.state / "service/administrator.json").exists(), False)


def bad_issuers(story: Story, folder: Path) -> None:
    def refused(text: str) -> str:
        file = folder / "bad.json"
        file.write_text(text)
        done = subprocess.run([BINARY, "--state-dir", folder / "never", "serve", "--listen", "0",
                               "--issuers", file], capture_output=True, text=True, timeout=60,
                              check=False)
        expect(done.returncode, 2)
        return done.stderr

    with story.check("are refused at the start, with place"):
        said = refused('[{"issuer": "http://x", "audience": "a",\n  "authority": "no.pem"}]')
        expect_in("bad.json:1:3: ", said)
        expect_in("bad.json:2:3: ", said)


def tell(story: Story) -> None:
    service = TunedService()
    issuer, stranger = (Issuer(service.folder / name) for name in ("issuer", "stranger"))
    # The authority is beside the file that names it.
    issuers = issuer.folder / "issuers.json"
    issuers.write_text(json.dumps([{"issuer": issuer.url, "audience": "ingot",
                                    "authority": issuer.authority.certificate.name},
                                   {"issuer": stranger.url, "audience": "ingot"}]))
    service.options = ("--issuers", str(issuers))
    with issuer.running(), stranger.running(), service:
        tenant = Tenant(service)
        tenant.admin("PUT", tenant.admin.group, {"location": "westus2"}, "2021-04-01")
        story.tell("passwords", passwords, tenant)
        story.tell("rights", rights, tenant)
        story.tell("certificates", certificates, tenant)
        story.tell("a federated identity", federation, tenant, issuer, stranger)
        story.tell("ingot application", command_line, tenant)
        story.tell("after a restart", after_a_restart, tenant)
        story.tell("without the file", without_the_file, tenant)
        story.tell("wrong issuers", bad_issuers, service.folder)


if __name__ == "__main__":
    main("serve_applications", tell)
