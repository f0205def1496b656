"""Looks for what must not be there: values in every form in which bytes may hold them, in every file of a directory."""

import base64
import hashlib
import os
import stat


def forms(value):
    """Name and bytes of each form of a text."""
    plain = value.encode()
    found = {
        "as it is": plain,
        "in capitals": value.upper().encode(),
        "in small letters": value.lower().encode(),
        "escaped as JSON, solidus": value.replace("/", "\\/").encode(),
        "escaped as JSON, small": escaped(value, "{:04x}"),
        "escaped as JSON, capitals": escaped(value, "{:04X}"),
        "escaped as JSON, signs only": "".join(
            letter if letter.isalnum() else "\\u{:04x}".format(ord(letter)) for letter in value).encode(),
        "UTF-16, small end first": value.encode("utf-16-le"),
        "UTF-16, big end first": value.encode("utf-16-be"),
        "hexadecimal": plain.hex().encode(),
        "hexadecimal, capitals": plain.hex().upper().encode(),
        "SHA-256 without a key": hashlib.sha256(plain).digest(),
        "SHA-256 without a key, hexadecimal": hashlib.sha256(plain).hexdigest().encode(),
    }
    for alignment in range(3):
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            found[f"{name}, alignment {alignment}"] = inner_base64(plain, alignment, encode)
    if is_hexadecimal(value):
        found["the bytes that it names"] = bytes.fromhex(value)
    # Several forms of a plain value are the same bytes.
    distinct = {}
    for name, needle in found.items():
        distinct.setdefault(needle, name)
    return [(name, needle) for needle, name in distinct.items()]


def escaped(value, digits):
    return "".join("\\u" + digits.format(ord(letter)) for letter in value).encode()


def inner_base64(plain, alignment, encode):
    """The letters that `plain` alone decides, when so many other bytes stand before it."""
    letters = encode(b"\0" * alignment + plain)
    first = (alignment * 8 + 5) // 6
    last = (alignment + len(plain)) * 8 // 6
    return letters[first:last]


def is_hexadecimal(value):
    return len(value) % 2 == 0 and all(letter in "0123456789abcdef" for letter in value)


def search(directory, values):
    """Where any form of the values is: (file, value, form). Also how many files and bytes were read."""
    needles = [(value, name, needle) for value in values for name, needle in forms(value)]
    found, files, size = [], 0, 0
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            try:
                if not stat.S_ISREG(os.lstat(path).st_mode):
                    continue
                with open(path, "rb") as file:
                    content = file.read()
            except FileNotFoundError:
                continue
            files, size = files + 1, size + len(content)
            found += [(os.path.relpath(path, directory), value, form)
                      for value, form, needle in needles if needle in content]
    return found, files, size
