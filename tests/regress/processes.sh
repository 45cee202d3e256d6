#!/bin/bash
# The processes of a server: confined, restarted, stopped in order, one server a data directory. See processes.py.
exec python3 "$(dirname "$0")/processes.py" "$@"
