#!/bin/sh
# Lets the Standard Webhooks libraries for Python and JavaScript judge 1,000 messages of ours and 1,000 that were changed by
# one byte. What is not on this machine is skipped, and said so. Everything is put into a folder that is deleted afterwards.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
secret=whsec_b2xkIHNlY3JldCwgMzIgYnl0ZXMsIG5vIG9uZSdzIQ==
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cargo run --quiet --manifest-path "$here/../Cargo.toml" --example webhook_messages -- "$secret" 1000 > "$folder/messages"

if ! command -v python3 > /dev/null; then
    echo "python: skipped, there is no python3"
elif ! { python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet standardwebhooks==1.1.0; } > "$folder/log" 2>&1; then
    echo "python: skipped, standardwebhooks could not be installed: $(tail -n 1 "$folder/log")"
else
    "$folder/venv/bin/python" "$here/judge.py" "$secret" "$folder/messages"
fi

if ! command -v npm > /dev/null; then
    echo "javascript: skipped, there is no npm"
elif ! npm install --silent --prefix "$folder" standardwebhooks@1.1.1 > "$folder/log" 2>&1; then
    echo "javascript: skipped, standardwebhooks could not be installed: $(tail -n 1 "$folder/log")"
else
    NODE_PATH="$folder/node_modules" node "$here/judge.cjs" "$secret" "$folder/messages"
fi
