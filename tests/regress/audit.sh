#!/bin/bash
# A large trail is exported in pages into one file; damage to the live trail is told in full. See audit.py.
exec python3 "$(dirname "$0")/audit.py" "$@"
