"""What the Python makers share: the published development seeds and the file format."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "spec" / "vectors" / "external"

SEEDS = {
    ("Alice", "sr25519"): "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a",
    ("Bob", "sr25519"): "398f0c28f98885e046333d4a41c19cee4c37368a9832c6502f6cfd182e2aef89",
    ("Alice", "ed25519"): "abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115",
    ("Bob", "ed25519"): "3b7b60af2abcd57ba401ab398f84f4ca54bd6b2140d2503fbcf3286535fe3ff1",
}

_SPECS = {"requests": "02-requests.md", "signatures": "01-keys.md"}


def write(name: str, feature: str, notes: dict[str, str], groups: list[dict]) -> None:
    """Writes one vector file, in the layout that `JSON.stringify(…, null, 2)` gives."""
    document = {
        "schema": f"../../schema/{feature}.json",
        "spec": _SPECS[feature],
        "feature": feature,
        "count": sum(len(group["cases"]) for group in groups),
        "notes": notes,
        "groups": groups,
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {document['count']} cases")


def verifier(
    receivers: list[str],
    *,
    max_age_ns: int = 10_000_000_000,
    allowed_skew_ns: int = 2_000_000_000,
    schemes: tuple[str, ...] = ("sr25519", "ed25519"),
    unbound: bool = False,
) -> dict:
    """The settings of the verifier that a group of requests meets."""
    return {
        "receivers": receivers,
        "max_age_ns": str(max_age_ns),
        "allowed_skew_ns": str(allowed_skew_ns),
        "schemes": list(schemes),
        "unbound": unbound,
    }
