#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the service on this machine, load generator and service on the same processors, and
prints the table of docs/benchmarks.md. Called by `./dev bench service`."""

import argparse
import fcntl
import http.client
import json
import os
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
TEMPLATES = "/providers/Microsoft.VirtualMachineImages/imageTemplates"
VERSION = "api-version=2019-05-01-preview"  # the last that needs no identity
BODY = {
    "location": "westus2",
    "properties": {
        "source": {"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12",
                   "sku": "12", "version": "latest"},
        "customize": [{"type": "Shell", "name": "hello", "inline": ["echo hello"]}],
        "distribute": [{"type": "VHD", "runOutputName": "disk", "artifactTags": {"made": "here"}}],
    },
}
MANY = 100_000


def memory(pid, field="VmRSS"):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return int(re.search(rf"{field}:\s+(\d+) kB", file.read()).group(1)) / 1024


class Service:
    def __init__(self, ingot, folder):
        self.ingot = os.path.abspath(ingot)
        self.state = os.path.join(folder, "state")
        self.process = None
        self.port = None

    def start(self):
        """Seconds until it answers."""
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [self.ingot, "--state-dir", self.state, "serve", "--listen", str(self.port or 0)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r":(\d+)$", self.process.stdout.readline().strip()).group(1))
        self.get("/healthz")
        return time.monotonic() - begin

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def context(self):
        return ssl.create_default_context(cafile=os.path.join(self.state, "service/ca.pem"))

    def connect(self):
        return http.client.HTTPSConnection("localhost", self.port, context=self.context())

    def get(self, path, headers=None):
        return self.call("GET", path, None, headers)

    def call(self, method, path, body=None, headers=None):
        connection = self.connect()
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else None

    def sign_in(self):
        with open(os.path.join(self.state, "service/administrator.json"), encoding="utf-8") as file:
            administrator = json.load(file)
        form = (f"grant_type=client_credentials&client_id={administrator['clientId']}"
                f"&client_secret={administrator['clientSecret']}"
                "&scope=https://management.azure.com/.default")
        token = self.call("POST", "/adfs/oauth2/token", form,
                          {"Content-Type": "application/x-www-form-urlencoded"})
        self.headers = {"Authorization": "Bearer " + token["access_token"],
                        "Content-Type": "application/json"}
        self.subscription = "/subscriptions/" + administrator["subscriptionId"]

    def wrk(self, path, connections, seconds=8, script=None, env=None):
        argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-H",
                "Authorization: " + self.headers["Authorization"]]
        argv += ["-s", script] if script else []
        done = subprocess.run(argv + [f"https://localhost:{self.port}{path}"], text=True,
                              capture_output=True, check=True, env={**os.environ, **(env or {})})
        if "Non-2xx" in done.stdout or done.stderr:
            sys.exit(f"wrk {path}:\n{done.stdout}{done.stderr}")
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))
        number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout).groups()
        return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    def group(self, name):
        self.call("PUT", f"{self.subscription}/resourcegroups/{name}?api-version=2021-04-01",
                  json.dumps({"location": "westus2"}), self.headers)
        return f"{self.subscription}/resourceGroups/{name}"


def fill(service, group):
    """Copies of one template, straight into the database: making 100,000 is not what is measured."""
    service.call("PUT", f"{group}{TEMPLATES}/seed?{VERSION}", json.dumps(BODY), service.headers)
    time.sleep(1)  # until it is provisioned
    database = sqlite3.connect(os.path.join(service.state, "ingot.db"))
    columns = [row[1] for row in database.execute("PRAGMA table_info(resources)")]
    seed = dict(zip(columns, database.execute(
        "SELECT * FROM resources WHERE name_key = 'seed'").fetchone()))

    def copy(number):
        name = f"many-{number:06d}"
        key = seed["id_key"][:-len("seed")] + name
        return tuple({**seed, "id_key": key, "name_key": name, "etag": str(uuid.uuid4()),
                      "id": seed["id"][:-len("seed")] + name}[column] for column in columns)

    marks = ", ".join("?" * len(columns))
    database.executemany(f"INSERT INTO resources VALUES ({marks})", map(copy, range(MANY)))
    database.commit()
    database.close()


def hold_open(service, count):
    sockets = []
    context = service.context()
    for _ in range(count):
        raw = socket.create_connection(("localhost", service.port))
        sockets.append(context.wrap_socket(raw, server_hostname="localhost"))
        sockets[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        sockets[-1].recv(4096)
    return sockets


def follow(service, group, count):
    """Followers of a run that is under way: one whose worker's lock this process holds."""
    run = str(uuid.uuid4())
    os.makedirs(os.path.join(service.state, "runs"), exist_ok=True)
    lock = open(os.path.join(service.state, "runs", run + ".lock"), "w", encoding="utf-8")
    fcntl.flock(lock, fcntl.LOCK_EX)
    database = sqlite3.connect(os.path.join(service.state, "ingot.db"))
    key = f"{group}{TEMPLATES}/seed".lower()
    kept, = database.execute("SELECT internal FROM resources WHERE id_key = ?", (key,)).fetchone()
    database.execute(
        "INSERT INTO runs (id, template_name, template_json, template_folder, exact_source, state, "
        "sub_state, started, failure_cause, failure_code, failure_message, failure_step, "
        "keep_vm_on_error, template_key) VALUES (?, 'seed', '{}', ?, '', 'Running', 'Building', "
        "?, 'None', '', '', '', 0, ?)",
        (run, os.path.join(service.state, "staging", json.loads(kept)["guid"]),
         time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()), key))
    database.commit()
    database.close()
    path = f"{group}{TEMPLATES}/seed/runs/{run}/events?api-version=2025-10-01"
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + \
        service.headers["Authorization"] + "\r\n\r\n"
    sockets = []
    context = service.context()
    for _ in range(count):
        raw = socket.create_connection(("localhost", service.port))
        sockets.append(context.wrap_socket(raw, server_hostname="localhost"))
        sockets[-1].sendall(head.encode())
        answer = sockets[-1].recv(4096)
        if b" 200 " not in answer.split(b"\r\n")[0]:
            sys.exit(f"following a run was refused: {answer.decode()}")
    return sockets, lock


def row(what, figure, limit):
    print(f"| {what} | {figure} | {limit} |", flush=True)


def measure(service):
    service.start()
    service.sign_in()
    group = service.group("bench")
    service.call("PUT", f"{group}{TEMPLATES}/one?{VERSION}", json.dumps(BODY), service.headers)
    one = f"{group}{TEMPLATES}/one?{VERSION}"
    print("| what | measured | limit |\n|---|---|---|")
    rate, p99 = service.wrk("/healthz", 64)
    row("a bare answer over the same TLS, 64 connections", f"{rate:,.0f}/s, p99 {p99:.1f} ms", "")
    rate, p99 = service.wrk(one, 64)
    row("GET one template, 64 connections", f"{rate:,.0f}/s, p99 {p99:.1f} ms",
        "15,000/s, 15 ms")
    put, p99 = service.wrk("/", 16, script=os.path.join(HERE, "put.lua"), env={
        "BODY": json.dumps(BODY), "TARGET": f"{group}{TEMPLATES}/NAME?{VERSION}"})
    row("PUT template, 16 connections, SQLite", f"{put:,.0f}/s, p99 {p99:.1f} ms", "1,000/s")
    big = service.group("big")
    fill(service, big)
    _, p99 = service.wrk(f"{big}{TEMPLATES}?{VERSION}", 1)
    row("list page of a group, 100,000 templates", f"p99 {p99:.1f} ms", "20 ms")
    service.stop()
    row("start until it answers, 100,000 templates", f"{service.start():.2f} s", "1 s")
    row("idle memory", f"{memory(service.process.pid):.0f} MiB", "40 MiB")
    service.sign_in()
    alone, _ = service.wrk(one, 64)
    idle = hold_open(service, 2000)
    followers, lock = follow(service, big, 200)
    rate, _ = service.wrk(one, 64)
    row("memory with 2,000 idle connections and 200 followers",
        f"{memory(service.process.pid):.0f} MiB", "150 MiB")
    row("GET one template beside them", f"{rate / alone:.2f} of alone", "0.90")
    del idle, followers, lock


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--ingot", required=True)
    options = arguments.parse_args()
    folder = tempfile.mkdtemp(prefix="ingot-bench-")
    service = Service(options.ingot, folder)
    try:
        measure(service)
    finally:
        if service.process and service.process.poll() is None:
            service.process.kill()
            service.process.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
