# SPDX-License-Identifier: Apache-2.0
"""The real az on a configuration folder of its own, talking to one service."""
import json
import shutil
import subprocess
from pathlib import Path

QUIET = {"AZURE_CORE_COLLECT_TELEMETRY": "no", "AZURE_CORE_NO_COLOR": "1",
         "AZURE_CORE_SURVEY_MESSAGE": "no", "AZURE_CORE_ONLY_SHOW_ERRORS": "yes"}


class Az:
    """Called with the words of a command it answers what the command printed, as JSON."""

    def __init__(self, service, folder: Path, more: dict | None = None):
        self.folder = folder
        self.env = {**service.client_environment(), **QUIET, "AZURE_CONFIG_DIR": str(folder),
                    **(more or {})}

    def copy(self, folder: Path, profile: str) -> "Az":
        """Signed in as this one is, with another profile of the cloud."""
        shutil.copytree(self.folder, folder)
        other = object.__new__(Az)
        other.folder, other.env = folder, {**self.env, "AZURE_CONFIG_DIR": str(folder)}
        other("cloud", "update", "--name", "Ingot", "--profile", profile)
        return other

    def run(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(["az", *words], env=self.env, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=900)

    def __call__(self, *words: str):
        done = self.run(*words, "--output", "json")
        if done.returncode != 0:
            raise AssertionError(f"az {' '.join(words)}: exit code {done.returncode}\n{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def refused(self, *words: str, says: str, exit_code: int = 1) -> str:
        """The command has to fail in this way."""
        done = self.run(*words)
        if done.returncode != exit_code or says not in done.stderr:
            raise AssertionError(f"az {' '.join(words)}: expected exit code {exit_code} and "
                                 f"'{says}', got {done.returncode} and {done.stderr or done.stdout}")
        return done.stderr

    def rest(self, method: str, url: str, body=None):
        more = ["--body", json.dumps(body)] if body is not None else []
        return self("rest", "--method", method, "--url", url, *more)


def is_there() -> bool:
    return shutil.which("az") is not None
