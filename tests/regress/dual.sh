#!/bin/bash
# Where two people are needed, one cannot be both. See dual.py.
exec python3 "$(dirname "$0")/dual.py" "$@"
