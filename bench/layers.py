#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what layers and warm states are worth: Ingot and its peers in turn, the median of each,
and the table of docs/benchmarks.md with what each row may be at most. Called by `./dev bench
layers`. `--row NAME` measures one row alone; `--folder DIR` keeps the base image for the next time.
Nothing here is part of the product."""

import argparse
import contextlib
import glob
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time

from bench import HERE, SOURCE, Bench, end_group, host, managed, read_text, shell_as_root
from bench import template, write_json
from service import TEMPLATES, VERSION, Service

TOGETHER = 8
RUNS = "api-version=2025-10-01"


def seconds_of(action, *arguments):
    begin = time.monotonic()
    action(*arguments)
    return time.monotonic() - begin


def moment(text):
    """The seconds since 1970 of a journal's time."""
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone + \
        float("0" + text[19:-1])


def ten_scripts(last):
    """Ten steps of a template: the job, eight that write a file, and one that says `last`."""
    return [read_text(os.path.join(HERE, "job.sh"))] + \
        [f"echo 'step {n}' >/etc/step-{n}" for n in range(2, 10)] + [f"echo '{last}' >/etc/last"]


class Layers(Bench):
    """One method for each thing that is measured; each gives its figure for one turn."""

    def __init__(self, ingot, folder):
        super().__init__(ingot, folder)
        self.last = time.time_ns()  # so that a kept folder has no layer of the next last step
        self.failed = 0
        self.notes = {}

    # --- before anything is measured -------------------------------------------------------------

    def prepare(self):
        if not os.path.exists(self.path("packer.json")):
            self.make_base()
            self.prepare_packer()
        self.write_packer("packer-ten", [
            {"type": "shell", "inline": script.splitlines(),
             "execute_command": "chmod +x {{ .Path }}; sudo sh -e {{ .Path }}"}
            for script in ten_scripts("packer")])
        self.hello = self.write("hello", self.customizers())
        self.first = self.write("first", [{"type": "Shell", "inline": ["echo the guest speaks"]}])

    def write(self, name, customize):
        return write_json(self.path(f"layers-{name}.json"),
                          template(f"bench-{name}", SOURCE, customize, [managed(f"bench-{name}")]))

    def write_ten(self):
        self.last += 1
        return self.write("ten", [shell_as_root(script) for script in ten_scripts(self.last)])

    def prepare_never_seen(self):
        """A store that holds the base image and has never built from it."""
        other = self.path("never-seen")
        shutil.rmtree(other, ignore_errors=True)
        os.makedirs(f"{other}/artifacts")
        # No caches. And by cp, which leaves holes: raw disks are nearly all hole.
        for name in glob.glob(self.path("state/ingot.db*")):
            shutil.copy(name, other)
        for name in ("disks", "packs"):
            self.call("cp", "-a", "--sparse=always", self.path(f"state/artifacts/{name}"),
                      f"{other}/artifacts/{name}")

    # --- one build -------------------------------------------------------------------------------

    def warm(self):
        return seconds_of(self.ingot, "build", "--no-cache", self.hello)

    def export(self):
        target = self.path("export.qcow2")
        seconds = seconds_of(self.ingot, "image", "export", "bench-hello", "--format", "qcow2",
                             target)
        os.remove(target)
        return seconds

    def never_seen(self):
        state = self.path("never-seen")
        with self.other_state(state):
            self.ingot("cache", "prune", "--keep", "0")
            for kept in glob.glob(f"{state}/cache/boot/*") + glob.glob(f"{state}/artifacts/raw/*"):
                shutil.rmtree(kept) if os.path.isdir(kept) else os.remove(kept)
            begin = time.monotonic()
            output = self.ingot("build", self.hello)
            seconds = time.monotonic() - begin
        if "memory state" in output or "no VM is started" in output:
            sys.exit(f"something was known already:\n{output}")
        return seconds

    @contextlib.contextmanager
    def other_state(self, folder):
        before, self.env = self.env, dict(self.env, INGOT_STATE=folder)
        try:
            yield
        finally:
            self.env = before

    def packer(self):
        return seconds_of(self.run_packer)

    def virt(self):
        return seconds_of(self.run_virt)

    # --- ten steps -------------------------------------------------------------------------------

    def prepare_ten(self):
        # Twice: the first may boot, and then takes its time for the first state.
        self.ingot("build", self.write_ten())
        self.ingot("build", self.write_ten())

    def last_changed(self):
        file = self.write_ten()
        begin = time.monotonic()
        events = self.events_of("build", file)
        seconds = time.monotonic() - begin
        done = [e["step"] for e in events if "from cache: layer" in e.get("text", "")]
        self.notes.setdefault("steps from cache", []).append(len(done))
        return seconds

    def packer_ten(self):
        return seconds_of(self.run_packer, "packer-ten")

    def events_of(self, *argv):
        output = self.ingot(*argv, "--output", "json")
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]

    # --- waiting ---------------------------------------------------------------------------------

    def prepare_nothing(self):
        self.ingot("build", self.hello)

    def nothing(self):
        begin = time.monotonic()
        output = self.ingot("build", self.hello)
        seconds = time.monotonic() - begin
        if "no VM is started" not in output:
            sys.exit(f"something was built:\n{output}")
        return seconds * 1000

    def first_command(self):
        """From the moment at which the worker begins with the VM."""
        events = self.events_of("build", "--no-cache", self.first)
        if not any("from its memory state" in e.get("text", "") for e in events):
            sys.exit("the build VM was not resumed")
        begin = next(e for e in events if e["event"] == "stepStarted" and e["step"] == "boot")
        said = next(e for e in events
                    if e["event"] == "output" and e["step"].startswith("customize"))
        self.notes.setdefault("first command from the run's start, s", []).append(
            round(moment(said["time"]) - moment(events[0]["time"]), 2))
        return moment(said["time"]) - moment(begin["time"])

    # --- through the service ---------------------------------------------------------------------

    def prepare_rest(self):
        self.service = Service(self.ingot_program, self.folder)
        self.service.start()
        self.service.sign_in()
        self.group = self.service.group("bench")
        for _ in range(2):
            self.rest()

    def put_template(self):
        """A template whose last step is new and whose first is not; the source is bench-base's."""
        self.last += 1
        name = f"rest-{self.last}"
        source = json.loads(read_text(self.path("base.json")))["properties"]["source"]
        self.service.call("PUT", f"{self.group}{TEMPLATES}/{name}?{VERSION}", json.dumps({
            "location": "westus2",
            "properties": {
                "source": source,
                "customize": [{"type": "Shell", "inline": ["sudo touch /etc/first"]},
                              {"type": "Shell", "inline": [f"echo {name}"]}],
                "distribute": [{"type": "VHD", "runOutputName": "disk"}]}}), self.service.headers)
        path = f"{self.group}{TEMPLATES}/{name}"
        while self.get(f"{path}?{VERSION}")["properties"]["provisioningState"] != "Succeeded":
            time.sleep(0.1)
        return path

    def get(self, path):
        return self.service.call("GET", path, None, self.service.headers)

    def rest(self):
        path = self.put_template()
        posted = time.time()
        self.service.call("POST", f"{path}/run?{VERSION}", "", self.service.headers)
        run = self.get(f"{path}/runs?{RUNS}")["value"][0]["name"]
        said = self.events_to_the_end(f"{path}/runs/{run}/events?{RUNS}")
        return moment(said["time"]) - posted

    def events_to_the_end(self, path):
        """The first line that the guest's own steps said."""
        connection = self.service.connect()
        connection.request("GET", path, None, self.service.headers)
        text = connection.getresponse().read().decode()
        connection.close()
        cached = text.count("from cache: layer")
        self.notes.setdefault("REST: steps from cache", []).append(cached)
        for event in text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in event.splitlines() if ": " in line)
            if fields.get("event", "").lower() == "output" and "customize" in fields["data"]:
                return json.loads(fields["data"])
        sys.exit(f"the run said nothing:\n{text[-3000:]}")

    def end(self):
        if hasattr(self, "service"):
            self.service.stop()

    # --- eight at a time -------------------------------------------------------------------------

    def one_after_the_other(self):
        return seconds_of(lambda: [self.warm() for _ in range(TOGETHER)])

    def together(self):
        begin = time.monotonic()
        builds = [self.start([self.ingot_program, "build", "--no-cache", self.hello])
                  for _ in range(TOGETHER)]
        try:
            said = [build.communicate()[0] for build in builds]
        except BaseException:
            for build in builds:
                end_group(build)
            raise
        seconds = time.monotonic() - begin
        for build, lines in zip(builds, said):
            if build.returncode != 0:
                self.failed += 1
                print(f"failed with {build.returncode}:\n{lines[-2000:]}", flush=True)
        return seconds

    def memory(self):
        """Builds that are not timed: looking costs time."""
        self.peak_memory = 0
        with self.memory_watched():
            self.ingot("build", "--no-cache", self.hello)
        return self.peak_memory / 1024


# name: (what it is called, its unit, what is measured, what that is divided by, at most)
ROWS = {
    "warm": ("hello-linux, warm base / Packer", "", "warm", "packer", 0.14),
    "never-seen": ("the same, a base never seen / Packer", "", "never_seen", "packer", 0.50),
    "virt": ("the same, warm / virt-customize + virt-sysprep + flatten", "", "warm", "virt", 0.20),
    "ten": ("ten steps, the last changed / Packer, all ten", "", "last_changed", "packer_ten", 0.08),
    "nothing": ("nothing changed, from exec to exit", "ms", "nothing", None, 100),
    "first": ("first guest command after restore", "s", "first_command", None, 0.5),
    "rest": ("REST, from POST run to the first guest command", "s", "rest", None, 1.0),
    "eight": ("eight warm builds together / one after the other", "", "together",
              "one_after_the_other", 1.0),
    "memory": ("resident memory of Ingot's own processes", "MiB", "memory", None, 80),
}
# What has to be done once before these are measured.
PREPARE = {"never_seen": "prepare_never_seen", "last_changed": "prepare_ten",
           "nothing": "prepare_nothing", "rest": "prepare_rest"}
WARMED = ("warm", "first_command", "one_after_the_other", "together", "memory")
REPEATS = {"nothing": 5, "first_command": 2}  # of short ones, in each turn


def measure(bench, names, turns):
    figures = {name: [] for name in names}
    if any(name in WARMED for name in names):
        bench.warm()
    for name in names:
        if name in PREPARE:
            getattr(bench, PREPARE[name])()
    bench.notes.clear()
    for turn in range(turns):
        for name in names:
            for _ in range(REPEATS.get(name, 1)):
                figures[name].append(getattr(bench, name)())
                print(f"  turn {turn + 1}: {name}: {figures[name][-1]:.2f}", flush=True)
    return figures


def needed(rows):
    names = []
    for row in rows:
        names += [name for name in ROWS[row][2:4] if name]
    if "warm" in names:
        names.insert(names.index("warm") + 1, "export")
    return list(dict.fromkeys(names))


def row_of(row, medians, failed):
    what, unit, name, divisor, limit = ROWS[row]
    value = medians[name] / medians[divisor] if divisor else medians[name]
    passed = value <= limit and not (name == "together" and failed)
    return {"row": row, "what": what, "value": round(value, 3), "unit": unit, "limit": limit,
            "of": [round(medians[part], 3) for part in (name, divisor) if part], "passed": passed}


def report(rows, figures, bench, before):
    medians = {name: statistics.median(values) for name, values in figures.items()}
    table = [row_of(row, medians, bench.failed) for row in rows]
    print(f"\n{before}; at the end {os.getloadavg()[0]:.2f}\n")
    print("| what | measured | of | at most | |\n|---|---|---|---|---|")
    for row in table:
        value = f"{row['value']:.2f}" if row["unit"] != "ms" else f"{row['value']:.0f}"
        of = " / ".join(f"{part:.1f} s" for part in row["of"]) if not row["unit"] else ""
        unit = " " + row["unit"] if row["unit"] else ""
        print(f"| {row['what']} | {value}{unit} | {of} | {row['limit']:g}{unit} | "
              f"{'PASS' if row['passed'] else 'over'} |")
    if "export" in medians:
        print(f"\nexporting the managed image as one qcow2 file: {medians['export']:.1f} s more")
    print(f"builds that failed among those together: {bench.failed}")
    for note, values in bench.notes.items():
        print(f"{note}: {' '.join(map(str, values))}")
    return {"host": before, "turns": figures, "rows": table, "failed": bench.failed,
            "notes": bench.notes}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ingot", required=True)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--row", action="append", choices=ROWS, help="measure this one alone")
    parser.add_argument("--folder", help="where the base image is kept; default: nowhere")
    parser.add_argument("--json", help="a file for all figures; default: standard output")
    return parser.parse_args()


@contextlib.contextmanager
def work_folder(kept):
    if kept:
        os.makedirs(kept, exist_ok=True)
        yield os.path.abspath(kept)
        return
    with tempfile.TemporaryDirectory(prefix="ingot-bench-",
                                     dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        os.chmod(folder, 0o755)
        yield folder


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    rows = options.row or list(ROWS)
    with work_folder(options.folder) as folder:
        bench = Layers(options.ingot, folder)
        print("preparing", flush=True)
        bench.prepare()
        before = host(bench.accelerator())
        try:
            figures = measure(bench, needed(rows), options.turns)
        finally:
            bench.end()
        everything = report(rows, figures, bench, before)
    if options.json:
        write_json(options.json, everything)
    else:
        print("\n" + json.dumps(everything))


if __name__ == "__main__":
    main()
