"""An independent judge for the JSON reader: Python's json, with hooks that make it as strict as RFC 8259 is here.

Prints a corpus with fixed seed, one case a line:

    d <document, hex> refused
    d <document, hex> accepted <canonical form, hex>   members in order, no white space, numbers as they were written
    n <number, as text> <nearest double: 16 hex digits, or "none"> <the Int64 it is, or "none">

What the hooks refuse beyond Python's own rules: bytes that are not UTF-8 (decoded strictly, so no overlong forms and
no encoded surrogates), NaN and the infinities, members with the same name, and lone surrogates, which Python keeps.

Where the verdicts differ on purpose, this script gives ours:

    | what                          | Python               | the reader          | here                    |
    | nesting beyond 64 levels      | accepted (to ~1,000) | refused             | counted, refused        |
    | a number beyond every double  | infinity             | refused as a double | "none"                  |
    | 1.0 or 1e2 for an integer     | a float              | refused             | "none"                  |
    | -0 for an integer             | 0                    | 0                   | 0                       |

Usage: json_oracle.py [number of mutated documents]
"""

import json
import random
import struct
import sys

SEED = 8259
MAXIMUM_DEPTH = 64

# A number may have more digits than Python converts by default.
sys.set_int_max_str_digits(0)


class Refused(Exception):
    pass


class Number(str):
    """A number as it was written."""


def refuse_constant(name):
    raise Refused(name)


class Object(list):
    """Members in order, so that an empty object is told from an empty array."""


def distinct_members(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise Refused("duplicate member")
    return Object(pairs)


def refuse_surrogates(text):
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise Refused("lone surrogate")


ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def quoted(text):
    refuse_surrogates(text)
    escaped = (ESCAPES.get(c) or (c if c >= " " else "\\u%04x" % ord(c)) for c in text)
    return '"' + "".join(escaped) + '"'


def canonical(value, depth=0):
    if isinstance(value, (Object, list)) and depth == MAXIMUM_DEPTH:
        raise Refused("depth")
    if isinstance(value, Object):
        return "{" + ",".join(quoted(n) + ":" + canonical(v, depth + 1) for n, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(v, depth + 1) for v in value) + "]"
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    return {None: "null", True: "true", False: "false"}[value]


def judge(document):
    """The canonical form, or None if the document is refused."""
    try:
        text = document.decode("utf-8", "strict")
        value = json.loads(
            text,
            object_pairs_hook=distinct_members,
            parse_constant=refuse_constant,
            parse_int=Number,
            parse_float=Number,
        )
        return canonical(value).encode("utf-8")
    except (Refused, ValueError, RecursionError):
        return None


# --- documents ---------------------------------------------------------------------------------------------------

ALPHABET = ["a", "b", "Z", "0", " ", "~", "/", "\x7f", "\x80", "é", "ß", "Ж", "中", "\ufeff", "\uffff", "😀"]
ALPHABET += ["\U0010ffff"]
NAMES = ["", "a", "b", "id", "é", "e\u0301", "type", "messageId", "a name longer than eight", "😀"]


def white(r):
    return "".join(r.choice(" \t\n\r") for _ in range(r.choice([0, 0, 0, 0, 1, 2])))


def written_string(r, text):
    parts = []
    for character in text:
        code = ord(character)
        way = r.random()
        if character in '"\\' or code < 0x20 or way < 0.1:
            if character in ESCAPES and way < 0.5:
                parts.append(ESCAPES[character])
            elif code >= 0x10000:
                high, low = 0xD800 + (code - 0x10000 >> 10), 0xDC00 + (code - 0x10000 & 0x3FF)
                parts.append("\\u%04x\\u%04X" % (high, low))
            else:
                parts.append("\\u%04x" % code)
        else:
            parts.append(character)
    return '"' + "".join(parts) + '"'


def written_number(r):
    sign = r.choice(["", "", "-"])
    whole = r.choice(["0", "1", "9", "10", "150", "9007199254740993", "18446744073709551615", str(r.getrandbits(70))])
    digits = "".join(r.choice("0123456789") for _ in range(r.randrange(1, 25)))
    fraction = r.choice(["", "", "", ".0", ".5", ".25", ".1", "." + digits])
    power = "e%d" % r.randrange(-345, 330)
    exponent = r.choice(["", "", "", "e0", "E5", "e-7", "e+22", "e23", "E-330", "e400", power])
    return sign + whole + fraction + exponent


def written_value(r, depth):
    kind = r.randrange(8 if depth > 0 else 5)
    if kind == 0:
        return r.choice(["true", "false", "null"])
    if kind in (1, 2):
        return written_number(r)
    if kind in (3, 4):
        return written_string(r, "".join(r.choice(ALPHABET) for _ in range(r.choice([0, 1, 3, 7, 8, 9, 20]))))
    items = range(r.choice([0, 1, 2, 3, 5]))
    if kind in (5, 6):
        names = r.sample(NAMES, len(items)) if r.random() < 0.95 else [r.choice(NAMES) for _ in items]
        members = (white(r) + written_string(r, n) + white(r) + ":" + written(r, depth - 1) for n in names)
        return "{" + (",".join(members) or white(r)) + "}"
    return "[" + (",".join(written(r, depth - 1) for _ in items) or white(r)) + "]"


def written(r, depth):
    return white(r) + written_value(r, depth) + white(r)


FRAGMENTS = [
    b"\xef\xbb\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xed\xa0\x80",
    b"\xed\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff",
    b"\x80", b"\xe4\xb8", b"\\ud800", b"\\udc00", b"\\ud83d\\ude00", b"\\ud83d\\u0041", b"\\u00", b"\\u0000", b"\\x41",
    b"\\", b'"', b",", b":", b"{", b"}", b"[", b"]", b"-", b"+", b".", b"0", b"1", b"e", b"E", b"NaN", b"Infinity",
    b"-Infinity", b"true", b"nul", b"null", b"\x00", b"\x0b", b"\x0c", b"\x1f", b"\x7f", b" ", b"\n", b"\t", b"//", b"/**/",
    b"'", b"[]", b"{}", b'"a":1', b',"a":1', b"01", b"1.", b".5", b"1e", b"0x1", b"\xe2\x80\xa8", b"\xc2\xa0",
]


def mutated(r, document):
    document = bytearray(document)
    for _ in range(r.choice([0, 1, 1, 1, 2, 3])):
        place = r.randrange(len(document) + 1)
        way = r.randrange(6)
        if way == 0:
            del document[place:place + r.choice([1, 1, 2, 8])]
        elif way == 1:
            document[place:place] = r.choice(FRAGMENTS)
        elif way == 2 and place < len(document):
            document[place] = r.randrange(256)
        elif way == 3:
            document[place:place + 1] = r.choice(FRAGMENTS)
        elif way == 4:
            del document[place:]
        else:
            start = r.randrange(len(document) + 1)
            document[place:place] = document[start:start + r.choice([1, 4, 12])]
    return bytes(document)


def nested(depth, opening, closing, inner):
    return (opening * depth + inner + closing * depth).encode()


def chosen_documents():
    yield b""
    yield from FRAGMENTS
    for fragment in FRAGMENTS:
        yield b'"' + fragment + b'"'
        yield b'["' + b"x" * 13 + fragment + b'"]'
        yield b"[" + fragment + b"]"
        yield b'{"a":' + fragment + b"}"
        yield b"[1" + fragment + b"]"
    for depth in (1, 63, 64, 65, 66, 200):
        yield nested(depth, "[", "]", "")
        yield nested(depth, "[", "]", "1")
        yield nested(depth, '{"a":', "}", "null")
        yield nested(depth, '{"a":', "}", "[]")
        yield nested(depth, "[", "", "")
    for count in (15, 16, 17, 18, 40, 300):
        names = ['"k%d":%d' % (i, i) for i in range(count)]
        yield ("{" + ",".join(names) + "}").encode()
        yield ("{" + ",".join(names + ['"k%d":0' % (count // 2)]) + "}").encode()
        yield ("{" + ",".join(names + ['"\\u006b%d":0' % (count // 2)]) + "}").encode()
        yield ('[{"x":{' + ",".join(names + ['"k0":0']) + "}}]").encode()


def numbers(r):
    yield from ["0", "-0", "0.0", "-0.0", "1", "1.0", "1e2", "9223372036854775807", "9223372036854775808"]
    yield from ["-9223372036854775808", "-9223372036854775809", "18446744073709551616"]
    yield from ["5e-324", "2e-324", "3e-324"]
    yield from ["1.7976931348623157e308", "1.7976931348623159e308", "1e309", "-1e309", "1e-400", "2.2250738585072011e-308"]
    yield from ["9007199254740993", "9007199254740992", "1e22", "1e23", "0." + "0" * 400 + "1e401", "1" + "0" * 400 + "e-400"]
    yield from ["1" * 800, "0." + "9" * 800, "179769313486231580793728971405301" + "0" * 276]
    for _ in range(4000):
        yield written_number(r)
        value = struct.unpack("<d", struct.pack("<Q", r.getrandbits(64)))[0]
        if value == value and abs(value) != float("inf"):
            yield repr(value)


def print_number(text):
    value = float(text)
    bits = "none" if abs(value) == float("inf") else struct.pack(">d", value).hex()
    integer = "none"
    if text.lstrip("-").isdigit() and -(2**63) <= int(text) < 2**63:
        integer = str(int(text))
    print("n", text, bits, integer)


def main():
    r = random.Random(SEED)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    documents = list(chosen_documents())
    while len(documents) < count:
        documents.append(mutated(r, written(r, 4).encode("utf-8")))
    for document in documents:
        form = judge(document)
        print("d", document.hex() or "-", "refused" if form is None else "accepted " + form.hex())
    for text in numbers(r):
        print_number(text)


if __name__ == "__main__":
    main()
