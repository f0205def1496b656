"""Two TLS servers on the loopback with one certificate, ours and OpenSSL's, and the client that measures both."""

import re
import socket
import time

from harness import NotMeasured

PAGE_BYTES = (100, 64 << 20)  # for connections, for bytes
CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class TLSServers:
    """Both serve pages that are named for their size: `GET /100` is a hundred bytes."""

    def __init__(self, bench):
        self.bench = bench
        directory = bench.workshop.directory
        certificate, key = directory / "tls.pem", directory / "tls.key"
        bench.call("openssl", "req", "-x509", *CURVE, "-subj", "/CN=localhost", "-days", 2, "-keyout", key, "-out",
                   certificate)
        for size in PAGE_BYTES:
            (directory / str(size)).write_bytes(b"x" * size)
        self.ours, self.yardstick = free_port(), free_port()
        # s_server serves one connection after the other, on one thread; so does our one event loop for this client.
        bench.workshop.start_listening(
            self.yardstick, "openssl", "s_server", "-accept", f"127.0.0.1:{self.yardstick}", "-WWW", "-quiet", "-cert",
            certificate, "-key", key)
        bench.workshop.start_listening(self.ours, bench.swift_program("tls-pages"), certificate, key, self.ours)

    def connections(self, port):
        """Full TLS 1.3 handshakes a second, one after the other, each with a small page."""
        return self._measure(port, PAGE_BYTES[0])

    def megabytes(self, port):
        """10⁶ bytes a second over one connection at a time."""
        return self._measure(port, PAGE_BYTES[1]) * PAGE_BYTES[1] / 1e6

    def _measure(self, port, page):
        # s_time itself counts in whole seconds.
        started = time.monotonic()
        printed = self.bench.call("openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-tls1_3", "-time",
                                  max(1, round(self.bench.seconds)), "-www", f"/{page}")
        seconds = time.monotonic() - started
        counts = re.findall(r"(\d+) connections in \d+ real seconds, +(\d+) bytes read per connection", printed)
        if not counts or int(counts[0][1]) < page:
            raise NotMeasured(f"openssl s_time did not get its pages: {printed[-500:]}")
        return int(counts[0][0]) / seconds


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
