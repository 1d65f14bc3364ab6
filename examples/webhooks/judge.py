"""Judges messages with the Standard Webhooks library: usage: judge.py SECRET FILE"""

import json
import sys

from standardwebhooks.webhooks import Webhook

webhook = Webhook(sys.argv[1])
right = {True: 0, False: 0}
wrong = 0
with open(sys.argv[2], encoding="utf-8") as messages:
    for line in messages:
        message = json.loads(line)
        try:
            webhook.verify(message["body"], message["headers"])
            trusted = True
        except Exception:
            trusted = False
        if trusted == message["genuine"]:
            right[trusted] += 1
        else:
            wrong += 1
            print("python: judged wrongly:", line.strip(), file=sys.stderr)
print(f"python: {right[True]} verified, {right[False]} refused, {wrong} judged wrongly")
sys.exit(1 if wrong else 0)
