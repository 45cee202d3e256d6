#!/bin/bash
exec python3 "$(dirname "$0")/ocsp_many.py"
