"""Another company sends a person's request by OpenDSR 2.0, is told of each change, and believes nothing unsigned."""

import base64
import json
import subprocess
import urllib.error
import urllib.request
import uuid

import traces
from erasing import Person, plant
from failing import Receiver
from suite import Brand, Suite, wait_for

DOMAIN = "processor.example"
PREFIX = "/opendsr/v2"


def run(report, programs, directory):
    suite = Suite(programs, directory / "controlled", GYRE_PROCESSOR_DOMAIN=DOMAIN,
                  GYRE_CALLBACK_PRIVATE_HOSTS="127.0.0.1")
    suite.up()
    receiver = Receiver()
    try:
        go_through(report, suite, receiver, directory)
    finally:
        suite.clean_up()
        receiver.close()


def go_through(report, suite, receiver, directory):
    brand, person, reference = Brand(suite, "Controlled"), Person(), str(uuid.uuid4())
    plant(brand, person)
    _, discovery, _ = exchange(suite, "GET", "/discovery")
    report.equal("discovery names what can be asked for", discovery["supported_subject_request_types"],
                 ["access", "erasure", "portability"])
    certificate = directory / "processor.pem"
    certificate.write_bytes(raw(suite, "GET", "/certificate.pem")[1])
    report.equal("and where the certificate is", discovery["processor_certificate"],
                 f"https://{DOMAIN}{PREFIX}/certificate.pem")

    body = {"regulation": "gdpr", "subject_request_id": reference, "subject_request_type": "erasure",
            "submitted_time": "2026-01-31", "status_callback_urls": [receiver.url],
            "subject_identities": [{"identity_type": "email", "identity_value": person.email,
                                    "identity_format": "raw"}]}
    report.equal("without a key nothing is taken", exchange(suite, "POST", "/requests", body)[0], 401)
    receiver.refuses = True
    basic = "Basic " + base64.b64encode(f"anybody:{brand.key}".encode()).decode()
    status, receipt, signed = exchange(suite, "POST", "/requests", body, basic)
    report.equal("with it as a password it is taken, and the whole body comes back in the receipt",
                 (status, json.loads(base64.b64decode(receipt["encoded_request"]))), (201, body))
    report.check("which openssl finds signed", verified(signed, certificate, directory))
    bearer = f"Bearer {brand.key}"
    wait_for(lambda: exchange(suite, "GET", f"/requests/{reference}", None, bearer)[1]["request_status"] == "completed",
             what="the end of the request")
    report.check("the request is completed", True)
    status, refusal, _ = exchange(suite, "DELETE", f"/requests/{reference}", None, bearer)
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


def raw(suite, method, path, body=None, authorization=None):
    request = urllib.request.Request(suite.url.rstrip("/") + PREFIX + path, method=method, data=body)
    if authorization:
        request.add_header("Authorization", authorization)
    try:
        with urllib.request.urlopen(request, timeout=40) as reply:
            return reply.status, reply.read(), dict(reply.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


def exchange(suite, method, path, body=None, authorization=None):
    """Status, JSON, and what is signed with its headers."""
    status, payload, headers = raw(suite, method, path, json.dumps(body).encode() if body else None, authorization)
    return status, json.loads(payload), (payload, headers)


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
