"""Another company sends people's requests by OpenDSR 2.0 over TLS, is told of each change, and believes nothing unsigned."""

import base64
import hashlib
import json
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
import uuid

import traces
from encrypting import Authority
from erasing import Person, plant
from failing import Receiver
from suite import Brand, Suite, wait_for

DOMAIN = "processor.example"
PREFIX = "/opendsr/v2"
DOWNLOADS = 5


def run(report, programs, directory):
    if not shutil.which("openssl"):
        report.skip("another company", "the openssl command makes the certificates and checks the signatures")
        return
    authority = Authority(directory / "company-certificates")
    own = authority.make("localhost")
    suite = Suite(programs, directory / "controlled", GYRE_PROCESSOR_DOMAIN=DOMAIN,
                  GYRE_CALLBACK_PRIVATE_HOSTS="127.0.0.1", GYRE_TLS_HTTP_PORT=0, GYRE_TLS_ADDRESS="127.0.0.1",
                  GYRE_TLS_CERTIFICATES=own.chain, GYRE_TLS_KEYS=own.key)
    ready = suite.up()
    receiver = Receiver()
    try:
        door = Door(int(ready["tlsHTTP"].rsplit(":", 1)[1]), authority)
        brand = Brand(suite, "Controlled")
        certificate = directory / "processor.pem"
        certificate.write_bytes(door.raw("GET", "/certificate.pem")[1])
        copied(report, suite, door, Brand(suite, "Copied"), certificate, directory)
        erased(report, suite, door, brand, receiver, certificate, directory)
    finally:
        suite.clean_up()
        receiver.close()


class Door:
    """The HTTP port for the world, whose certificate is checked."""

    def __init__(self, port, authority):
        self.url = f"https://localhost:{port}{PREFIX}"
        self.context = ssl.create_default_context(cafile=str(authority.root))

    def raw(self, method, path, body=None, authorization=None):
        request = urllib.request.Request(self.url + path, method=method, data=body)
        if authorization:
            request.add_header("Authorization", authorization)
        try:
            with urllib.request.urlopen(request, timeout=40, context=self.context) as reply:
                return reply.status, reply.read(), dict(reply.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def exchange(self, method, path, body=None, authorization=None):
        """Status, JSON, and what is signed with its headers."""
        status, payload, headers = self.raw(method, path, json.dumps(body).encode() if body else None, authorization)
        return status, json.loads(payload), (payload, headers)

    def ended(self, reference, authorization):
        """What the status says of a request that is completed."""
        return wait_for(lambda: self.is_ended(reference, authorization), what="the end of the request")

    def is_ended(self, reference, authorization):
        status = self.exchange("GET", f"/requests/{reference}", None, authorization)[1]
        return status if status["request_status"] == "completed" else None


def asking(kind, reference, person, *urls):
    return {"regulation": "gdpr", "subject_request_id": reference, "subject_request_type": kind,
            "submitted_time": "2026-01-31", "status_callback_urls": list(urls),
            "subject_identities": [{"identity_type": "email", "identity_value": person.email,
                                    "identity_format": "raw"}]}


def copied(report, suite, door, brand, certificate, directory):
    """A copy is asked for, approved by staff, fetched by the company, and opened with the passphrase alone."""
    person, reference, bearer = Person(), str(uuid.uuid4()), f"Bearer {brand.key}"
    plant(brand, person)
    report.equal("over TLS a request for a copy is taken",
                 door.exchange("POST", "/requests", asking("access", reference, person), bearer)[0], 201)
    results = f"/requests/{reference}/results"
    report.equal("nobody gets what nobody approved", door.raw("GET", results, None, bearer)[0], 400)
    with suite.admin(brand.id) as connection:
        request = connection.call("privacyRequests.list", {"reference": reference})["items"][0]
        passphrase = connection.call("privacyRequests.approve", {"id": request["id"]})["passphrase"]
    status = door.ended(reference, bearer)
    report.equal("the status of a completed one says where the copy is", status.get("results_url"),
                 f"https://{DOMAIN}{PREFIX}{results}")
    report.equal("without a key it is not given", door.raw("GET", results)[0], 401)
    copies = [door.raw("GET", results, None, bearer) for _ in range(DOWNLOADS + 1)]
    with suite.admin(brand.id) as connection:
        archive = connection.call("privacyRequests.get", {"id": request["id"]})["archive"]
    report.equal(f"with one it is, {DOWNLOADS} times", [copy[0] for copy in copies], [200] * DOWNLOADS + [400])
    whole = {hashlib.sha256(payload).hexdigest() for _, payload, _ in copies[:DOWNLOADS]}
    report.equal("each time whole", whole, {archive["sha256"]})
    report.check("and signed", verified(copies[0][1:], certificate, directory)
                 and not verified((copies[0][1][1:], copies[0][2]), certificate, directory))
    report.check("then the status names it no more", "results_url" not in door.ended(reference, bearer))
    path = directory / "company.gyre"
    path.write_bytes(copies[0][1])
    opened = subprocess.run([str(suite.program), "privacy", "open", str(path), "--output", str(directory / "company")],
                            input=passphrase + "\n", capture_output=True, text=True)
    held = [file for file in (directory / "company").rglob("*") if file.is_file()
            and person.email.encode() in file.read_bytes()]
    report.check("the person's passphrase opens it, and they are in it", opened.returncode == 0 and held, opened.stderr)


def erased(report, suite, door, brand, receiver, certificate, directory):
    person, reference = Person(), str(uuid.uuid4())
    plant(brand, person)
    _, discovery, _ = door.exchange("GET", "/discovery")
    report.equal("discovery names what can be asked for", discovery["supported_subject_request_types"],
                 ["access", "erasure", "portability"])
    report.equal("and where the certificate is", discovery["processor_certificate"],
                 f"https://{DOMAIN}{PREFIX}/certificate.pem")

    body = asking("erasure", reference, person, receiver.url)
    report.equal("without a key nothing is taken", door.exchange("POST", "/requests", body)[0], 401)
    receiver.refuses = True
    basic = "Basic " + base64.b64encode(f"anybody:{brand.key}".encode()).decode()
    status, receipt, signed = door.exchange("POST", "/requests", body, basic)
    report.equal("with it as a password it is taken, and the whole body comes back in the receipt",
                 (status, json.loads(base64.b64decode(receipt["encoded_request"]))), (201, body))
    report.check("which openssl finds signed", verified(signed, certificate, directory))
    bearer = f"Bearer {brand.key}"
    door.ended(reference, bearer)
    report.check("the request is completed", True)
    status, refusal, _ = door.exchange("DELETE", f"/requests/{reference}", None, bearer)
    report.check("it can no longer be taken back, and the refusal says so",
                 status == 400 and "completed" in refusal["error"]["message"], refusal)
    found, _, _ = traces.search(suite.directory, person.values)
    report.check("nothing is left of the person in any file", not found, found)

    waiting = ["privacy", "callbacks", "--brand", brand.id, "--state", "waiting"]
    wait_for(lambda: any(item["attempts"] for item in suite.gyre_json(*waiting)["items"]),
             what="the first attempt")
    suite.kill("gateway")
    receiver.refuses = False
    wait_for(lambda: receiver.statuses(reference)[-1:] == ["completed"], what="the last callback")
    report.equal("the gateway is killed while nobody takes the first callback; each change is told all the same, in order",
                 receiver.statuses(reference), ["pending", "in_progress", "completed"])
    callbacks = [(payload, headers) for _, payload, headers in receiver.told]
    report.check("openssl finds every callback signed, and none of them changed",
                 all(verified(callback, certificate, directory) for callback in callbacks)
                 and not verified((callbacks[0][0] + b" ", callbacks[0][1]), certificate, directory))
    states = wait_for(lambda: all_delivered(suite, brand), what="the record of it")
    report.equal("gyre privacy callbacks says so", states, {"delivered"})


def all_delivered(suite, brand):
    """Its states once none waits."""
    done = suite.run("privacy", "callbacks", "--brand", brand.id, "--json")
    states = {item["state"] for item in json.loads(done.stdout)["items"]} if done.returncode == 0 else set()
    return states if "waiting" not in states else None


def verified(signed, certificate, directory):
    """Whether openssl takes the signature for the certificate's key and these bytes."""
    payload, headers = signed
    headers = {name.lower(): value for name, value in headers.items()}
    if headers.get("x-opendsr-processor-domain") != DOMAIN:
        return False
    key, body, signature = (directory / f"opendsr.{name}" for name in ("key", "body", "signature"))
    body.write_bytes(payload)
    signature.write_bytes(base64.b64decode(headers["x-opendsr-signature"]))
    extract = ["openssl", "x509", "-in", str(certificate), "-pubkey", "-noout", "-out", str(key)]
    subprocess.run(extract, check=True, capture_output=True)
    check = ["openssl", "dgst", "-sha256", "-verify", str(key), "-signature", str(signature), str(body)]
    return subprocess.run(check, capture_output=True).returncode == 0
