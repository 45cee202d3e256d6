#!/bin/bash
# Sign-in with keys in a SoftHSM token, P-256 and RSA, from the certificate's issue to the redeemed ticket. See softhsm.py.
exec python3 "$(dirname "$0")/softhsm.py" "$@"
