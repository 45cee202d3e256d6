#!/bin/bash
# `hufu init`: its refusals, and the ways to protect root keys and the sealing key. See init.py.
exec python3 "$(dirname "$0")/init.py" "$@"
