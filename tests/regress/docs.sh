#!/bin/bash
# The pages of docs/ that are a row of commands, word for word, in an empty directory. See docs.py.
exec python3 "$(dirname "$0")/docs.py"
