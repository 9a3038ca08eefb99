# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of a test's own, on a Unix socket in a folder of its own; gone with the
`with`, and with the test if that is killed."""
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

SETTINGS = ["listen_addresses=", "fsync=off", "shared_buffers=16MB", "max_connections=60",
            "dynamic_shared_memory_type=mmap"]


def program(name: str) -> str:
    """Debian keeps the server's programs out of PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which(name, path=os.pathsep.join(map(str, folders)))
    if not found:
        raise RuntimeError("there is no PostgreSQL server here; install it with: ./dev setup test")
    return found


def as_server_user(*command: str) -> list[str]:
    """The server refuses to run as root."""
    who = [] if os.geteuid() else ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    return ["setpriv", "--pdeathsig", "INT", *who, "--", *command]


@contextmanager
def postgres_server():
    """Yields what `ingot --database` takes."""
    folder = Path(tempfile.mkdtemp(prefix="ingot-postgres-"))
    data = str(folder / "data")
    if not os.geteuid():
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    subprocess.run(as_server_user(program("initdb"), "--pgdata", data, "--username=ingot",
                                  "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
                   check=True, cwd=folder, stdout=subprocess.DEVNULL)
    options = [word for setting in [*SETTINGS, f"unix_socket_directories={folder}"]
               for word in ("-c", setting)]
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(as_server_user(program("postgres"), "-D", data, *options),
                                  cwd=folder, stderr=log)
    try:
        while not (folder / ".s.PGSQL.5432").exists():
            if server.poll() is not None:
                raise RuntimeError((folder / "log").read_text())
            time.sleep(0.05)
        yield f"postgresql://ingot@/postgres?host={folder}"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
