#!/bin/bash
# Hostile and mistaken requests to the API: a clear refusal, nothing stored, an act that was tried on record. See refusals.py.
exec python3 "$(dirname "$0")/refusals.py" "$@"
