"""The npm package from its tarball, in empty projects: Node, TypeScript, Vite, webpack and Next.js."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep

import httpx
import pytest

from npm_projects import ROOT, TOOLS, Project, install_tools, pack
from snippets import snippets
from support.processes import Process, free_port, wait_until
from support.raw_http import Lost, ask, request

RECEIVER = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
WARM = 4.5
"""Seconds after which a new store can rule out replays."""
NAMES = "Keypair, MemoryStore, ready, RequestSigner, Verifier"
LOADS = {
    "ESM": ("index.mjs", f'import {{ {NAMES} }} from "bittensor-auth";'),
    "CommonJS": ("index.cjs", f'const {{ {NAMES} }} = require("bittensor-auth");'),
}
ROUND_TRIP = """
const service = Keypair.generate(), miner = Keypair.generate("ed25519");
const request = { method: "POST", target: "/x", body: "body" };
const headers = new RequestSigner(miner, { receiver: service.ss58Address }).sign(request);
const store = new MemoryStore({ nothingAcceptedBefore: true, singleProcessAcknowledged: true });
const verifier = new Verifier({ receiver: service.ss58Address, store, schemes: ["ed25519"] });
const caller = verifier.verify({ ...request, headers });
let again; try { verifier.verify({ ...request, headers }) } catch (error) { again = error.code }
const addons = process.report.getReport().sharedObjects.filter((name) => name.endsWith(".node")).length;
console.log(caller.hotkey === miner.ss58Address, again, addons);
"""
PAGE = """
import { Keypair, ready } from "bittensor-auth";
import { createHotkeyAuth } from "bittensor-auth/client";
const auth = createHotkeyAuth({ baseURL: "/" });
document.body.append(auth.session.getSnapshot().status);
ready().then(() => document.body.append(Keypair.generate().ss58Address));
"""
TYPES = """
import { type Caller, type ErrorCode, Hotkey, MemoryStore, verifyRequest, Verifier } from "bittensor-auth";
import { createHotkeyAuth, type HotkeyAuth as Auth } from "bittensor-auth/client";
import { expressGuard } from "bittensor-auth/express";
import { HotkeyAuth, nextGuard } from "bittensor-auth/next";
import { RedisStore } from "bittensor-auth/redis";
const verifier = new Verifier({ receiver: "5F", store: new MemoryStore() });
export const caller: Promise<Caller> = verifyRequest(new Request("https://a"), verifier).then((it) => it.caller);
export const code: ErrorCode = "bad_signature";
// @ts-expect-error no such code
export const wrong: ErrorCode = "bad";
export const hotkey: string = new Hotkey("5F").ss58Address;
export const client: Auth = createHotkeyAuth({ baseURL: "/" });
const auth = new HotkeyAuth({ receiver: "5F", store: new MemoryStore(), origin: "https://a", cookies: true });
export const handler: (request: Request, context: object) => Promise<Response> =
  nextGuard(auth).caller((_, { hotkey }) => Response.json({ hotkey }));
export const { middleware } = expressGuard(auth);
// @ts-expect-error no client
export const store = new RedisStore({});
"""


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack(tmp_path_factory.mktemp("npm"))


@pytest.fixture(scope="session")
def whole(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("whole") / "project", tarball)


@pytest.fixture(scope="session")
def bare(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("bare") / "project", tarball).without_addon()


@pytest.fixture(scope="session")
def tools() -> None:
    try:
        install_tools()
    except subprocess.TimeoutExpired:
        pytest.skip("the build tools did not install in time")


@pytest.fixture
def project(tools: None, tarball: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    """A new one, below the tools."""
    folder = TOOLS / "projects" / request.node.originalname.removeprefix("test_")
    shutil.rmtree(folder, ignore_errors=True)
    yield Project(folder, tarball)
    shutil.rmtree(folder)


def test_it_brings_nothing_along(whole: Project) -> None:
    modules = whole.folder / "node_modules"
    assert {path.name for path in modules.iterdir()} - {".package-lock.json"} == {"bittensor-auth"}
    files = {path.relative_to(whole.package).parts[0] for path in whole.package.rglob("*") if path.is_file()}
    assert files <= {"package.json", "README.md", "LICENSE", "dist"}


@pytest.mark.parametrize("load", LOADS)
def test_node_takes_the_addon_and_without_it_webassembly_in_silence(whole: Project, bare: Project, load: str) -> None:
    file, head = LOADS[load]
    for project, addons in ((whole, 1), (bare, 0)):
        project.write({file: head + ROUND_TRIP})
        assert project.run("node", "--disallow-code-generation-from-strings", file) == f"true replayed_request {addons}"


@pytest.mark.parametrize("role", ["server", "verifier"])
def test_what_the_readme_shows_works(project: Project, role: str) -> None:
    shown = {block.role: block.code for block in snippets(project.package / "README.md") if block.role}
    port = free_port()
    files = {f"{name}.mjs": shown[name].replace("8000", str(port)) for name in (role, "client")}
    project.write(files)
    server = Process(["node", str(project.folder / f"{role}.mjs")], log=project.folder / "log")
    try:
        wait_until(lambda: _answers(port), seconds=10, what="the server starts")
        early = project.run("node", "client.mjs")
        assert early.startswith("503 ")
        assert '"code":"store_warming"' in early
        sleep(WARM)
        assert project.run("node", "client.mjs").startswith('200 {"hotkey":"5')
    finally:
        server.end()
    assert all(line.startswith("bittensor-auth: store_warming ") for line in server.log.splitlines()), server.log


@pytest.mark.parametrize(
    ("module", "resolution", "extension"),
    [("node16", "node16", "mts"), ("node16", "node16", "cts"), ("esnext", "bundler", "ts")],
)
def test_types(project: Project, module: str, resolution: str, extension: str) -> None:
    file = f"use.{extension}"
    project.write({file: TYPES})
    flags = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--types", "node"]
    project.tool("node_modules/typescript/bin/tsc", *flags, "--module", module, "--moduleResolution", resolution, file)


def _vite_page(project: Project) -> None:
    project.write({"index.html": '<body><script type="module" src="page.js"></script></body>'})
    project.tool("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")


def _webpack_page(project: Project) -> None:
    project.tool("webpack.mjs", "web", "page.js", "dist")


@pytest.mark.parametrize("build", [_vite_page, _webpack_page], ids=["vite", "webpack"])
def test_a_page_is_bundled_with_its_engines_as_files(project: Project, build: Callable[[Project], None]) -> None:
    project.write({"page.js": PAGE})
    build(project)
    emitted = [path.read_bytes() for path in project.built("dist", ".wasm")]
    engines = [(project.package / f"dist/engine/{name}.wasm").read_bytes() for name in ("full", "lite")]
    assert emitted == engines, "each once, and the one for servers not at all"
    scripts = "".join(path.read_text() for path in project.built("dist", ".js"))
    assert "node:fs" not in scripts
    assert "process.report" not in scripts
    for path in project.built("dist", ".wasm"):
        assert path.name in scripts, "nothing loads it"


def _vite_server(project: Project) -> str:
    project.write({"vite.config.mjs": 'export default { ssr: { noExternal: true, target: "node" } };'})
    project.tool("node_modules/vite/bin/vite.js", "build", "--ssr", "index.mjs", "--logLevel", "warn")
    # It takes no files along for servers.
    shutil.copy(project.package / "dist/engine/server.wasm", project.folder / "dist")
    return "dist/index.mjs"


def _webpack_server(project: Project) -> str:
    project.tool("webpack.mjs", "node", "index.mjs", "dist")
    return "dist/main.cjs"


@pytest.mark.parametrize("build", [_vite_server, _webpack_server], ids=["vite", "webpack"])
def test_a_server_is_bundled_with_webassembly(project: Project, build: Callable[[Project], str]) -> None:
    file, head = LOADS["ESM"]
    project.write({file: head + ROUND_TRIP})
    built = build(project)
    # What a deployment takes along is the output of the build.
    shutil.rmtree(project.package)
    assert project.run("node", built) == "true replayed_request 0"


PAGES = {
    "react": """
"use client";
import { ConnectButton, HotkeyAuthProvider } from "bittensor-auth/react";
import { createHotkeyAuth } from "bittensor-auth/client";
const auth = createHotkeyAuth({ baseURL: "/api" });
export default () => <HotkeyAuthProvider auth={auth}><ConnectButton /></HotkeyAuthProvider>;
""",
    "client": """
"use client";
import { createHotkeyAuth } from "bittensor-auth/client";
const auth = createHotkeyAuth({ baseURL: "/api" });
export default () => <button onClick={() => auth.wallets()}>{auth.session.getSnapshot().status}</button>;
""",
}


@pytest.mark.parametrize(
    ("page", "external"), [("react", False), ("client", True)], ids=["bundled", "external, for the addon"]
)
def test_next(project: Project, page: str, external: bool) -> None:
    guide = snippets(ROOT / "docs/guide/node.md")
    shown = {block.role: block.code for block in guide if block.role}
    files = {role.removeprefix("next "): code for role, code in shown.items() if role.startswith("next ")}
    assert len(files) == 3
    packages = 'serverExternalPackages: ["bittensor-auth"], ' if external else ""
    config = f"export default {{ {packages}turbopack: {{ root: {str(TOOLS)!r} }} }};"
    layout = "export default ({ children }) => <html lang='en'><body>{children}</body></html>;"
    project.write({**files, "next.config.mjs": config, "app/layout.jsx": layout, "app/page.jsx": PAGES[page]})
    environment = {"NEXT_TELEMETRY_DISABLED": "1", "SECRET": "0123456789abcdef0123456789abcdef"}
    command = ["node", str(TOOLS / "node_modules/next/dist/bin/next")]
    project.run(*command, "build", **environment)
    assert project.built(".next/static", ".wasm"), "the page's engine is a file of its own"
    if not external:
        # What a deployment takes along is the output of the build.
        shutil.rmtree(project.package)
    port = free_port()
    settings = {**os.environ, **environment}
    start = [*command, "start", str(project.folder), "--port", str(port), "--hostname", "127.0.0.1"]
    server = Process(start, log=project.folder / "log", environment=settings)
    try:
        wait_until(lambda: _answers(port), seconds=20, what="Next.js starts")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert "<button" in client.get("/").raise_for_status().text
            challenge = client.post("/api/auth/challenge", json={"hotkey": RECEIVER})
            assert challenge.json()["challenge"].startswith("dash.example.org wants you to sign in"), server.log
            assert client.post("/api/score").json()["code"] == "missing_credentials"
    finally:
        server.end()


def _answers(port: int) -> bool:
    try:
        return ask(port, request("GET", "/", {}))[0].status > 0
    except (OSError, Lost):
        return False
