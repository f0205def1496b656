#!/usr/bin/env python3
"""Verifies a certificate that `gyre privacy certificate` printed, independently of Gyre: from the specifications, with
nothing but Python's standard library and audit_verify.py beside this file.

    certificate_verify.py FILE [--key HEX] [--audit-key-id HEX]

Checked are: the signature (Ed25519, RFC 8032) over the payload as JSON without white space; that the audit entry in it
has the hash that it says, is about this request, its brand and its completion; that the path leads from it to the root
of the head (RFC 6962, section 2.1.1); that the head is signed. The exit status is 0, or 1 when anything is wrong.
"""

import argparse
import hashlib
import json
import sys

from audit_verify import is_signed, leaf_hash, signed_bytes

CONTEXT = b"gyre-privacy-certificate-v1\n"


def root_of(index, size, leaf, path):
    """RFC 9162, section 2.1.3.2: the root that the path leads to; None when it is too short or too long."""
    if index >= size:
        return None
    number, last, found = index, size - 1, leaf
    for node in path:
        if last == 0:
            return None
        if number & 1 or number == last:
            found = hashlib.sha256(b"\1" + node + found).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + node).digest()
        number, last = number >> 1, last >> 1
    return found if last == 0 else None


def problems(certificate, key, audit_key_id):
    payload, public_key = certificate["payload"], bytes.fromhex(certificate["publicKey"])
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    if key and key.lower() != certificate["publicKey"]:
        yield "it is signed by another key"
    if hashlib.sha256(public_key).hexdigest()[:16] != certificate["keyId"]:
        yield "its key has another id"
    if not is_signed(public_key, CONTEXT + text, bytes.fromhex(certificate["signature"])):
        yield "its signature is none"
    audit = payload["audit"]
    entry, head = audit["entry"], audit["head"]
    leaf = leaf_hash(entry)
    if leaf.hex() != entry["leafHash"]:
        yield "its audit entry is not the one whose hash it gives"
    expected = {"ids": [payload["request"]], "brandId": payload["brand"], "at": payload["completedAt"],
                "method": "privacyRequests.complete"}
    if any(entry.get(name) != value for name, value in expected.items()):
        yield "its audit entry is of something else"
    root = root_of(entry["leafIndex"], head["treeSize"], leaf, [bytes.fromhex(node) for node in audit["path"]])
    if root is None or root.hex() != head["rootHash"]:
        yield "its audit entry is not in the log"
    if hashlib.sha256(bytes.fromhex(head["publicKey"])).hexdigest() != head["keyId"]:
        yield "the head names another key than its own"
    if not is_signed(bytes.fromhex(head["publicKey"]), signed_bytes(head), bytes.fromhex(head["signature"])):
        yield "the head's signature is none"
    if audit_key_id and audit_key_id != head["keyId"]:
        yield "the head is signed by another key"


def main():
    parser = argparse.ArgumentParser(description="Verifies a certificate.")
    parser.add_argument("file")
    parser.add_argument("--key", help="the key that must have signed, as gyre privacy key prints it")
    parser.add_argument("--audit-key-id", help="the key that must have signed the head, as gyre audit head shows it")
    arguments = parser.parse_args()
    with open(arguments.file, encoding="utf-8") as file:
        certificate = json.load(file)
    try:
        found = list(problems(certificate, arguments.key, arguments.audit_key_id))
    except (KeyError, TypeError, ValueError) as problem:
        found = [f"it is no certificate: {problem!r}"]
    print("Wrong: " + "; ".join(found) + "." if found else "Verified.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
