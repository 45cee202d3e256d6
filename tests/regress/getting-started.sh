#!/bin/bash
# docs/getting-started.md word for word, in an empty directory. See getting_started.py.
exec python3 "$(dirname "$0")/getting_started.py"
