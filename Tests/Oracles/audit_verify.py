#!/usr/bin/env python3
"""Verifies an audit log that `gyre audit verify --export FILE` wrote, independently of Gyre: from the specifications,
with nothing but Python's standard library.

    audit_verify.py FILE [--key-id HEX] [--json]

The file holds one JSON object a line, by its member `type`:
    entry       an audit entry, as auditEntries.list returns it, in the order of the log
    head        a head that the log itself gave out (auditLog.head)
    witness     a head as another service was told it (auditWitnesses.list)

Checked are: that entries are numbered from 0 without a gap; that each has the leaf hash that the log keeps for it; that
the tree over them (RFC 6962, section 2.1) has the root of every head; that every head is signed (Ed25519, RFC 8032) by
the key that was the log's at its size; that each key but the first was signed by the one before, in an entry that heads
of the new key cover and heads of the old one do not; that the key named with --key-id, if it is given, is one of them and
has signed; that no witness refused a head; that no head covers more entries than there are. Says in one line what was
verified, or what is wrong. Where a key was lost and the platform had witnesses take the next one all the same, the
entry and each witness say so: that is a break, told in a line of its own, and what was refused before it for its key is
accepted. The exit status is 0; 1 when anything is wrong; 2 when nothing is, but there is a break.
"""

import argparse
import datetime
import hashlib
import json
import sys

HEAD_CONTEXT = b"gyre audit tree head 1\n"
SUCCESSION_CONTEXT = b"gyre audit key succession 1\n"
ADOPTION_CONTEXT = b"gyre audit key adoption 1\n"
UNHASHED = ("type", "leafIndex", "leafHash")


# --- Canonical bytes

def canonical(value):
    """RFC 8785 for what entries consist of: objects, arrays and strings."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(element) for element in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    raise ValueError(f"an entry holds no {type(value).__name__}")


def leaf_hash(entry):
    hashed = {name: value for name, value in entry.items() if name not in UNHASHED}
    return hashlib.sha256(b"\0" + canonical(hashed).encode()).digest()


def microseconds(timestamp):
    moment = datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)


def signed_bytes(head):
    return (
        HEAD_CONTEXT
        + microseconds(head["timestamp"]).to_bytes(8, "big")
        + head["treeSize"].to_bytes(8, "big")
        + bytes.fromhex(head["rootHash"])
        + bytes.fromhex(head["keyId"])
    )


# --- The tree (RFC 6962, section 2.1)

class Tree:
    """The roots of the complete subtrees, largest first: enough to append and to know the root."""

    def __init__(self):
        self.size = 0
        self.subtrees = []

    def append(self, leaf):
        size = self.size
        while size & 1:
            leaf = hashlib.sha256(b"\1" + self.subtrees.pop() + leaf).digest()
            size >>= 1
        self.subtrees.append(leaf)
        self.size += 1

    def root(self):
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        root = self.subtrees[-1]
        for subtree in reversed(self.subtrees[:-1]):
            root = hashlib.sha256(b"\1" + subtree + root).digest()
        return root


# --- Ed25519 (RFC 8032, section 5.1)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def add(a, b):
    """Points in extended homogeneous coordinates (X, Y, Z, T)."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def equal(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def is_signed(public_key, message, signature):
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a, r = decompress(public_key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    return equal(multiply(s, BASE), add(r, multiply(h, a)))


# --- The verification

def accepts(adoption, refused):
    """Whether a head that the platform had taken accepts that another was refused: for its key, by the same witness,
    before, and for the same head that both contradict."""
    return (refused["problem"] == "key" and refused["witness"] == adoption["witness"]
            and refused["number"] < adoption["number"] and refused.get("contradicts") == adoption.get("contradicts"))


class Verification:
    def __init__(self, key_id=None):
        self.key_id = key_id
        self.entries, self.heads = [], []
        self.first_key, self.rotations = None, []  # (index of the entry, id of the key from then on)
        self.problems = []  # (index of the first bad entry or None, what is wrong)
        self.adoptions = []  # heads that the platform had a witness take
        self.breaks = []

    def problem(self, text, index=None):
        self.problems.append((index, text))

    def read(self, lines):
        for number, line in enumerate(lines, 1):
            try:
                item = json.loads(line)
                kind = item["type"]
            except (ValueError, KeyError, TypeError):
                self.problem(f"line {number} is not one of an export")
                continue
            if kind == "entry":
                self.entries.append(item)
            elif kind == "head":
                self.heads.append(("the log", item["head"], None, item))
            elif kind == "witness":
                self.heads.append((item["witness"], item["head"], item.get("problem"), item))
                if "adoptionReason" in item:
                    self.adoptions.append(item)
            else:
                self.problem(f"line {number} has the unknown type {kind}")

    def run(self):
        signed = self.check_signatures()
        roots, disorder, changed, size = self.build({head["treeSize"] for _, head in signed})
        good = self.check_keys(signed, size)
        self.check_forks(good)
        self.check_entries(good, roots, disorder, changed, size)

    def check_signatures(self):
        """The heads that were not refused and are signed by the key that they name."""
        signed, accepted = [], {}
        for source, head, refusal, item in self.heads:
            if refusal:
                adoption = next((number for number, other in enumerate(self.adoptions) if accepts(other, item)), None)
                if adoption is None:
                    self.problem(f"{source} refused a head of size {head['treeSize']}: {refusal}")
                else:
                    accepted.setdefault(adoption, []).append(head["treeSize"])
                continue
            public_key = bytes.fromhex(head["publicKey"])
            if (hashlib.sha256(public_key).hexdigest() != head["keyId"]
                    or not is_signed(public_key, signed_bytes(head), bytes.fromhex(head["signature"]))):
                self.problem(f"the head of size {head['treeSize']} of {source} has a signature that is none")
            else:
                signed.append((source, head))
        for number, adoption in enumerate(self.adoptions):
            sizes = accepted.get(number)
            refused = f", after it had refused {len(sizes)} of the sizes {min(sizes)} to {max(sizes)}" if sizes else ""
            self.breaks.append(
                f"{adoption['witness']} took the head of size {adoption['head']['treeSize']} with the key "
                f"{adoption['head']['keyId']} by order of the platform at {adoption['receivedAt']}{refused}: "
                f"{adoption['adoptionReason']}")
        return signed

    def build(self, sizes):
        """Appends the entries: the roots at these sizes, where the order ends, the first changed entry, the size."""
        tree, roots, changed = Tree(), {}, None
        for entry in self.entries:
            index = tree.size
            if entry["leafIndex"] != index:
                what = "missing" if entry["leafIndex"] > index else "out of order"
                return roots, f"entry {index} is {what}", changed, tree.size
            leaf = leaf_hash(entry)
            if leaf.hex() != entry["leafHash"] and changed is None:
                changed = index
            tree.append(leaf)
            if "nextKey" in entry:
                self.follow(entry["nextKey"], entry, index)
            if tree.size in sizes:
                roots[tree.size] = tree.root().hex()
        return roots, None, changed, tree.size

    def follow(self, succession, entry, index):
        """Goes on to the next key, if the one before signed it, or the platform had it taken."""
        old, new = bytes.fromhex(succession["previousKey"]), bytes.fromhex(succession["publicKey"])
        signature = bytes.fromhex(succession["signature"])
        before = self.rotations[-1][1] if self.rotations else None
        adopted = is_signed(new, ADOPTION_CONTEXT + old + new, signature)
        if (before not in (None, hashlib.sha256(old).hexdigest())
                or not (adopted or is_signed(old, SUCCESSION_CONTEXT + old + new, signature))):
            return self.problem(f"entry {index} names a next key that the key before it did not sign", index)
        if adopted:
            self.breaks.append(
                f"entry {index} names the key {hashlib.sha256(new).hexdigest()}, which the one before did not sign, by "
                f"order of {entry['principal']} at {entry['at']}")
        if not self.rotations:
            self.first_key = hashlib.sha256(old).hexdigest()
        return self.rotations.append((index, hashlib.sha256(new).hexdigest()))

    def check_keys(self, signed, size):
        """The heads that count: each signed by the key that was the log's at its size. Beyond the entries that are there,
        nothing says which key it is."""
        known = [head["keyId"] for _, head in signed if head["treeSize"] <= size]
        first = self.first_key or self.key_id or (known[0] if known else None)
        good = []
        for source, head in signed:
            keys = [key for index, key in self.rotations if index < head["treeSize"]]
            if head["treeSize"] > size or head["keyId"] == (keys[-1] if keys else first):
                good.append((source, head))
        if self.key_id and all(head["keyId"] != self.key_id for _, head in good):
            good = []
        for source, head in signed:
            if (source, head) not in good:
                self.problem(f"the head of size {head['treeSize']} of {source} is signed by another key")
        return good

    def check_forks(self, heads):
        roots = {}
        for source, head in heads:
            known = roots.setdefault(head["treeSize"], set())
            if known and head["rootHash"] not in known:
                self.problem(f"{source} has another head of size {head['treeSize']} than those before")
            known.add(head["rootHash"])

    def check_entries(self, heads, roots, disorder, changed, size):
        said = {}
        for _, head in heads:
            said.setdefault(head["treeSize"], set()).add(head["rootHash"])
        matched = 0
        for covered in sorted(said):
            if covered > size:
                break
            if roots[covered] not in said[covered]:
                return self.changed(changed if changed is not None and changed < covered else None, matched, covered)
            matched = covered
        if disorder:
            return self.problem(disorder, size)
        longest = max(said, default=0)
        if size < longest:
            return self.problem(f"entry {size} is missing: the log ends there, and a head covers {longest}", size)
        if changed is not None:
            self.problem(f"entry {changed} is not the one whose hash the log keeps", changed)
        return None

    def changed(self, index, matched, size):
        if index is not None:
            return self.problem(f"entry {index} is not the one that was recorded", index)
        return self.problem(f"an entry from {matched} to {size - 1} is not the one that was recorded", matched)

    def summary(self):
        witnesses = sorted({source for source, *_ in self.heads} - {"the log"})
        covered = max((head["treeSize"] for _, head, *_ in self.heads), default=0)
        text = f"{len(self.entries)} entries agree with {len(self.heads)} heads"
        if witnesses:
            text += f", witnessed by {' and '.join(witnesses)}"
        if covered < len(self.entries):
            text += f"; the newest {len(self.entries) - covered} are not covered by a head yet"
        return text


def main():
    parser = argparse.ArgumentParser(description="Verifies an exported audit log.")
    parser.add_argument("file")
    parser.add_argument("--key-id", help="a key that must have signed, as gyre audit head showed it")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    arguments = parser.parse_args()
    verification = Verification(arguments.key_id)
    with open(arguments.file, encoding="utf-8") as lines:
        verification.read(lines)
    verification.run()
    indexes = [index for index, _ in verification.problems if index is not None]
    if arguments.json:
        print(json.dumps({
            "verified": not verification.problems and not verification.breaks,
            "firstBadIndex": min(indexes, default=None),
            "problems": [text for _, text in verification.problems],
            "breaks": verification.breaks,
        }))
        return status(verification)
    count = len(verification.breaks)
    if verification.problems:
        print("Wrong: " + "; ".join(text for _, text in verification.problems) + ".")
    elif count:
        print(f"Verified but for {count} accepted break{'' if count == 1 else 's'}: {verification.summary()}.")
    else:
        print("Verified: " + verification.summary() + ".")
    for text in verification.breaks:
        print(f"Break: {text}.")
    return status(verification)


def status(verification):
    return 1 if verification.problems else 2 if verification.breaks else 0


if __name__ == "__main__":
    sys.exit(main())
