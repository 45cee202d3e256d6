#!/bin/bash
# Any process may die at any moment: nothing that was acknowledged is lost. See kill.py.
exec python3 "$(dirname "$0")/kill.py" "$@"
