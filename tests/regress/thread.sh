#!/bin/bash
# The thread through the whole house, as somebody outside would pull it. See thread.py.
exec python3 "$(dirname "$0")/thread.py" "$@"
