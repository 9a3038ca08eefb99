#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs of `ingot serve`: their queue, cancelling, live feeds, a service that is killed meanwhile, and
the download of what one real run made."""
import hashlib
import http.client
import os
import signal
import threading
import time
import urllib.parse
from pathlib import Path

from rest import Client, served, until
from story import Story, expect, expect_in, main

# Without hardware help a guest takes minutes.
PATIENCE = 1200


def processes_of(state: Path, word: str = "") -> dict[int, list[str]]:
    """Everything that was started on this state folder but the service itself, by id."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if str(state) in " ".join(words) and "serve" not in words and (not word or word in words):
            found[int(entry.name)] = words
    return found


def leftovers_of(state: Path) -> list[str]:
    return [str(one) for folder in (state / "runs", state / "artifacts/staging")
            if folder.is_dir() for one in folder.iterdir()]


def follow(client: Client, path: str) -> tuple[threading.Thread, list[bytes]]:
    """A reader that ends when the service ends the answer."""
    pieces: list[bytes] = []

    def read() -> None:
        with client.asked(f"{path}api-version=2022-07-01",
                          {"Authorization": f"Bearer {client.token}"}, PATIENCE) as answer:
            pieces.append(f"{answer.status} {answer.headers['Content-Type']}\n".encode())
            try:
                while piece := answer.read1(65536):
                    pieces.append(piece)
            except (http.client.HTTPException, OSError):
                pieces.append(b"[cut off]")

    reader = threading.Thread(target=read)
    reader.start()
    return reader, pieces


def queue(story: Story, client: Client) -> None:
    names = ["first", "second", "third"]
    for name in names:
        client.make(name, "sleep 600")
    with story.check("holds what is above the limit"):
        for name in names:
            expect(client("POST", client.url_of(name) + "/run").status, 202)
        until(lambda: len(processes_of(client.service.state)) > 0, 30, "worker")
        until(lambda: client.last_run("first").get("runSubState") != "Queued", 60, "beginning")
        expect([client.last_run(name)["runState"] for name in names], ["Running"] * 3)
        expect([client.last_run(name)["runSubState"] for name in names[1:]], ["Queued"] * 2)
        metrics = client.metrics()
        expect([value for name, value in metrics.items() if "run" in name and "running" in name],
               [1.0])
        expect([value for name, value in metrics.items() if "run" in name and "waiting" in name],
               [2.0])
    with story.check("takes no second run of a template"):
        answer = client("POST", client.url_of("second") + "/run")
        expect((answer.status, answer.code), (409, "OperationNotAllowed"))
        expect(client("DELETE", client.url_of("second")).status, 409)
    with story.check("gives up a run that waits"):
        expect(client("POST", client.url_of("third") + "/cancel").status, 204)
        until(lambda: client.last_run("third")["runState"] == "Canceled", 5, "cancelling")
        expect(client("POST", client.url_of("third") + "/cancel").status, 409)
        expect(client("DELETE", client.url_of("third")).status, 202)
    with story.check("is still there when the service was killed"):
        before = client.run_id("first")
        client.service.kill()
        if not processes_of(client.service.state):
            raise AssertionError("the worker ended with the service")
        client.service.start()
        expect(client.last_run("first")["runState"], "Running")
        expect(client.last_run("second")["runSubState"], "Queued")
        expect(client.run_id("first"), before)
    with story.check("lets the next one begin when one is canceled"):
        expect(client("POST", client.url_of("first") + "/cancel").status, 204)
        until(lambda: client.last_run("first")["runState"] == "Canceled", 60, "cancelling")
        until(lambda: client.last_run("second").get("runSubState") != "Queued", 60, "beginning")
    with story.check("is empty when all are canceled, and nothing is left over"):
        expect(client("POST", client.url_of("second") + "/cancel").status, 204)
        until(lambda: client.last_run("second")["runState"] == "Canceled", 60, "cancelling")
        until(lambda: not processes_of(client.service.state), 30, "end of processes")
        until(lambda: not leftovers_of(client.service.state), 90, "sweeping")


def failure(story: Story, client: Client) -> None:
    with story.check("of a worker that was killed is on record"):
        client.make("struck", "sleep 600")
        client("POST", client.url_of("struck") + "/run")
        until(lambda: len(processes_of(client.service.state, "worker")) == 1, 30, "worker")
        for worker in processes_of(client.service.state, "worker"):
            os.kill(worker, signal.SIGKILL)
        until(lambda: client.last_run("struck")["runState"] == "Failed", 60, "failure")
        until(lambda: not processes_of(client.service.state), 30, "end of processes")


def feeds(story: Story, client: Client, shared: dict) -> None:
    client.make("real", "echo from-the-guest; sudo touch /etc/made-by-ingot")
    url = client.url_of("real")
    expect(client("POST", url + "/run").status, 202)
    run = f"{url}/runs/{client.run_id('real')}"
    until(lambda: client.last_run("real").get("runSubState") != "Queued", 60, "beginning")
    with story.check("are cut off by nothing but the end of the service"):
        reader, pieces = follow(client, f"{run}/events?")
        until(lambda: len(pieces) > 1, 60, "event")
        client.service.kill()
        reader.join(30)
        expect(reader.is_alive(), False)
    client.service.start()
    with story.check("go on where they were after a restart"):
        log, lines = follow(client, f"{run}/logs?follow=true&")
        events, pieces = follow(client, f"{run}/events?after=1&")
        later, rest = follow(client, f"{run}/events?after=99999&")
        until(lambda: len(lines) > 1 and len(pieces) > 1, 60, "event")
        expect_in("followers", " ".join(client.metrics()))
    with story.check("of a client that vanishes cost nothing"):
        for _ in range(20):
            connection = client.connect()
            connection.send(f"GET {run}/events?api-version=2022-07-01 HTTP/1.1\r\n"
                            f"Host: localhost:{client.port()}\r\n"
                            f"Authorization: Bearer {client.token}\r\n\r\n".encode())
            connection.close()
        expect(client("GET", url).status, 200)
    with story.check("end with the run, which outlived the service"):
        for reader in (log, events, later):
            reader.join(PATIENCE)
            expect(reader.is_alive(), False)
        status = client.last_run("real")
        expect((status["runState"], status["message"]), ("Succeeded", ""))
    with story.check("hold what the guest said"):
        text = b"".join(lines).decode()
        expect(text.splitlines()[0], "200 text/plain; charset=utf-8")
        expect_in("from-the-guest", text)
        expect(client("GET", run + "/logs").raw.decode(), text.partition("\n")[2])
    with story.check("say how it ended"):
        text = b"".join(pieces).decode()
        expect(text.splitlines()[0], "200 text/event-stream")
        expect_in('"text":"from-the-guest"', text)
        expect_in("event: end\n", text)
        expect_in('"runState":"Succeeded"', text)
        expect_in("event: end\n", b"".join(rest).decode())
        ids = [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]
        expect(ids, sorted(set(ids)))
    with story.check("leave nothing open"):
        until(lambda: [value for name, value in client.metrics().items()
                       if "followers" in name] == [0.0], 60, "end of followers")
        until(lambda: not processes_of(client.service.state), 30, "end of processes")
        until(lambda: not leftovers_of(client.service.state), 90, "sweeping")
    shared["run"] = run


def download(story: Story, client: Client, shared: dict) -> None:
    outputs = client("GET", client.url_of("real") + "/runOutputs").body["value"]
    address = outputs[0]["properties"]["artifactUri"]
    path = urllib.parse.urlsplit(address).path
    bearer = {"Authorization": f"Bearer {client.token}"}
    signed = urllib.parse.urlsplit(
        client("POST", client.url_of("real") + "/runOutputs/disk/sas").body["uri"])

    def part(first: str, **headers) -> tuple[int, bytes]:
        answer = client.raw("GET", path, headers={**bearer, "Range": f"bytes={first}", **headers})
        return answer.status, answer.raw

    with story.check("is announced as an address of the service"):
        expect(address.startswith(client.service.url + "/blob/ingot/vhds/"), True)
        expect(path.endswith(".vhd"), True)
    with story.check("tells its length without its bytes"):
        answer = client.raw("HEAD", path, headers=bearer)
        expect(answer.status, 200)
        shared["length"] = int(answer.headers["Content-Length"])
        # A fixed VHD: whole megabytes and a footer.
        expect(shared["length"] % (1024 * 1024), 512)
    length = shared["length"]
    with story.check("of a part is that part"):
        status, footer = part(f"{length - 512}-")
        expect((status, footer[:8]), (206, b"conectix"))
        expect(part("-512"), (206, footer))
        expect(part(f"{length - 512}-{length * 2}"), (206, footer))
        expect(part("0-0")[0], 206)
        expect(len(part("100-299")[1]), 200)
        expect(client.raw("GET", path, headers={**bearer, "x-ms-range": "bytes=510-511"}).raw,
               b"\x55\xaa")
    with story.check("of a part that is not there is refused"):
        for wrong in (f"{length}-", f"{length + 5}-{length + 9}", "-0"):
            expect((wrong, part(wrong)[0]), (wrong, 416))
    with story.check("with a range that makes no sense is of the whole"):
        for odd in ("x-y", "0-1,4-5", "-"):
            with client.asked(path, {**bearer, "Range": f"bytes={odd}"}) as answer:
                expect((odd, answer.status), (odd, 200))
    with story.check("of the whole is what the service published"):
        begin = time.monotonic()
        digest, count = hashlib.sha256(), 0
        with client.asked(path, bearer) as answer:
            while piece := answer.read(1024 * 1024):
                digest.update(piece)
                count += len(piece)
        expect(count, length)
        print(f"{length / 1e6 / (time.monotonic() - begin):.0f} MB/s", flush=True)
        with open(next((client.service.state / "vhds").iterdir()), "rb") as file:
            expect(digest.digest(), hashlib.file_digest(file, "sha256").digest())
    with story.check("needs a token or a signature"):
        expect(client.raw("GET", path).status, 401)
        expect(client.raw("GET", path, headers={"Authorization": "Bearer x.y.z"}).status, 401)
    with story.check("needs no token with a signature"):
        answer = client.raw("GET", f"{signed.path}?{signed.query}",
                            headers={"Range": f"bytes={length - 512}-"})
        expect((answer.status, answer.raw[:8]), (206, b"conectix"))
    fields = dict(urllib.parse.parse_qsl(signed.query))
    broken = {
        "of another name": {"sig": fields["sig"][::-1]},
        "that is empty": {"sig": ""},
        "that is shorter": {"sig": fields["sig"][:-2]},
        "with another end": {"se": "2999-01-01T00:00:00Z"},
        "with an end that is none": {"se": "never"},
        "that has expired": {"se": "2001-01-01T00:00:00Z"},
    }
    for name, changed in broken.items():
        with story.check(f"is refused with a signature {name}"):
            query = urllib.parse.urlencode({**fields, **changed})
            answer = client.raw("GET", f"{signed.path}?{query}")
            expect((answer.status, answer.code), (403, "AuthenticationFailed"))
    with story.check("of what is not there is refused"):
        answer = client.raw("GET", path.replace(".vhd", "x.vhd"), headers=bearer)
        expect((answer.status, answer.code), (404, "BlobNotFound"))
    with story.check("is over when the template is deleted"):
        expect(client("DELETE", client.url_of("real")).status, 202)
        expect(client.raw("HEAD", path, headers=bearer).status, 404)
        expect(client.raw("GET", f"{signed.path}?{signed.query}").status, 404)
        expect(list((client.service.state / "vhds").iterdir()), [])
        expect(client("GET", shared["run"]).status, 404)


def tell(story: Story) -> None:
    with served("--runs", "1") as service:
        client = Client(service)
        client.make_surroundings()
        shared: dict = {}
        story.tell("a queue", queue, client)
        story.tell("a failure", failure, client)
        story.tell("feeds", feeds, client, shared)
        story.tell("a download", download, client, shared)


if __name__ == "__main__":
    main("serve_runs", tell)
