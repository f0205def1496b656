#!/usr/bin/env python3
"""Validates OpenRPC documents against OpenRPC's own meta-schema, and their examples against their JSON Schemas.

    proto-gen bundle --output DIR
    python3 Tests/Oracles/openrpc_check.py DIR SCHEMAS

DIR holds complete documents (no references to other files), SCHEMAS the files openrpc-1.3-schema.json and
openrpc-1.4-schema.json. Prints a line a problem. Exit status: 0 all valid, 1 problems, 77 skipped (something is missing
here; the reason is printed).
"""

import json
import pathlib
import sys

SKIPPED = 77

# OpenRPC refers to JSON Schema by an address of its own; what is meant is draft 7.
JSON_SCHEMA_TOOLS = {
    "$id": "https://meta.json-schema.tools/",
    "definitions": {
        "JSONSchemaObject": {"properties": {"$ref": {"type": "string", "format": "uri-reference"}}},
    },
    "allOf": [{"$ref": "http://json-schema.org/draft-07/schema#"}],
}


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def pointer(error):
    return "".join(f"/{part}" for part in error.absolute_path)


def meta_validator(path):
    from jsonschema import Draft7Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT7

    tools = DRAFT7.create_resource(JSON_SCHEMA_TOOLS)
    draft = DRAFT7.create_resource(Draft7Validator.META_SCHEMA)
    registry = Registry().with_resources(
        [
            ("https://meta.json-schema.tools", tools),
            ("https://meta.json-schema.tools/", tools),
            ("http://json-schema.org/draft-07/schema", draft),
        ]
    )
    return Draft7Validator(json.loads(path.read_text()), registry=registry)


def example_problems(document):
    """Each example against the schemas of its method, as any other JSON Schema tool would see them."""
    from jsonschema import Draft7Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT7

    address = "urn:document"

    def complete(value):
        if isinstance(value, dict):
            return {
                name: address + member if name == "$ref" and isinstance(member, str) else complete(member)
                for name, member in value.items()
            }
        return [complete(element) for element in value] if isinstance(value, list) else value

    registry = Registry().with_resource(address, DRAFT7.create_resource(complete(document)))
    for index, method in enumerate(document["methods"]):
        schemas = {parameter["name"]: parameter["schema"] for parameter in method["params"]}
        for number, example in enumerate(method.get("examples", [])):
            if "x-error" in example:
                continue
            pairs = [(schemas[value["name"]], value["value"]) for value in example["params"]]
            pairs.append((method["result"]["schema"], example["result"]["value"]))
            for schema, value in pairs:
                validator = Draft7Validator(complete(schema), registry=registry)
                for error in validator.iter_errors(value):
                    yield f"/methods/{index}/examples/{number}: {pointer(error) or 'the value'}: {error.message}"


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip())
        sys.exit(2)
    documents = sorted(pathlib.Path(sys.argv[1]).glob("*.json"))
    schemas = pathlib.Path(sys.argv[2])
    try:
        import jsonschema  # noqa: F401
        import referencing  # noqa: F401
    except ImportError:
        skip("python3 has no module jsonschema (4.18 or later)")
    if not documents:
        print(f"{sys.argv[1]} holds no documents")
        sys.exit(1)

    problems = 0
    for path in documents:
        document = json.loads(path.read_text())
        version = ".".join(document["openrpc"].split(".")[:2])
        schema = schemas / f"openrpc-{version}-schema.json"
        if not schema.exists():
            skip(f"there is no {schema.name} in {schemas}")
        found = [f"{pointer(error)}: {error.message}" for error in meta_validator(schema).iter_errors(document)]
        found += example_problems(document)
        for problem in found:
            print(f"{path.name}#{problem}")
        problems += len(found)
    if problems:
        sys.exit(1)
    print(f"{len(documents)} documents are valid OpenRPC")


if __name__ == "__main__":
    main()
