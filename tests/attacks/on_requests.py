"""T01 to T14, T67 to T69: requests that were changed, sent elsewhere, doubled, spelled otherwise or not signed."""

from __future__ import annotations

from hashlib import sha256

from attack import NO_REQUEST, NO_ROUTE, Target, Verdict, attack, gets_in, log_in
from support.callers import Caller
from support.raw_http import ask, json_request, request
from support.wire_format import request_message

from bittensor_auth import Keypair, RequestSigner

BODY = b'{"amount": 1}'


def signed_again(caller: Caller, headers: dict[str, str], message: bytes) -> dict[str, str]:
    return {**headers, "X-Bittensor-Signature": "0x" + caller.keypair.sign(message).hex()}


def changed(name: str, method: str, target: str, body: bytes) -> None:
    @attack("T01", name, "bad_signature")
    def run(at: Target) -> Verdict:
        headers = Caller(at.receiver).headers("POST", "/score?id=1", BODY)
        # What was signed, as headers of the kind that say so and are compared with nothing.
        claims = {
            "X-Bittensor-Signed-Method": "POST",
            "X-Bittensor-Signed-Target": "/score?id=1",
            "X-Bittensor-Signed-Body": sha256(BODY).hexdigest(),
        }
        return gets_in(at, request(method, target, {**headers, **claims}, body))


changed("another method", "DELETE", "/score?id=1", BODY)
changed("another path", "POST", "/admin?id=1", BODY)
changed("another query", "POST", "/score?id=2", BODY)
changed("no query", "POST", "/score", BODY)
changed("another body", "POST", "/score?id=1", b'{"amount": 9}')
changed("no body", "POST", "/score?id=1", b"")


@attack("T02", "bound to nobody", "unbound_request")
def unbound(at: Target) -> Verdict:
    signer = RequestSigner(Keypair.generate("sr25519"), dangerous_unbound=True)
    return gets_in(at, request("POST", "/score", signer.sign("POST", "/score", b"")))


@attack("T03", "receiver from the header", "wrong_receiver")
def named_in_the_header(at: Target) -> Verdict:
    elsewhere = Keypair.generate("sr25519").ss58_address
    return gets_in(at, Caller(elsewhere).request())


@attack("T04", "request as login text", "bad_signature")
def request_as_login(at: Target) -> Verdict:
    """A captured request gives a session where the text comes back from the client."""
    victim = Caller(at.receiver)
    headers = victim.headers()
    (challenge,) = ask(at.port, json_request("POST", "/auth/challenge", {"hotkey": victim.address}))
    fields = {
        "hotkey": victim.address,
        "sealed": challenge.json()["sealed"],
        "challenge": request_message(headers, "POST", "/score").decode(),
        "signature": headers["X-Bittensor-Signature"],
    }
    return gets_in(at, json_request("POST", "/auth/session", fields))


@attack("T05", "another dialect", "bad_signature")
def another_dialect(at: Target) -> Verdict:
    caller = Caller(at.receiver)
    headers = caller.headers()
    prefixless = f"{headers['X-Bittensor-Nonce']}.{caller.address}".encode()
    return gets_in(at, request("POST", "/score", signed_again(caller, headers, prefixless)))


@attack("T06", "wrapped by a wallet", "bad_signature")
def wrapped(at: Target) -> Verdict:
    caller = Caller(at.receiver)
    headers = caller.headers()
    message = b"<Bytes>" + request_message(headers, "POST", "/score") + b"</Bytes>"
    return gets_in(at, request("POST", "/score", signed_again(caller, headers, message)))


def left_out(name: str, code: str, *, empty: bool = False) -> None:
    @attack("T07", f"{'empty' if empty else 'no'} {name.lower()}", code)
    def run(at: Target) -> Verdict:
        headers = Caller(at.receiver).headers()
        del headers[f"X-Bittensor-{name}"]
        if empty:
            headers[f"X-Bittensor-{name}"] = ""
        return gets_in(at, request("POST", "/score", headers))


for _name in ("Version", "Hotkey", "Nonce", "Signature"):
    left_out(_name, "missing_header")
left_out("Version", "unsupported_version", empty=True)
left_out("Hotkey", "malformed_hotkey", empty=True)
left_out("Nonce", "malformed_nonce", empty=True)
left_out("Signature", "malformed_signature", empty=True)


@attack("T07", "nothing at all", "missing_credentials")
def anonymous(at: Target) -> Verdict:
    return gets_in(at, request("POST", "/score", {}))


@attack("T08", "window of the caller", "stale_request")
def own_window(at: Target) -> Verdict:
    wishes = ("Timeout", "Max-Age", "Window", "Allowed-Skew", "Expires")
    headers = Caller(at.receiver).headers(ahead=-60.0)
    return gets_in(at, request("POST", "/score", {**headers, **{f"X-Bittensor-{wish}": "3600" for wish in wishes}}))


@attack("T09", "one key shown, another one signs", "bad_signature")
def two_keys(at: Target) -> Verdict:
    victim, attacker = Caller(at.receiver), Caller(at.receiver)
    headers = {**attacker.headers(), "X-Bittensor-Hotkey": victim.address}
    forged = signed_again(attacker, headers, request_message(headers, "POST", "/score"))
    return gets_in(at, request("POST", "/score", {**forged, "X-Bittensor-Public-Key": attacker.address}))


@attack("T09", "one key logs in, another one signs", "bad_signature")
def two_keys_at_login(at: Target) -> Verdict:
    victim, attacker = Caller(at.receiver), Caller(at.receiver)
    (challenge,) = ask(at.port, json_request("POST", "/auth/challenge", {"hotkey": victim.address}))
    fields = {**attacker.login_fields(challenge.json()), "hotkey": victim.address, "signer": attacker.address}
    return gets_in(at, json_request("POST", "/auth/session", fields))


@attack("T10", "signature for ever", "missing_credentials")
def permanent(at: Target) -> Verdict:
    caller = Caller(at.receiver)
    signature = caller.keypair.sign(b"I am " + caller.address.encode()).hex()
    return gets_in(at, request("POST", "/score", {"Authorization": f"Signature {caller.address} {signature}"}))


def doubled(name: str, *, before: bool, upper: bool) -> None:
    @attack("T12", f"{name.lower()} twice {'before' if before else 'behind'}", "duplicate_header")
    def run(at: Target) -> Verdict:
        headers = Caller(at.receiver).headers()
        spelled = f"X-Bittensor-{name}".upper() if upper else f"x-bittensor-{name.lower()}"
        first, second = f"X-Bittensor-{name}", spelled
        value = Caller(at.receiver).headers()[first] if name == "Hotkey" else headers[first]
        pairs = [*headers.items()]
        # The key that signs stays the first one.
        pairs.insert(len(pairs) if name == "Hotkey" or not before else 0, (second, value))
        lines = "".join(f"{key}: {text}\r\n" for key, text in pairs)
        return gets_in(at, f"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n{lines}\r\n".encode())


for _name in ("Version", "Hotkey", "Receiver", "Nonce", "Signature"):
    doubled(_name, before=True, upper=True)
    doubled(_name, before=False, upper=False)


@attack("T12", "two tokens", "duplicate_header")
def two_tokens(at: Target) -> Verdict:
    token = log_in(at)["session_token"]
    given = {"Authorization": f"Bearer {token}", "authorization": "Bearer x"}
    return gets_in(at, request("POST", "/score", given))


SPELLINGS = {
    "encoded letter": "/%73core",
    "encoded slash": "/x/..%2Fscore",
    "dot": "/./score",
    "dots": "/x/../score",
    "encoded dots": "/x/%2e%2e/score",
    "double slash": "//score",
    "slash behind": "/score/",
    "semicolon": "/score;a=b",
    "upper case": "/SCORE",
    "added query": "/score?force=1",
}


def spelled(name: str, target: str) -> None:
    @attack("T13", f"signed as score sent with {name}", "bad_signature")
    def as_signed(at: Target) -> Verdict:
        return gets_in(at, request("POST", target, Caller(at.receiver).headers(target="/score")))

    if name == "added query":
        return

    @attack("T13", f"nothing signed {name}", "missing_credentials", NO_ROUTE)
    def unsigned(at: Target) -> Verdict:
        return gets_in(at, request("POST", target, {}))


for _name, _target in SPELLINGS.items():
    spelled(_name, _target)


def no_target(name: str, target: str) -> None:
    @attack("T13", name, "malformed_target", "bad_signature", NO_REQUEST)
    def run(at: Target) -> Verdict:
        """Not the form that is signed."""
        return gets_in(at, request("POST", target, Caller(at.receiver).headers(target="/score")))


no_target("absolute form", "http://127.0.0.1/score")
no_target("fragment", "/score#part")
no_target("backslash", "\\score")


def rewritten(name: str, header: str, value: str, signed: str) -> None:
    @attack("T14", name, "bad_signature")
    def run(at: Target) -> Verdict:
        return gets_in(at, request("POST", "/score", {**Caller(at.receiver).headers(target=signed), header: value}))


rewritten("prefix from a header", "X-Forwarded-Prefix", "/public", "/public/score")
rewritten("target from a header", "X-Original-URI", "/other", "/other")


def switched_off(name: str, raw: bytes) -> None:
    @attack("T67", name, "missing_credentials")
    def run(at: Target) -> Verdict:
        return gets_in(at, raw)


SWITCHES = ("X-Skip-Auth", "X-Debug", "X-Bittensor-Auth-Disabled", "X-Internal", "X-Test-Mode")
switched_off("header", request("POST", "/score", dict.fromkeys(SWITCHES, "1")))
switched_off("query", request("POST", "/score?skip_auth=1&debug=1", {}))


@attack("T68", "what came comes back", "bad_signature")
def echoed(at: Target) -> Verdict:
    """Nothing that was sent, and nothing that was computed from it, stands in the answer."""
    caller = Caller(at.receiver)
    body = b'{"secret": "a body of my own"}'
    headers = {**caller.headers(body=body), "X-Bittensor-Signature": "0x" + "1b" * 64}
    (answer,) = ask(at.port, request("POST", "/score", headers, body))
    mine = {*headers.values(), sha256(body).hexdigest(), "a body of my own", "btauth/1", "1b" * 64} - {"1", at.receiver}
    text = (answer.head + answer.body).decode()
    return Verdict(any(value in text for value in mine), answer)


@attack("T69", "an older version", "unsupported_version")
def downgraded(at: Target) -> Verdict:
    caller = Caller(at.receiver)
    headers = {**caller.headers(), "X-Bittensor-Version": "0"}
    return gets_in(at, request("POST", "/score", signed_again(caller, headers, headers["X-Bittensor-Nonce"].encode())))
