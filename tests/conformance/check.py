"""Checks the form of every file in spec/vectors; exits with 1 when one is not as it should be. Needs jsonschema."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from jsonschema import Draft202012Validator

SPEC = Path(__file__).resolve().parents[2] / "spec"


def faults(path: Path, codes: set[str], seen: set[str]) -> Iterator[str]:
    """Yields what is wrong with one file; `seen` collects the ids of all of them."""
    document = json.loads(path.read_text(encoding="utf-8"))
    schema_path = (path.parent / document["schema"]).resolve()
    if schema_path != SPEC / "schema" / f"{document['feature']}.json":
        yield f"{document['schema']} is not the schema of {document['feature']}"
        return
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    wrong = [
        f"{error.json_path}: {error.message[:200]}"
        for error in Draft202012Validator(schema).iter_errors(document)
    ]
    if wrong:
        yield from wrong
        return

    cases = [case for group in document["groups"] for case in group["cases"]]
    if document["count"] != len(cases):
        yield f"count is {document['count']}, but there are {len(cases)} cases"
    flags = {flag for case in cases for flag in case["flags"]}
    for flag in sorted(flags ^ document["notes"].keys()):
        yield f"flag {flag} is " + ("used without a note" if flag in flags else "noted but not used")
    for case in cases:
        if case["id"] in seen:
            yield f"id {case['id']} is used twice"
        if not case["id"].startswith(path.stem + "-"):
            yield f"id {case['id']} does not begin with {path.stem}-"
        seen.add(case["id"])
        for place in case.get("steps", [case]):
            if place["expect"] not in codes:
                yield f"{case['id']} expects {place['expect']}, which errors.json does not have"


def main() -> int:
    errors = json.loads((SPEC / "errors.json").read_text(encoding="utf-8"))
    codes = {"ok"} | {error["code"] for error in errors["errors"]}
    seen: set[str] = set()
    paths = sorted((SPEC / "vectors").rglob("*.json"))
    found = [f"{path.name}: {fault}" for path in paths for fault in faults(path, codes, seen)]
    if errors["count"] != len(errors["errors"]):
        found.append(f"errors.json: count is {errors['count']}, but there are {len(errors['errors'])} codes")
    print("\n".join(found) or f"{len(paths)} files, {len(seen)} cases: well-formed")
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
