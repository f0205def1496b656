"""The TLS ports, with clients that nobody here wrote: Python's ssl and the openssl command."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess

from suite import CALL_SECONDS, Brand, Suite, wait_for

HANDSHAKE_MILLISECONDS = 2_000
CONNECTIONS = 64
LONE_HELLO = bytes([22, 3, 1])


def run(report, programs, directory):
    if not shutil.which("openssl"):
        report.skip("the TLS ports", "the openssl command makes their certificates")
        return
    authority = Authority(directory / "certificates")
    first, shop = authority.make("localhost"), authority.make("shop.example")
    refused(report, programs, directory, authority, first)
    # Handshakes of this one address are many, and none of them is refused for that.
    suite = Suite(programs, directory / "encrypted", GYRE_TLS_LINE_PORT=0, GYRE_TLS_HTTP_PORT=0,
                  GYRE_TLS_ADDRESS="127.0.0.1", GYRE_TLS_CERTIFICATES=f"{first.chain},{shop.chain}",
                  GYRE_TLS_KEYS=f"{first.key},{shop.key}", GYRE_ADDRESS_RATE=1_000_000,
                  GYRE_TLS_HANDSHAKE_MILLISECONDS=HANDSHAKE_MILLISECONDS, GYRE_CONNECTIONS_PER_ADDRESS=CONNECTIONS)
    try:
        ready = suite.up()
        line, web = (int(ready[door].rsplit(":", 1)[1]) for door in ("tlsLine", "tlsHTTP"))
        brand = Brand(suite, "Encrypted")
        doors = Doors(authority, line, web, brand)
        versions(report, doors)
        names(report, doors, shop)
        protocols(report, doors)
        pages(report, doors)
        other_sites(report, doors)
        ends(report, doors)
        strangers(report, doors)
        slow(report, doors)
        renewed(report, suite, doors, authority, first)
        findings(report, suite)
        restarted(report, suite, doors)
    finally:
        suite.clean_up()


class Certificate:
    """A certificate chain and its key."""

    def __init__(self, directory, name):
        self.chain, self.key = directory / f"{name}.pem", directory / f"{name}.key"

    @property
    def serial(self):
        printed = openssl("x509", "-in", self.chain, "-noout", "-serial")
        return printed.strip().split("=")[1]


class Authority:
    """A root, one below it, and servers' certificates from that one: made by the openssl command."""

    def __init__(self, directory):
        directory.mkdir(mode=0o700)
        self.directory, self.made = directory, 0
        self.root = directory / "root.pem"
        openssl("req", "-x509", *CURVE, "-days", 2, "-subj", "/CN=Root", "-keyout", directory / "root.key", "-out", self.root)
        self.between = self.sign("between", "Between", "basicConstraints=critical,CA:TRUE", "root", 2)

    def make(self, host, days=1):
        self.made += 1
        name = f"{host}-{self.made}"
        made = self.sign(name, host, f"subjectAltName=DNS:{host}", "between", days)
        made.chain.write_text(made.chain.read_text() + self.between.chain.read_text())
        return made

    def sign(self, name, subject, extensions, issuer, days):
        made = Certificate(self.directory, name)
        request, added = self.directory / f"{name}.csr", self.directory / f"{name}.ext"
        added.write_text(extensions + "\n")
        openssl("req", *CURVE, "-subj", f"/CN={subject}", "-keyout", made.key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.directory / f"{issuer}.pem", "-CAkey",
                self.directory / f"{issuer}.key", "-days", days, "-extfile", added, "-out", made.chain,
                "-set_serial", "0x" + os.urandom(8).hex())
        return made


CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"openssl {arguments[0]} failed: {done.stderr}")
    return done.stdout


class Doors:
    """Both ports, and how to talk to them."""

    def __init__(self, authority, line, web, brand):
        self.authority, self.line, self.web, self.brand = authority, line, web, brand

    def context(self, version=None, protocols=()):
        context = ssl.create_default_context(cafile=str(self.authority.root))
        if version:
            context.minimum_version = context.maximum_version = version
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context

    def connect(self, port=None, name="localhost", **options):
        plain = socket.create_connection(("127.0.0.1", port or self.line), timeout=CALL_SECONDS)
        try:
            return self.context(**options).wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise

    def request(self, number=1):
        return json.dumps({"jsonrpc": "2.0", "id": number, "method": "actors.count",
                           "meta": {"key": self.brand.key}}).encode() + b"\n"

    def call(self, connection, number=1):
        """One call over an open connection; what it answers."""
        connection.sendall(self.request(number))
        received = b""
        while not received.endswith(b"\n"):
            part = connection.recv(65_536)
            if not part:
                raise ConnectionError("the connection was closed")
            received += part
        return json.loads(received)

    def works(self):
        with self.connect() as connection:
            return "result" in self.call(connection)


def refused(report, programs, directory, authority, first):
    expired = authority.make("localhost", days=-1)
    for what, files, says in [
        ("an expired certificate", (expired.chain, expired.key), ["GYRE_TLS_CERTIFICATES", str(expired.chain), "expired"]),
        ("a key that is missing", (first.chain, directory / "none.key"), ["GYRE_TLS_KEYS", str(directory / "none.key")]),
        ("a key of another certificate", (first.chain, expired.key), ["GYRE_TLS_KEYS", str(expired.key)]),
    ]:
        suite = Suite(programs, directory / "refused", GYRE_TLS_LINE_PORT=0, GYRE_TLS_ADDRESS="127.0.0.1",
                      GYRE_TLS_CERTIFICATES=files[0], GYRE_TLS_KEYS=files[1])
        done = suite.run("up", "--detach")
        said = done.stderr + done.stdout
        report.check(f"gyre up with {what} fails, and names setting and file",
                     done.returncode != 0 and all(word in said for word in says), said)
        suite.clean_up()


def versions(report, doors):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with doors.connect(version=version) as connection:
            reply = doors.call(connection)
            report.check(f"Python calls over {connection.version()}", "result" in reply, reply)
    for option, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
        client = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{doors.line}", "-CAfile", str(doors.authority.root),
             "-servername", "localhost", "-verify_hostname", "localhost", "-verify_return_error", "-brief", option],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        client.stdin.write(doors.request(7))
        client.stdin.flush()
        reply = client.stdout.readline()
        _, said = client.communicate(timeout=CALL_SECONDS)
        report.check(f"openssl s_client calls over {name}", b'"id":7,"result"' in reply and name.encode() in said,
                     (reply, said))


def names(report, doors, shop):
    def serial(name):
        with doors.connect(name=name) as connection:
            return connection.getpeercert()["serialNumber"].lstrip("0")

    report.equal("a client that names the shop gets the shop's certificate", serial("shop.example"), shop.serial.lstrip("0"))
    report.check("another gets the first one", serial("localhost") != shop.serial.lstrip("0"))
    try:
        serial("nobody.example")
        report.check("who names a host that is not ours refuses us", False)
    except ssl.SSLCertVerificationError as error:
        report.check("who names a host that is not ours refuses us", "mismatch" in error.verify_message)


def protocols(report, doors):
    def agreed(port, *named):
        try:
            with doors.connect(port, protocols=named) as connection:
                return connection.selected_alpn_protocol()
        except (ssl.SSLError, ConnectionError) as error:
            return "refused" if "no application protocol" in str(error).lower() else str(error)

    report.equal("HTTP is agreed on by name (ALPN)", agreed(doors.web, "h2", "http/1.1"), "http/1.1")
    report.equal("HTTP/2 alone", agreed(doors.web, "h2"), "refused")
    report.equal("HTTP at the port for lines", agreed(doors.line, "http/1.1"), "refused")
    report.equal("a client that names nothing", agreed(doors.line), None)


def pages(report, doors):
    client = http.client.HTTPSConnection("localhost", doors.web, timeout=CALL_SECONDS, context=doors.context())
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "actors.count"})
    headers = {"Authorization": f"Bearer {doors.brand.key}", "Content-Type": "application/json"}
    replies = []
    for _ in range(3):
        client.request("POST", "/rpc", body, headers)
        reply = client.getresponse()
        replies.append((reply.status, "result" in json.loads(reply.read())))
    report.equal("three calls over one HTTPS connection", replies, [(200, True)] * 3)
    client.request("POST", "/rpc", body)
    reply = client.getresponse()
    refusal = (reply.status, json.loads(reply.read())["error"]["code"])
    report.equal("without a key", refusal[0], 401)
    for path, status in (("/", 303), ("/healthz", 200), ("/metrics", 404), ("/metrics/tenancy", 404), ("/readyz", 404)):
        client.request("GET", path)
        reply = client.getresponse()
        reply.read()
        report.equal(f"{path} over TLS", reply.status, status)
    client.close()


def other_sites(report, doors):
    """What a browser asks for a page of another site, before a call and with it."""
    brand = doors.brand
    brand.call("experiments.create", {
        "key": "checkout", "name": "Checkout", "unitType": "user",
        "variants": [{"key": "control", "allocation": 5_000, "isControl": True}, {"key": "new", "allocation": 5_000}]})
    rules, _ = brand.new_key("rules", "features:read", "exposures:write")
    remote, _ = brand.new_key("remote", "features:evaluate")
    server, _ = brand.new_key("server", "assignments:read")
    client = http.client.HTTPSConnection("localhost", doors.web, timeout=CALL_SECONDS, context=doors.context())
    origin = {"Origin": "https://shop.example"}

    def ask(method, path, headers, body=None):
        client.request(method, path, body, {**origin, **headers})
        reply = client.getresponse()
        # A stream goes on: its head is enough.
        if reply.headers.get_content_type() != "text/event-stream":
            answer = reply.read()
            return reply, json.loads(answer) if answer[:1] == b"{" else None
        client.close()
        return reply, None

    bulk = ask("POST", "/ofrep/v1/evaluate/flags", {"X-API-Key": server}, b"{}")[1]
    stream = bulk["eventStreams"][0]["endpoint"]["requestUri"]
    for method, path, headers, body in [
            ("POST", "/ofrep/v1/evaluate/flags", {"X-API-Key": server}, b"{}"), ("GET", stream, {}, None),
            ("GET", f"/api/features/{rules}", {}, None), ("GET", f"/sub/{rules}", {}, None),
            ("POST", f"/api/eval/{remote}", {}, b"{}"), ("POST", f"/track?client_key={rules}", {}, b"[]")]:
        door = "/" + path.split("?")[0].strip("/").removesuffix(rules).removesuffix(remote).strip("/")
        before, _ = ask("OPTIONS", path, {"Access-Control-Request-Method": method,
                                          "Access-Control-Request-Headers": "content-type, x-api-key"})
        answer, _ = ask(method, path, {"Content-Type": "application/json", **headers}, body)
        report.check(f"pages of other sites may {method} {door[:30]} over TLS",
                     before.status == 204 and before.headers["Access-Control-Allow-Methods"] == method
                     and "x-api-key" in before.headers["Access-Control-Allow-Headers"]
                     and answer.status == 200
                     and {before.headers["Access-Control-Allow-Origin"],
                          answer.headers["Access-Control-Allow-Origin"]} == {"*"},
                     (before.status, answer.status, dict(before.headers.items()), dict(answer.headers.items())))
    before, _ = ask("OPTIONS", "/rpc", {"Access-Control-Request-Method": "POST"})
    report.check("but not POST /rpc", "Access-Control-Allow-Origin" not in before.headers and before.status >= 400,
                 (before.status, dict(before.headers.items())))
    client.close()


def ends(report, doors):
    connection = doors.connect()
    doors.call(connection)
    try:
        plain = connection.unwrap()
        report.check("our close_notify is answered by theirs, then the connection ends", plain.recv(1) == b"")
    except (ssl.SSLError, OSError) as error:
        report.check("our close_notify is answered by theirs", False, error)
    # Half closure: say everything, then close_notify, then read.
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = doors.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", doors.line), timeout=CALL_SECONDS) as plain:
        def pump(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    plain.sendall(outgoing.read())
                    part = plain.recv(65_536)
                    incoming.write(part) if part else incoming.write_eof()

        pump(client.do_handshake)
        client.write(doors.request(8) + doors.request(9))
        try:
            client.unwrap()
        except ssl.SSLWantReadError:
            pass
        plain.sendall(outgoing.read())
        received = b""
        try:
            while part := pump(lambda: client.read(65_536)):
                received += part
        except ssl.SSLZeroReturnError:
            pass  # their close_notify
        numbers = sorted(json.loads(line)["id"] for line in received.splitlines())
        report.equal("a client that says no more still gets its replies", numbers, [8, 9])
    with doors.connect() as connection:
        connection.sendall(doors.request())
        socket.socket(fileno=connection.detach()).close()
    report.check("a client that is gone without a word bothers nobody", doors.works())


def strangers(report, doors):
    outcomes = []
    for sent in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\0" * 100, doors.request()):
        for port in (doors.line, doors.web):
            with socket.create_connection(("127.0.0.1", port), timeout=CALL_SECONDS) as plain:
                outcomes.append(ended(plain, sent))
    report.check("what does not speak TLS is shown the door, and learns nothing", all(outcomes), outcomes)
    report.check("and others are served", doors.works())


def ended(plain, sent):
    """Whether the peer closes after this, having said nothing but an alert."""
    received = b""
    try:
        plain.sendall(sent)
        while part := plain.recv(65_536):
            received += part
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return len(received) <= 7 and received[:1] in (b"", b"\x15")


def slow(report, doors):
    idle = [socket.create_connection(("127.0.0.1", port), timeout=CALL_SECONDS)
            for _ in range(CONNECTIONS // 2 - 4) for port in (doors.line, doors.web)]
    for connection in idle:
        connection.sendall(LONE_HELLO)
    report.check(f"others are served while {len(idle)} handshakes hang", doors.works())
    report.check("handshakes that hang are cut off", all(ended(connection, b"") for connection in idle))
    for connection in idle:
        connection.close()
    held = [wait_for(lambda: quietly(doors.connect), what="a connection") for _ in range(CONNECTIONS)]
    report.check("an address that has its share of connections gets no more", not quietly(doors.connect))
    for connection in held:
        connection.close()
    report.check("and again when it lets go", wait_for(lambda: quietly(doors.works), what="a connection"))


def quietly(action):
    try:
        return action()
    except OSError:
        return False


def renewed(report, suite, doors, authority, first):
    def serial():
        with doors.connect() as connection:
            return int(connection.getpeercert()["serialNumber"], 16)

    def install(certificate):
        for old, new in ((first.chain, certificate.chain), (first.key, certificate.key)):
            beside = pathlib.Path(f"{old}.new")
            shutil.copy(new, beside)
            beside.rename(old)

    def log(text):
        return text in (suite.directory / "logs" / "gateway.log").read_text()

    second, expired = authority.make("localhost"), authority.make("localhost", days=-1)
    with doors.connect() as living:
        doors.call(living)
        install(second)
        os.kill(suite.pid("gateway"), signal.SIGHUP)
        wait_for(lambda: serial() == int(second.serial, 16), what="the renewed certificate")
        report.check("SIGHUP brings a renewed certificate in", True)
        report.check("a connection of before lives on", "result" in doors.call(living))
        install(expired)
        os.kill(suite.pid("gateway"), signal.SIGHUP)
        wait_for(lambda: log("the TLS certificates cannot be read again"), what="a line in the log")
        report.equal("one that has expired is not taken, and the log says so", serial(), int(second.serial, 16))
        report.check("and the connection lives on still", "result" in doors.call(living))
        install(second)


def restarted(report, suite, doors):
    suite.kill("gateway")
    report.check("a gateway that was killed is back at the port for lines",
                 wait_for(lambda: quietly(doors.works), what="the port for lines"))

    def page():
        client = http.client.HTTPSConnection("localhost", doors.web, timeout=CALL_SECONDS, context=doors.context())
        client.request("GET", "/healthz")
        return client.getresponse().status

    report.equal("and at the port for HTTP", wait_for(lambda: quietly(page), what="the port for HTTP"), 200)
    named = json.loads((suite.directory / "run" / "tls.json").read_text())
    report.equal("it says the ports that gyre up said",
                 [int(named[door].rsplit(":", 1)[1]) for door in ("line", "http")], [doors.line, doors.web])


def findings(report, suite):
    found = {entry["subject"]: entry for entry in suite.gyre_json("doctor")["items"]}
    report.check("gyre doctor knows the ports and the certificate",
                 all(found.get(name, {}).get("verdict") != "problem" and name in found
                     for name in ("TLS, lines", "TLS, HTTP", "TLS, certificate")), found)
    _, figures = suite.http("/metrics")
    counted = re.findall(r'gyre_tls_(handshakes|refused_handshakes)_total\{door="(line|http)",', figures.decode())
    report.check("handshakes are counted by door and outcome",
                 {("handshakes", "line"), ("handshakes", "http"), ("refused_handshakes", "line")} <= set(counted),
                 figures.decode()[-2000:])
