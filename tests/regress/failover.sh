#!/bin/bash
# What was acknowledged survives a lost primary of the database, and the service goes on by itself. See failover.py.
exec python3 "$(dirname "$0")/failover.py" "$@"
