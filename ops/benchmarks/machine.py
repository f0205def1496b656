"""What the kernel says about this machine and its processes, and the processes a benchmark starts."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 10


class Stopwatch:
    """The share of CPU time that other guests of the host stole since it was made."""

    def __init__(self):
        self.before = self._read()

    @staticmethod
    def _read():
        with open("/proc/stat") as stat:
            fields = [int(field) for field in stat.readline().split()[1:9]]
        return sum(fields), fields[7]

    def stolen(self):
        total, stolen = self._read()
        return (stolen - self.before[1]) / max(1, total - self.before[0])


def cpu_microseconds(pid):
    """User and system time of all threads of a process. The kernel scales it from exact run times, not from ticks."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e6 / TICKS_PER_SECOND


def resident_mebibytes(pids):
    """Sum of proportional set sizes: a page shared by n processes counts 1/n for each, so nothing counts twice."""
    kibibytes = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kibibytes += int(line.split()[1])
    return kibibytes / 1024


def is_alive(pid):
    """A zombie has ended, although its number is still taken."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def end_process(pid):
    """Asks, waits, insists."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + STOP_SECONDS
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)


class Workshop:
    """A directory for everything a run writes, and the processes it starts. Both are gone when it closes."""

    def __init__(self, parent=None):
        # Short, because the path of a Unix socket holds 107 bytes.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="gyre-bench-", dir=parent))
        self.processes = []
        self.closers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for close in reversed(self.closers):
            try:
                close()
            except Exception as problem:  # One thing that will not close must not keep the others open.
                print(f"closing: {problem}")
        for process in reversed(self.processes):
            self.stop(process)
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self, *command):
        """Starts a server, its output in a log of its own."""
        log = self.directory / f"{pathlib.Path(command[0]).name}.log"
        with open(log, "ab") as output:
            process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=output,
                                       stdin=subprocess.DEVNULL, cwd=self.directory)
        process.log = log
        self.processes.append(process)
        return process

    def start_listening(self, path, *command, seconds=20):
        """Starts a server and waits until it takes connections on a Unix socket, or on a port of the loopback."""
        family, address = socket.AF_UNIX, str(path)
        if isinstance(path, int):
            family, address = socket.AF_INET, ("127.0.0.1", path)
        process = self.start(*command)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended: {process.log.read_text()[-500:]}")
            with socket.socket(family) as probe:
                try:
                    probe.connect(address)
                    return process
                except OSError:
                    time.sleep(0.02)
        raise RuntimeError(f"{command[0]} did not listen on {path} within {seconds} s")

    def stop(self, process):
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def filesystem_of(path):
    """The type of the file system a path lies on: "ext4", "tmpfs" …"""
    path = str(pathlib.Path(path).resolve())
    best = ("", "unknown")
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, mount, kind = line.split()[:3]
        inside = path == mount or path.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1]
