#!/usr/bin/env bash
# Real clients do their ordinary work against a started server: curl, Python (rdflib, SPARQLWrapper), npm (Comunica, fetch-sparql-endpoint), Go
# (knakk/sparql), Java (Apache Jena's RDFConnection). `run.sh [CLIENT...]` runs all or some. A missing toolchain is skipped with a
# message; with CLIENTS_MUST=1 it is an error. What clients need is fetched by their ordinary package managers.
set -u
here=$(cd "$(dirname "$0")" && pwd) && cd "$here/../.." || exit 1
TMP=$(mktemp -d) || exit 1
export TMP TOKEN=secret-of-a-test
cleanup() { [ -n "${pid:-}" ] && kill "$pid" 2>/dev/null && wait "$pid"; rm -rf "$TMP"; }
trap cleanup EXIT

${GO:-go} build -trimpath -o "$TMP/triplestore" ./cmd/triplestore || exit 1
TRIPLESTORE_TOKEN=$TOKEN "$TMP/triplestore" serve --store "$TMP/store" --listen 127.0.0.1:0 --json --log off --load-examples >"$TMP/serve" 2>"$TMP/log" &
pid=$!
for _ in $(seq 300); do
  URL=$(sed -nE 's|.*"url": "(.*)/",?$|\1|p' "$TMP/serve")
  [ -n "$URL" ] && break
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
[ -n "$URL" ] || { echo "the server did not start:"; cat "$TMP/log"; exit 1; }
export URL

python() {
  python3 -m venv "$TMP/venv" && timeout 240 "$TMP/venv/bin/pip" install -q --disable-pip-version-check -r "$here/python/requirements.txt" \
    && timeout 120 "$TMP/venv/bin/python" "$here/python/client.py"
}
js() { mkdir "$TMP/js" && cp "$here"/js/* "$here/js/.npmrc" "$TMP/js" 2>/dev/null; cd "$TMP/js" && timeout 240 npm ci --silent --no-progress && timeout 120 node client.mjs; }
golang() { cd "$here/go" && timeout 240 ${GO:-go} run .; }
java() { mkdir "$TMP/java" && cp -r "$here/java/pom.xml" "$here/java/src" "$TMP/java" && cd "$TMP/java" && timeout 400 mvn -q -B compile exec:java; }
curl_() { timeout 120 bash "$here/curl.sh"; }

failed=0
client() { # client NAME FUNCTION TOOLS...
  local name=$1 work=$2 tool start=$SECONDS
  shift 2
  for tool in "$@"; do
    if ! command -v "$tool" >/dev/null 2>&1; then
      echo "$name: skipped, there is no $tool"
      [ -n "${CLIENTS_MUST:-}" ] && failed=$((failed + 1))
      return
    fi
  done
  if ("$work") </dev/null; then echo "$name: ok, $((SECONDS - start)) s"; else echo "$name: FAILED"; failed=$((failed + 1)); fi
}
for c in "${@:-curl python js go java}"; do
  for name in $c; do
    case $name in
      curl) client curl curl_ curl ;;
      python) client python python python3 ;;
      js) client js js node npm ;;
      go) client go golang "${GO:-go}" ;;
      java) client java java javac mvn ;;
      *) echo "there is no client $name: curl, python, js, go, java"; exit 2 ;;
    esac
  done
done
if ! kill -0 "$pid" 2>/dev/null; then echo "the server has ended:"; cat "$TMP/log"; failed=$((failed + 1)); fi
[ "$failed" -eq 0 ]
