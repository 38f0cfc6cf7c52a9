"""Programs that run beside a test, without rights, and end with it."""
import glob
import pathlib
import shutil
import subprocess
import tempfile

import host

WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]  # ends when the thread that started it does


def find(program):
    """Debian's own before others; PostgreSQL's programs are not where others are."""
    places = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", *sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)]
    return shutil.which(program, path=":".join(places))


class Daemons:
    """They write to a folder of their own, each to its log there."""

    def __init__(self, prefix):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=host.SCRATCH, prefix=prefix))
        self.folder.chmod(0o755)
        self.daemons = []

    def make_folder(self, name):
        """One in which daemons may write."""
        path = self.folder / name
        path.mkdir()
        if host.IS_ROOT:
            shutil.chown(path, 65534, 65534)
        return path

    def daemon(self, namespace, *argv, environment=None, user=host.AS_NOBODY):
        """A program in there, as a user without rights by default."""
        log = open(self.folder / (pathlib.Path(argv[0]).name + ".log"), "ab")  # noqa: SIM115
        with log, namespace:
            started = subprocess.Popen([*user, *WITH_US, *map(str, argv)], stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL, cwd="/",
                                       env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.folder),
                                            "LC_ALL": "C.UTF-8"} | (environment or {}))
        self.daemons.append(started)
        return started

    def end_daemons(self):
        for daemon in self.daemons:
            daemon.kill()
            daemon.wait()

    def logs(self):
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))
