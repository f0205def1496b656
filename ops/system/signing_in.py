"""The page at /, as a member of staff meets it: sign in, look, sign out."""

import base64
import hmac
import http.client
import json
import re
import struct
import time
import urllib.parse

from suite import CALL_SECONDS, Brand, Connection, Suite, wait_for

PASSWORD = "correct horse battery"


def run(report, programs, directory):
    suite = Suite(programs, directory / "signing")
    try:
        suite.up()
        brand = Brand(suite, "Signing & Sons")
        other = Brand(suite, "Elsewhere")
        for role, address in (("owner", "ada@example.org"), ("viewer", "eve@example.org")):
            invited = suite.gyre_json("users", "invite", address, "--role", role, "--brand", brand.id)
            suite.gyre("users", "accept", invited["token"], "--name", address.split("@")[0].title(), text=PASSWORD + "\n")
        suite.gyre("privacy", "erase", "--brand", brand.id, "--regulation", "gdpr", "--code", "email=x@example.org")
        look(report, suite, brand, other)
        second_factor(report, suite, brand)
        lock_out(report, suite, brand)
    finally:
        suite.clean_up()


class Browser:
    """Keeps cookies, sends forms, follows nothing."""

    def __init__(self, suite):
        self.netloc = urllib.parse.urlsplit(suite.url).netloc
        self.cookies = {}

    def send(self, method, path, fields=None):
        client = http.client.HTTPConnection(self.netloc, timeout=CALL_SECONDS)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self.netloc}"}
        client.request(method, path, body, headers)
        reply = client.getresponse()
        text = reply.read().decode()
        for cookie in reply.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        client.close()
        return reply.status, reply.headers.get("Location"), text

    def sign_in(self, brand, address, password=PASSWORD, **more):
        _, _, form = self.send("GET", "/sign-in")
        return self.send("POST", "/sign-in", {
            "token": token(form), "brand": brand.id, "email": address, "password": password, **more})


def shows_head(suite, browser):
    """A head is signed a second after the first entries; the next one may come while we look."""
    done = suite.run("call", "auditLog.head", "--admin")
    return done.returncode == 0 and json.loads(done.stdout)["rootHash"] in browser.send("GET", "/")[2]


def token(page):
    return re.search(r'name="token" value="([0-9a-f]+)"', page).group(1)


def look(report, suite, brand, other):
    browser = Browser(suite)
    status, location, _ = browser.sign_in(brand, "ada@example.org")
    report.equal("an owner signs in on the page", (status, location), (303, "/"))
    status, _, page = browser.send("GET", "/")
    request = json.loads(suite.gyre("privacy", "list", "--brand", brand.id, "--json"))["items"][0]
    report.check("sees who they are, and where", status == 200 and "Ada, owner of Signing &amp; Sons" in page, page)
    report.check("their brand's privacy request and its deadline",
                 request["id"] in page and request["dueAt"][:10] in page and "days" in page, (request, page))
    report.check("their brand's key", brand.key[:16] in page and "*:*" in page, page)
    report.check("no other brand's key", other.key[:16] not in page)
    report.check("no key as a whole, and no token", brand.key not in page and "gy_sess_" not in page)
    report.check("the head of the audit log", wait_for(lambda: shows_head(suite, browser), what="a head that is signed"))
    stolen = dict(browser.cookies)
    session = stolen["gyre-session"].split(".")[0]
    refused = suite.http("/rpc", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "signals.summarize"}).encode(),
                         Authorization=f"Bearer {session}")
    report.equal("a session of the page does no more than the page shows", refused[0], 403)
    status, location, _ = browser.send("POST", "/sign-out", {"token": token(page)})
    report.equal("and signs out", (status, location, "gyre-session" in browser.cookies), (303, "/sign-in", False))
    browser.cookies = stolen
    status, location, _ = browser.send("GET", "/")
    report.equal("what was a session is none any more", (status, location), (303, "/sign-in?ended=1"))
    viewer = Browser(suite)
    viewer.sign_in(brand, "eve@example.org")
    _, _, page = viewer.send("GET", "/")
    report.check("a viewer sees none of it", "Your role sees neither" in page and brand.key[:16] not in page, page)


def second_factor(report, suite, brand):
    with Connection(suite.socket) as connection:
        signed = connection.call("sessions.create", {
            "brandId": brand.id, "email": "eve@example.org", "password": PASSWORD})
        secret = connection.call("authenticators.enroll", key=signed["token"])["secret"]
        confirmed = connection.call("authenticators.confirm", {"code": app_code(secret)}, key=signed["token"])
    browser = Browser(suite)
    status, _, page = browser.sign_in(brand, "eve@example.org")
    report.check("who has an authenticator app is asked for its code", status == 401 and "authenticator app: send" in page, page)
    recovery = confirmed["recoveryCodes"][0]
    report.equal("and signs in with a recovery code", browser.sign_in(brand, "eve@example.org", code=recovery)[:2], (303, "/"))
    report.equal("which is good for once", browser.sign_in(brand, "eve@example.org", code=recovery)[0], 401)


def app_code(secret):
    """What the app shows now (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    tag = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, "sha1")
    start = tag[-1] & 15
    return f"{(int.from_bytes(tag[start:start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def lock_out(report, suite, brand):
    browser = Browser(suite)
    answers = [browser.sign_in(brand, "ada@example.org", "wrong")[::2] for _ in range(6)]
    report.equal("wrong passwords", [status for status, _ in answers], [401] * 5 + [429])
    report.check("and the form says until when to wait", "try again after" in answers[-1][1], answers[-1])
