#!/usr/bin/env python3
"""The official Python client of the first dialect, unmodified, against a running server: every webhook method.

    cargo build -p marquetry-server
    python3 examples/clients/sudomock_webhooks.py [PATH_OF_MARQUETRY]

Installs `sudomock` 0.17.0 into a virtual environment of its own, starts the program on a folder of its own, and walks
through `webhook_endpoints.*` and `verify_webhook_signature`, with the synchronous and the asynchronous client. Exit
code 0 when all held, 1 when something did not, 77 (and the word "skipped") when the client could not be installed.
"""

import contextlib
import http.server
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CLIENT = "sudomock==0.17.0"
KEY = "sm_" + "5a" * 32
PATIENCE = 30


def installed(folder, package=CLIENT):
    """The Python of a virtual environment that has the package, or None."""
    python = Path(folder) / "venv" / "bin" / "python"
    steps = [
        [sys.executable, "-m", "venv", str(python.parent.parent)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode != 0:
            print(f"skipped: {package} could not be installed: {done.stderr.strip().splitlines()[-1:]}")
            return None
    return python


class Receiver:
    """Catches webhooks; answers with the statuses planned, then with 200."""

    def __init__(self):
        self.caught, self.planned = queue.Queue(), queue.Queue()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.caught.put((self.headers, body))
                try:
                    status = outer.planned.get_nowait()
                except queue.Empty:
                    status = 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def next(self):
        return self.caught.get(timeout=PATIENCE)


class Noted:
    """Passes calls on and remembers which methods were called."""

    def __init__(self, inner):
        self.inner, self.called = inner, set()

    def __getattr__(self, name):
        self.called.add(name)
        return getattr(self.inner, name)

    def missed(self):
        public = {name for name in dir(self.inner) if not name.startswith("_")}
        return public - self.called


def until(what, ask):
    """The first answer that is not empty."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{what} never came")


def walk(call, hooks, receiver):
    """Every method once at least. `call` turns an answer of either client into a value."""
    from sudomock import verify_webhook_signature
    from sudomock.exceptions import NotFoundError, ValidationError, WebhookVerificationError

    made = call(hooks.create(url=receiver.url, events=["render.succeeded"], description="orders", event_naming="current"))
    assert made.secret.startswith("whsec_") and "*" not in made.secret, made
    assert (made.event_types, made.description, made.event_naming) == (["render.succeeded"], "orders", "current"), made
    assert [endpoint.id for endpoint in call(hooks.list()).webhook_endpoints] == [made.id]
    read = call(hooks.get(made.id))
    assert read.secret == f"whsec_****{made.secret[-4:]}" and read.created_at.tzinfo is not None, read
    changed = call(hooks.update(made.id, events=[], description="all of it", enabled=True, url=receiver.url, event_naming="legacy"))
    assert (changed.event_types, changed.description, changed.event_naming) == ([], "all of it", "legacy"), changed

    def verified(secret):
        headers, body = receiver.next()
        signature, moment = headers["X-SudoMock-Signature"], headers["X-SudoMock-Timestamp"]
        assert verify_webhook_signature(secret, signature, moment, body)
        for wrong in [
            (secret + "x", signature, moment, body),
            (secret, signature, moment, body + b" "),
            (secret, signature[:-1] + ("0" if signature[-1] != "0" else "1"), moment, body),
            (secret, signature, str(int(moment) - 301), body),
            (secret, "", moment, body),
        ]:
            try:
                verify_webhook_signature(*wrong)
            except WebhookVerificationError:
                continue
            raise AssertionError("a forged message was believed")
        return headers["X-SudoMock-Delivery"], body

    assert call(hooks.test(made.id)) is None
    first, body = verified(made.secret)
    listed = lambda **filters: call(hooks.events(**filters)).deliveries
    row = until("the record of the delivery", lambda: [row for row in listed(status="delivered", limit=9) if row.id == first])[0]
    assert (row.id, row.endpoint_id, row.event_type, row.http_status, row.attempt) == (
        first, made.id, "webhook.test", 200, 0,
    ), row
    assert [row.id for row in call(hooks.deliveries(made.id)).deliveries] == [first]
    assert listed(event_type="render.failed") == []

    rotated = call(hooks.rotate_secret(made.id))
    assert rotated.secret.startswith("whsec_") and rotated.secret != made.secret
    assert call(hooks.replay_delivery(made.id, first)) is None
    assert verified(rotated.secret) == (first, body), "a replay has the same id and the same bytes"

    # From here on it hears of nothing but renders and its own tests, not of its own end either.
    assert call(hooks.update(made.id, events=["render.failed"])).event_types == ["render.failed"]
    receiver.planned.put(410)
    call(hooks.test(made.id))
    gone, _ = verified(rotated.secret)
    until("the death of the delivery", lambda: listed(status="dead"))
    until("the end of the endpoint", lambda: not call(hooks.get(made.id)).enabled)
    call(hooks.update(made.id, enabled=True))
    assert call(hooks.replay_failed(made.id)) is None
    assert verified(rotated.secret)[0] == gone
    until("the end of the replay", lambda: not listed(status="dead"))

    assert call(hooks.delete(made.id)) is None
    for wrong, kind in [
        (lambda: call(hooks.get(made.id)), NotFoundError),
        (lambda: call(hooks.create(url="ftp://127.0.0.1/", events=[])), ValidationError),
        (lambda: call(hooks.create(url=receiver.url, events=["render.burnt"])), ValidationError),
    ]:
        try:
            wrong()
        except kind:
            continue
        raise AssertionError(f"no {kind.__name__} was raised")
    assert hooks.missed() == set(), f"never called: {hooks.missed()}"
    return sorted(hooks.called)


def against(address):
    import asyncio

    import sudomock

    receiver = Receiver()
    with sudomock.SudoMock(api_key=KEY, base_url=address) as client:
        names = walk(lambda answer: answer, Noted(client.webhook_endpoints), receiver)
    print(f"sudomock {sudomock.__version__}, synchronous: {len(names)} methods: {', '.join(names)}")
    loop = asyncio.new_event_loop()
    client = sudomock.AsyncSudoMock(api_key=KEY, base_url=address)
    names = walk(loop.run_until_complete, Noted(client.webhook_endpoints), receiver)
    loop.run_until_complete(client.close())
    print(f"sudomock {sudomock.__version__}, asynchronous: {len(names)} methods")
    print("verify_webhook_signature: every message verified, every forgery refused")


def program():
    """The program to try: the argument, what MARQUETRY_BIN names, or what the build leaves behind."""
    root = Path(__file__).resolve().parents[2]
    return sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MARQUETRY_BIN", str(root / "target/debug/marquetry"))


@contextlib.contextmanager
def serving(folder):
    """The address of the program, which runs on that folder and has to end well."""
    server = subprocess.Popen(
        [program(), "serve", "--listen", "127.0.0.1:0", "--data-dir", folder + "/data", "--workers", "0",
         "--allow-private-networks", "--log", "warn"],
        env={**os.environ, "MARQUETRY_API_KEY": KEY}, stdout=subprocess.PIPE, text=True,
    )
    try:
        yield re.search(r"listening on (http://\S+)", server.stdout.readline()).group(1)
    finally:
        server.terminate()
        stopped = server.wait(timeout=PATIENCE)
    assert stopped == 0, f"the server ended with {stopped}"


def main():
    if os.environ.get("MARQUETRY_CLIENT_ADDRESS"):
        return against(os.environ["MARQUETRY_CLIENT_ADDRESS"])
    with tempfile.TemporaryDirectory() as folder:
        python = installed(folder)
        if python is None:
            return sys.exit(77)
        with serving(folder) as address:
            told = {**os.environ, "MARQUETRY_CLIENT_ADDRESS": address}
            done = subprocess.run([str(python), __file__], env=told)
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
