#!/bin/bash
# The web process and the command line as strangers, operators and shells meet them.
set -eu
cd "$(dirname "$0")/../.."
exec python3 tests/regress/web.py
