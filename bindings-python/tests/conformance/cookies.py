"""`cookies`: functions of their arguments alone."""

from __future__ import annotations

from bittensor_auth._core import TokenTransport

from .files import Case, Json


def transport(settings: Json) -> TokenTransport:
    """How tokens travel in a service with these settings."""
    return TokenTransport(
        origin=settings["origin"],
        allowed_origins=settings["allowed_origins"],
        cookies="enabled" if settings["cookies"] else "refused",
    )


def run_settings(case: Case) -> Json:
    """An operator's settings."""
    transport(case.case["transport"])
    return {}


def run_credential(case: Case) -> Json:
    """The session token that counts in a request."""
    carrier, token = transport(case.group["transport"]).session_token(case.case["method"], case.case["headers"])
    return {"carrier": carrier, "token": token}


def run_refresh(case: Case) -> Json:
    """The token in a refresh cookie."""
    return {"token": transport(case.group["transport"]).refresh_token(case.case["headers"])}


def run_delivery(case: Case) -> Json:
    """Where a client wants its tokens."""
    return {"delivery": transport(case.group["transport"]).delivery(case.case["tokens"], case.case["headers"])}


def run_route(case: Case) -> Json:
    """Whose page calls a session route."""
    transport(case.group["transport"]).check_route(case.case["headers"])
    return {}


def run_set(case: Case) -> Json:
    """The cookies of a grant."""
    names = ("session_token", "expires_at", "refresh_token", "refresh_expires_at")
    return {"cookies": TokenTransport.cookies(*(case.case[name] for name in names), int(case.case["now"]))}


def run_refused(case: Case) -> Json:
    """The cookies of a refusal."""
    return {"cookies": TokenTransport.cookies_after(case.case["code"])}
