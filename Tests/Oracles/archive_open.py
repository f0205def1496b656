#!/usr/bin/env python3
"""Opens and checks an archive that `gyre privacy download` wrote, independently of Gyre: from the specifications, with
nothing but Python's standard library.

    archive_open.py FILE --output DIR [--key HEX] [--json]

The passphrase is the first line of standard input. The file is

    a line of JSON      how the passphrase gives the key: scrypt (RFC 7914) with its salt, and `wrappedKey`
    chunks              each of `chunkBytes`, the last one shorter, sealed with AES-256-GCM (NIST SP 800-38D)

Sealed bytes are a nonce of 12 bytes, the ciphertext, and a tag of 16. What scrypt gives opens `wrappedKey`, with the
associated data "gyre-archive-v1 key\\n"; that opens the chunks, each with the associated data "gyre-archive-v1\\n", its
number from 0 in eight bytes, and one byte that says whether it is the last. What comes out is a tar (ustar), whose
manifest.json names every other file with its SHA-256, and is signed with Ed25519 (RFC 8032): manifest.signature.json.

The exit status is 0, or 1 when anything is wrong.
"""

import argparse
import hashlib
import io
import json
import pathlib
import sys
import tarfile

sys.dont_write_bytecode = True
import audit_verify  # noqa: E402  its Ed25519

FORMAT = b"gyre-archive-v1"
SIGNED = b"gyre-privacy-archive-v1\n"


class Wrong(Exception):
    pass


# --- AES-256 (FIPS 197), forwards only

def make_sbox():
    sbox = [0] * 256
    p = q = 1
    while True:
        p = p ^ (p << 1) & 0xFF ^ (0x1B if p & 0x80 else 0)
        for shift in (1, 2, 4):
            q ^= q << shift & 0xFF
        if q & 0x80:
            q ^= 0x09
        x = q
        for turn in range(1, 5):
            x ^= (q << turn | q >> 8 - turn) & 0xFF
        sbox[p] = x ^ 0x63
        if p == 1:
            break
    sbox[0] = 0x63
    return sbox


SBOX = make_sbox()


def double(x):
    return x << 1 & 0xFF ^ (0x1B if x & 0x80 else 0)


def make_table():
    """What a byte contributes to its column, as the bytes of one word."""
    return [double(s) << 24 | s << 16 | s << 8 | (double(s) ^ s) for s in SBOX]


T0 = make_table()
T1 = [w >> 8 | (w & 0xFF) << 24 for w in T0]
T2 = [w >> 8 | (w & 0xFF) << 24 for w in T1]
T3 = [w >> 8 | (w & 0xFF) << 24 for w in T2]


def substitute(word):
    return SBOX[word >> 24] << 24 | SBOX[word >> 16 & 255] << 16 | SBOX[word >> 8 & 255] << 8 | SBOX[word & 255]


def expand(key):
    words = [int.from_bytes(key[i:i + 4], "big") for i in range(0, 32, 4)]
    constant = 1
    for i in range(8, 60):
        word = words[i - 1]
        if i % 8 == 0:
            word = substitute((word << 8 | word >> 24) & 0xFFFFFFFF) ^ constant << 24
            constant = double(constant)
        elif i % 8 == 4:
            word = substitute(word)
        words.append(words[i - 8] ^ word)
    return words


def encrypt(words, block):
    a, b, c, d = (int.from_bytes(block[i:i + 4], "big") ^ words[i // 4] for i in range(0, 16, 4))
    for i in range(4, 56, 4):
        a, b, c, d = (
            T0[a >> 24] ^ T1[b >> 16 & 255] ^ T2[c >> 8 & 255] ^ T3[d & 255] ^ words[i],
            T0[b >> 24] ^ T1[c >> 16 & 255] ^ T2[d >> 8 & 255] ^ T3[a & 255] ^ words[i + 1],
            T0[c >> 24] ^ T1[d >> 16 & 255] ^ T2[a >> 8 & 255] ^ T3[b & 255] ^ words[i + 2],
            T0[d >> 24] ^ T1[a >> 16 & 255] ^ T2[b >> 8 & 255] ^ T3[c & 255] ^ words[i + 3])
    out = b""
    for i, (w, x, y, z) in enumerate(((a, b, c, d), (b, c, d, a), (c, d, a, b), (d, a, b, c))):
        word = SBOX[w >> 24] << 24 | SBOX[x >> 16 & 255] << 16 | SBOX[y >> 8 & 255] << 8 | SBOX[z & 255]
        out += (word ^ words[56 + i]).to_bytes(4, "big")
    return out


# --- Galois/Counter Mode (NIST SP 800-38D)

def gcm_multiply(x, y):
    product = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (0xE1 << 120 if y & 1 else 0)
    return product


class Hash:
    """GHASH, with a table for each of the sixteen bytes of a block."""

    def __init__(self, key):
        self.tables = []
        power = key
        for _ in range(16):
            powers = []
            for _ in range(8):
                powers.append(power)
                power = power >> 1 ^ (0xE1 << 120 if power & 1 else 0)
            table = [0] * 256
            for byte in range(256):
                for bit in range(8):
                    if byte >> (7 - bit) & 1:
                        table[byte] ^= powers[bit]
            self.tables.append(table)

    def of(self, *parts):
        value = 0
        for part in parts:
            for i in range(0, len(part), 16):
                block = (value ^ int.from_bytes(part[i:i + 16].ljust(16, b"\0"), "big")).to_bytes(16, "big")
                value = 0
                for place, byte in enumerate(block):
                    value ^= self.tables[place][byte]
        return value


class GCM:
    def __init__(self, key):
        self.words = expand(key)
        self.hash = Hash(int.from_bytes(encrypt(self.words, bytes(16)), "big"))

    def open(self, sealed, associated):
        nonce, text, tag = sealed[:12], sealed[12:-16], sealed[-16:]
        lengths = (len(associated) * 8).to_bytes(8, "big") + (len(text) * 8).to_bytes(8, "big")
        digest = self.hash.of(associated, text, lengths).to_bytes(16, "big")
        first = encrypt(self.words, nonce + (1).to_bytes(4, "big"))
        if len(sealed) < 28 or bytes(x ^ y for x, y in zip(digest, first)) != tag:
            raise Wrong("what is sealed does not open: another passphrase, or damaged")
        stream = b"".join(
            encrypt(self.words, nonce + (i + 2).to_bytes(4, "big")) for i in range((len(text) + 15) // 16))
        return bytes(x ^ y for x, y in zip(text, stream))


# --- The archive

def open_archive(data, passphrase):
    line, _, body = data.partition(b"\n")
    header = json.loads(line)
    if header["format"].encode() != FORMAT or header["cipher"] != "AES-256-GCM" or header["kdf"] != "scrypt":
        raise Wrong("this is no archive of this format")
    plain = "".join(c for c in passphrase.upper() if c.isascii() and c.isalnum()).encode()
    outer = hashlib.scrypt(
        plain, salt=bytes.fromhex(header["salt"]), n=header["n"], r=header["r"], p=header["p"], maxmem=1 << 28, dklen=32)
    key = GCM(outer).open(bytes.fromhex(header["wrappedKey"]), FORMAT + b" key\n")
    cipher, size, out, number = GCM(key), header["chunkBytes"] + 28, b"", 0
    while True:
        chunk, body = body[:size], body[size:]
        out += cipher.open(chunk, FORMAT + b"\n" + number.to_bytes(8, "big") + (b"\0" if body else b"\1"))
        number += 1
        if not body:
            return out


def check(files, key):
    signature = json.loads(files["manifest.signature.json"])
    public = bytes.fromhex(signature["publicKey"])
    if key and bytes.fromhex(key) != public:
        raise Wrong("it is signed by another key")
    if not audit_verify.is_signed(public, SIGNED + files["manifest.json"], bytes.fromhex(signature["signature"])):
        raise Wrong("the manifest's signature is wrong")
    manifest = json.loads(files["manifest.json"])
    named = {entry["path"] for entry in manifest["files"]}
    if named | {"manifest.json", "manifest.signature.json"} != set(files):
        raise Wrong("the manifest does not name the files that there are")
    for entry in manifest["files"]:
        data = files[entry["path"]]
        if hashlib.sha256(data).hexdigest() != entry["sha256"] or len(data) != entry["bytes"]:
            raise Wrong(f"{entry['path']} is not the file that the manifest names")
        if "rows" in entry and entry["rows"] != len([json.loads(line) for line in data.splitlines()]):
            raise Wrong(f"{entry['path']} has another number of rows")
    return manifest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, help="write the files there")
    parser.add_argument("--key", help="the public key that must have signed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        tape = tarfile.open(fileobj=io.BytesIO(open_archive(options.file.read_bytes(), sys.stdin.readline().strip())))
        files = {member.name: tape.extractfile(member).read() for member in tape}
        manifest = check(files, options.key)
    except (Wrong, KeyError, ValueError, tarfile.TarError) as problem:
        print(json.dumps({"problem": str(problem)}) if options.json else f"{options.file}: {problem}")
        return 1
    if options.output:
        for name, data in files.items():
            path = options.output / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    rows = {entry["path"]: entry["rows"] for entry in manifest["files"] if "rows" in entry}
    if options.json:
        print(json.dumps({"kind": manifest["kind"], "files": sorted(files), "rows": rows}))
    else:
        print(f"{len(files)} files, signed and whole; rows: {rows}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
