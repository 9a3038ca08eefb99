#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`ingot serve` and clients that mean no good, know no better, or come two at a time. No guests."""
import base64
import concurrent.futures
import json
import socket
import subprocess
import time
import uuid

from rest import Client, IMAGES, claims_of, served, signed, until
from story import Story, expect, expect_in, main

# Of the service's own authentication: a 401 says how to sign in.
CHALLENGE = "Bearer authorization_uri="


def expect_refusal(answer, status: int, code: str | None = None) -> None:
    """In ARM's shape, and with no word about the inside."""
    expect(answer.status, status)
    error = answer.body["error"]
    if code:
        expect(error["code"], code)
    if not error["message"]:
        raise AssertionError("a refusal without words")
    for inside in ("/root", "/tmp/", ".cpp", "SQLITE", "std::"):
        if inside in answer.raw.decode():
            raise AssertionError(f"{inside} in {answer.raw}")


def content(story: Story, client: Client) -> None:
    url = client.url_of("bad")
    bodies = {
        "that is no JSON": '{"location": ',
        "with something behind the JSON": "{} {}",
        "with a comment": "{/* */}",
        "with a NUL": '{"location": "a\0b"}',
        "that is not UTF-8": b'{"location": "\xff\xfe"}',
        "with half a character": '{"location": "\\ud800"}',
        "with a member twice": '{"location": "westus2", "location": "eastus"}',
        "that is a number": "1e999999",
        "that is a list": "[]",
        "nested 100000 deep": "[" * 100000,
        "nested 100000 deep and closed": "[" * 100000 + "]" * 100000,
        "of deep objects": '{"a":' * 5000 + "1" + "}" * 5000,
        "without a location": "{}",
        "with wrong types everywhere": '{"location": [], "properties": 7, "tags": "x"}',
    }
    for name, body in bodies.items():
        with story.check(f"is refused {name}"):
            expect_refusal(client("PUT", url, body), 400)
    with story.check("is refused above the limit"):
        expect_refusal(client("PUT", url, b" " * (5 * 1024 * 1024)), 413, "RequestContentTooLarge")
    with story.check("is refused above the limit when it comes in chunks"):
        answer = client.raw("PUT", url, iter([b" " * 65536] * 80),
                            {"Authorization": f"Bearer {client.token}"})
        expect(answer.status, 413)
    with story.check("is refused when it is an integer too large"):
        template = client.template()
        template["properties"]["buildTimeoutInMinutes"] = 2**70
        expect_refusal(client("PUT", url, template), 400)
    with story.check("of a thousand steps is taken or refused, and quickly"):
        template = client.template()
        template["properties"]["customize"] *= 1000
        begin = time.monotonic()
        expect_in(client("PUT", client.url_of("long"), template).status, (201, 400))
        if time.monotonic() - begin > 10:
            raise AssertionError("it took more than ten seconds")
    with story.check("has left nothing"):
        expect_refusal(client("GET", url), 404, "ResourceNotFound")


def paths(story: Story, client: Client) -> None:
    client.make("there")
    good = client.url_of("there")
    with story.check("may have doubled slashes, as az writes some"):
        expect(client("GET", good.replace("/providers/", "//providers/")).status, 200)
    with story.check("may have any case"):
        expect(client("GET", good.upper()).status, 200)
    with story.check("may be percent-encoded"):
        expect(client("GET", good.replace("there", "%74here")).status, 200)
    tricks = ["/..", "/../../../../etc/passwd", "/%2e%2e/%2e%2e", "/%2e%2e%2f..", "/./run", "/%00",
              "/..%5c..", "/%c0%ae%c0%ae", "/%", "/%zz", "/;x", "%00", "%2f..", "%0d%0aX:y"]
    for trick in tricks:
        with story.check(f"is not found or refused with {trick}"):
            expect_in(client("GET", good + trick).status, (400, 404))
    for name in ("..", ".", "%2e%2e", "a%2fb", "a%00", "a%20b", "%0a", "%ff", "a" * 65,
                 "a" * 20000):
        with story.check(f"cannot make a template of the name {name[:20]}"):
            answer = client("PUT", f"{client.group}/{IMAGES}/{name}", client.template())
            expect_in(answer.status, (400, 404, 405, 431))
    with story.check("of nothing"):
        for path in ("/", "//", "/subscriptions//resourceGroups", "/nothing", "*"):
            expect_in(client.raw("GET", path, headers={
                "Authorization": f"Bearer {client.token}"}).status, (400, 404))
    with story.check("needs an api-version"):
        answer = client.raw("GET", good, headers={"Authorization": f"Bearer {client.token}"})
        expect_refusal(answer, 400, "MissingApiVersionParameter")
    with story.check("lists the api-versions that there are"):
        answer = client("GET", good, api_version="2030-01-01")
        expect_refusal(answer, 400, "NoRegisteredProviderFound")
        expect_in("2018-02-01-preview", answer.body["error"]["message"])
    with story.check("of a VHD cannot leave its folder"):
        for name in ("../../service/token-key.pem", "%2e%2e%2f%2e%2e%2fingot.db", "..", "", "/"):
            answer = client("GET", f"/blob/ingot/vhds/{name}")
            expect_in(answer.status, (400, 404))


def tokens(story: Story, client: Client) -> None:
    url = client.url_of("there")
    key = client.service.state / "service/token-key.pem"
    claims = claims_of(client.token)
    head = json.loads(base64.urlsafe_b64decode(client.token.split(".")[0] + "=="))

    def refused(token: str) -> None:
        answer = Client(client.service, token)("GET", url)
        expect_refusal(answer, 401)
        expect_in(CHALLENGE, answer.headers["WWW-Authenticate"])

    with story.check("signed by hand with the service's key is as good as its own"):
        expect(Client(client.service, signed(head, claims, key))("GET", url).status, 200)
    now = int(time.time())
    wrong = {
        "that has expired": {"exp": now - 3600, "nbf": now - 7200, "iat": now - 7200},
        "that is not valid yet": {"nbf": now + 3600, "iat": now + 3600, "exp": now + 7200},
        "for another audience": {"aud": "https://vault.azure.net"},
        "of another issuer": {"iss": "https://sts.windows.net/x"},
        "of another tenant": {"tid": str(uuid.uuid4())},
        "without an audience": {"aud": None},
        "without an end": {"exp": None},
    }
    for name, changed in wrong.items():
        with story.check(f"{name} is refused"):
            bad = {k: v for k, v in {**claims, **changed}.items() if v is not None}
            refused(signed(head, bad, key))
    with story.check("of a foreign key is refused"):
        foreign = client.service.folder / "foreign.pem"
        subprocess.run(["openssl", "genrsa", "-out", str(foreign), "2048"], check=True,
                       capture_output=True)
        refused(signed(head, claims, foreign))
    with story.check("without a signature is refused"):
        nothing = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
        refused(f"{nothing}.{client.token.split('.')[1]}.")
    with story.check("that was changed is refused"):
        parts = client.token.split(".")
        more = base64.urlsafe_b64encode(json.dumps({**claims, "oid": "x"}).encode()).decode()
        refused(".".join([parts[0], more.rstrip("="), parts[2]]))
    for name, token in {"nothing": "", "one word": "x", "dots": "..", "long": "a" * 20000,
                        "not base64": "é.é.é".encode().decode("latin1")}.items():
        with story.check(f"of {name} is refused"):
            refused(token)
    with story.check("is wanted"):
        answer = client.raw("GET", url + "?api-version=2022-07-01")
        expect_refusal(answer, 401, "AuthenticationFailed")
    with story.check("is not what other schemes bring"):
        answer = client("GET", url, Authorization="Basic eDp5")
        expect_refusal(answer, 401)


def rights(story: Story, client: Client) -> None:
    made = client("GET", f"{client.group}/providers/Microsoft.ManagedIdentity/"
                         "userAssignedIdentities/builder", api_version="2018-11-30").body["properties"]
    head = json.loads(base64.urlsafe_b64decode(client.token.split(".")[0] + "=="))
    key = client.service.state / "service/token-key.pem"

    def somebody(object_id: str) -> Client:
        claims = {**claims_of(client.token), "oid": object_id, "sub": object_id,
                  "appid": made["clientId"]}
        return Client(client.service, signed(head, claims, key))

    nobody = somebody(str(uuid.uuid4()))
    url = client.url_of("forbidden")
    with story.check("are wanted for everything, and nothing is stored without them"):
        expect_refusal(nobody("PUT", url, client.template()), 403, "AuthorizationFailed")
        expect_refusal(client("GET", url), 404)
        for verb, target in (("GET", client.url_of("there")), ("DELETE", client.url_of("there")),
                             ("POST", client.url_of("there") + "/run"),
                             ("POST", client.url_of("there") + "/cancel"),
                             ("GET", client.url_of("there") + "/runs"),
                             ("GET", client.url_of("there") + "/runOutputs"),
                             ("PATCH", client.url_of("there"))):
            answer = nobody(verb, target, {} if verb == "PATCH" else None)
            expect_refusal(answer, 403, "AuthorizationFailed")
            expect_in("does not have authorization to perform action", answer.raw.decode())
        expect(client.state_of("there"), "Succeeded")
    with story.check("are wanted before anything is said about what is there"):
        expect(nobody("GET", client.url_of("there")).status,
               nobody("GET", client.url_of("nothing-there")).status)
    with story.check("of a reader are to read"):
        reader = str(uuid.uuid4())
        client.grant("acdd72a7-3385-48ef-bd42-f606fba81ae7", reader, client.group)
        expect(somebody(reader)("GET", client.url_of("there")).status, 200)
        expect_refusal(somebody(reader)("POST", client.url_of("there") + "/run"), 403)
        expect_refusal(somebody(reader)("POST", client.url_of("there") + "/runOutputs/x/sas"), 403)
    with story.check("of a contributor do not make more contributors"):
        contributor = somebody(made["principalId"])
        answer = contributor(
            "PUT", f"{client.group}/providers/Microsoft.Authorization/roleAssignments/"
                   f"{uuid.uuid4()}",
            {"properties": {"principalId": made["principalId"], "roleDefinitionId":
                            f"{client.subscription}/providers/Microsoft.Authorization/"
                            "roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}, "2022-04-01")
        expect_refusal(answer, 403, "AuthorizationFailed")


def conditions(story: Story, client: Client) -> None:
    url = client.url_of("there")
    with story.check("hold for a change"):
        etag = client("GET", url).headers["ETag"]
        expect_refusal(client("PATCH", url, {"tags": {"a": "1"}}, If_Match='"other"'), 412)
        changed = client("PATCH", url, {"tags": {"a": "1"}}, If_Match=etag)
        expect(changed.status, 200)
        expect_refusal(client("PATCH", url, {"tags": {"a": "2"}}, If_Match=etag), 412)
        expect(client("GET", url).body["tags"], {"a": "1"})
    with story.check("hold for making one"):
        expect_refusal(client("PUT", url, client.template(), If_None_Match="*"), 412)
        expect_refusal(client("PUT", client.url_of("no"), client.template(), If_Match="*"), 412)
        expect_refusal(client("GET", client.url_of("no")), 404)
    with story.check("hold for a removal"):
        expect_refusal(client("DELETE", url, If_Match='"other"'), 412)
        expect(client("GET", url).status, 200)


def at_once(story: Story, client: Client) -> None:
    def several(count: int, act) -> list:
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            return [done.result() for done in [pool.submit(act, i) for i in range(count)]]

    with story.check("two make one template, and one of them does"):
        for turn in range(5):
            url = client.url_of(f"twice{turn}")
            answers = several(2, lambda _, at=url: client("PUT", at, client.template()))
            expect(sorted(answer.status for answer in answers), [201, 409])
    with story.check("eight tag one template, and no tag is lost"):
        url = client.url_of("there")
        answers = several(8, lambda i: client("PATCH", url, {"tags": {f"t{i}": "x"}}))
        expect([answer.status for answer in answers], [200] * 8)
        expect({f"t{i}" for i in range(8)} - set(client("GET", url).body["tags"]), set())
    with story.check("two delete one template"):
        until(lambda: client.state_of("twice0") == "Succeeded", 60, "provisioning")
        answers = several(2, lambda _: client("DELETE", client.url_of("twice0")))
        expect([answer.status in (202, 204) for answer in answers], [True, True])


def slowness(story: Story, client: Client) -> None:
    with story.check("of twenty clients delays nobody"):
        slow = [client.connect() for _ in range(20)]
        for connection in slow:
            connection.send(b"GET /healthz HTTP/1.1\r\nHost: loc")
        begin = time.monotonic()
        expect(client("GET", client.url_of("there")).status, 200)
        if time.monotonic() - begin > 5:
            raise AssertionError("a quick client waited for slow ones")
    with story.check("ends with the client's time"):
        slow[0].settimeout(30)
        said = slow[0].recv(4096)
        if said and not said.startswith(b"HTTP/1.1 408"):
            raise AssertionError(said)
        for connection in slow:
            connection.close()
    with story.check("of a body is borne for a while"):
        connection = client.connect()
        connection.send(f"GET /healthz HTTP/1.1\r\nHost: localhost:{client.port()}\r\n".encode())
        time.sleep(1)
        connection.send(b"\r\n")
        expect_in(b"200", connection.recv(4096).split(b"\r\n")[0])
        connection.close()
    with story.check("of plain text at a TLS port hurts nobody"):
        with socket.create_connection(("127.0.0.1", client.port()), timeout=20) as plain:
            plain.send(b"GET / HTTP/1.1\r\n\r\n")
            plain.recv(100)
        expect(client.raw("GET", "/healthz").status, 200)


def ending(story: Story, client: Client) -> None:
    service = client.service
    with story.check("is counted in the metrics"):
        metrics = client.metrics()
        expect(any("requests" in name for name in metrics), True)
    with story.check("by kill -9 keeps what was stored"):
        before = client("GET", client.url_of("there")).body
        client("PUT", client.url_of("late"), client.template("echo late"))
        service.kill()
        service.start()
        expect(client("GET", client.url_of("there")).body, before)
        # Its provisioning goes on where it was cut off; the token is still good, too.
        until(lambda: client.state_of("late") == "Succeeded", 60, "provisioning")
    with story.check("gracefully is quick and clean"):
        idle = client.connect()
        begin = time.monotonic()
        expect(service.stop(), 0)
        if time.monotonic() - begin > 10:
            raise AssertionError("it took more than ten seconds")
        idle.close()
        service.start()
        expect(client.state_of("late"), "Succeeded")
    with story.check("has left its secrets to their owner alone"):
        for file in (service.state / "service").iterdir():
            if file.name not in ("ca.pem", "server.pem", "address") and not file.is_socket():
                expect((file.name, file.stat().st_mode & 0o077), (file.name, 0))


def tell(story: Story) -> None:
    with served() as service:
        client = Client(service)
        client.make_surroundings()
        for chapter, told in {"a body": content, "a path": paths, "a token": tokens,
                              "rights": rights, "conditions": conditions, "at once": at_once,
                              "slowness": slowness, "an end": ending}.items():
            story.tell(chapter, told, client)


if __name__ == "__main__":
    main("serve_requests", tell)
