#!/bin/bash
# The OpenAPI document that is checked in is the one that the tables give, and has what OpenAPI 3.0 asks for.
set -eu
cd "$(dirname "$0")/../.."
if ! ./hufu openapi | diff -u docs/openapi.json - >/dev/null; then
    echo "docs/openapi.json is not current; run: ./hufu openapi >docs/openapi.json"
    ./hufu openapi | diff -u docs/openapi.json - | head -40
    exit 1
fi
python3 - <<'END'
import json
doc = json.load(open("docs/openapi.json"))
assert doc["openapi"].startswith("3.0."), doc["openapi"]
assert doc["info"]["title"] and doc["info"]["version"]
ids = set()
def resolve(ref):
    node = doc
    for step in ref.removeprefix("#/").split("/"):
        node = node[step]
    return node
def walk(node):
    if isinstance(node, dict):
        if "$ref" in node:
            resolve(node["$ref"])
        for value in node.values():
            walk(value)
    elif isinstance(node, list):
        for value in node:
            walk(value)
walk(doc)
for path, methods in doc["paths"].items():
    assert path.startswith("/"), path
    for method, what in methods.items():
        assert method in ("get", "post"), method
        assert what["operationId"] not in ids, what["operationId"]
        ids.add(what["operationId"])
        assert "200" in what["responses"] and "default" in what["responses"], path
        for parameter in what.get("parameters", []):
            assert "$ref" in parameter or (parameter["in"] == "query" and "schema" in parameter), path
        for name in what.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {}).get("required", []):
            assert name in what["requestBody"]["content"]["application/json"]["schema"]["properties"], path
assert "/cert/issue" in doc["paths"] and "/approval/approve" in doc["paths"]
print(len(ids), "operations described")
END
