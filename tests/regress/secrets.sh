#!/bin/bash
# No secret is written anywhere but where it belongs: into sealed files. See secrets.py.
exec python3 "$(dirname "$0")/secrets.py" "$@"
