#!/usr/bin/env python3
"""The Standard Webhooks libraries for Python and JavaScript, unmodified, as receivers of a running server.

    cargo build -p marquetry-server
    python3 examples/clients/standard_webhooks.py [PATH_OF_MARQUETRY]

Starts the program on a folder of its own, takes deliveries of it, before and after its secret was changed, and lets each
library judge them, together with a thousand copies that were changed by one byte each: of the body, the id, the moment
or the signature. Each library is installed into that folder, which is deleted afterwards. Exit code 0 when each believed
what came and refused what was changed, 1 when one did not, 77 (and the word "skipped") when none could be installed.
"""

import json
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from sudomock_webhooks import KEY, Receiver, installed, serving

PYTHON, JAVASCRIPT = "standardwebhooks==1.1.0", "standardwebhooks@1.1.1"
SIGNED = ["webhook-id", "webhook-timestamp", "webhook-signature"]
DELIVERIES, CHANGED = 20, 1000
JUDGES = Path(__file__).resolve().parents[1] / "webhooks"


def asked(address, method, path, body=None):
    request = urllib.request.Request(
        address + "/api/v1/webhook-endpoints" + path, method=method,
        headers={"x-api-key": KEY, "content-type": "application/json"},
        data=None if body is None else json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def delivered(address):
    """What came, and the secrets that verify it: half of it is signed with the first, half with both."""
    receiver = Receiver()
    made = asked(address, "POST", "", {"url": receiver.url, "events": []})
    secrets, caught = [found(made, "secret")], []
    for number in range(DELIVERIES):
        if number == DELIVERIES // 2:
            secrets.append(found(asked(address, "POST", f"/{found(made, 'id')}/rotate-secret"), "secret"))
        asked(address, "POST", f"/{found(made, 'id')}/test")
        headers, body = receiver.next()
        caught.append(({name: headers[name] for name in SIGNED}, body.decode()))
    return secrets, caught


def found(answer, name):
    """A field of an answer, or of what it wraps."""
    return answer[name] if name in answer else next(found(inner, name) for inner in answer.values() if isinstance(inner, dict))


def changed(text, spared, dice):
    """The text with one byte changed, none of the last ones."""
    at = dice.randrange(len(text) - spared)
    others = [chr(code) for code in range(0x21, 0x7F) if chr(code) != text[at]]
    return text[:at] + dice.choice(others) + text[at + 1:]


def forged(number, headers, body, dice):
    which = number % (len(SIGNED) + 1)
    if which == len(SIGNED):
        return headers, changed(body, 0, dice)
    name = SIGNED[which]
    # The last signs of base64 may carry bits that say nothing. Of two signatures either is enough.
    spared = 2 if name == "webhook-signature" else 0
    value = headers[name].split(" ")[0] if spared else headers[name]
    return {**headers, name: changed(value, spared, dice)}, body


def judged(secrets, caught, folder, judge):
    """Whether one library was right about everything."""
    dice, right = random.Random(1), True
    first, later = caught[: DELIVERIES // 2], caught[DELIVERIES // 2:]
    for secret, genuine, count in [
        (secrets[0], first, CHANGED // 2), (secrets[0], later, 0), (secrets[1], later, CHANGED - CHANGED // 2),
    ]:
        lines = [{"genuine": True, "headers": headers, "body": body} for headers, body in genuine]
        for number in range(count):
            headers, body = forged(number, *genuine[number % len(genuine)], dice)
            lines.append({"genuine": False, "headers": headers, "body": body})
        file = Path(folder) / "messages"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        right &= subprocess.run([*judge, secret, str(file)]).returncode == 0
    return right


def judges(folder):
    """How to call each library that could be installed."""
    python = installed(folder, PYTHON)
    if python is not None:
        yield [str(python), str(JUDGES / "judge.py")]
    if shutil.which("npm") is None or shutil.which("node") is None:
        print("skipped: there is no npm")
        return
    done = subprocess.run(["npm", "install", "--silent", "--prefix", folder, JAVASCRIPT], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"skipped: {JAVASCRIPT} could not be installed: {done.stderr.strip().splitlines()[-1:]}")
        return
    # A script finds packages beside itself.
    yield ["node", shutil.copy(JUDGES / "judge.cjs", folder)]


def main():
    with tempfile.TemporaryDirectory() as folder:
        ready = list(judges(folder))
        if not ready:
            sys.exit(77)
        with serving(folder) as address:
            secrets, caught = delivered(address)
        right = [judged(secrets, caught, folder, judge) for judge in ready]
    sys.exit(0 if all(right) else 1)


if __name__ == "__main__":
    main()
