#!/usr/bin/env bash
# Starts a server over a million triples that it makes and puts it under load. Arguments are those of bench/load.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
cleanup() { [ -n "${pid:-}" ] && kill "$pid" 2>/dev/null && wait "$pid"; rm -rf "$tmp"; }
trap cleanup EXIT
${GO:-go} build -trimpath -o "$tmp/triplestore" ./cmd/triplestore && ${GO:-go} build -o "$tmp/load" ./bench/load || exit 1
${GO:-go} run ./bench -make -dir "$tmp" -triples "${TRIPLES:-1000000}" && "$tmp/triplestore" load --store "$tmp/store" --quiet "$tmp/data.nt" && rm "$tmp"/data.* || exit 1
"$tmp/triplestore" serve --store "$tmp/store" --listen 127.0.0.1:0 --json --log off >"$tmp/serve" &
pid=$!
for _ in $(seq 300); do
  url=$(sed -nE 's|.*"url": "(.*)/",?$|\1|p' "$tmp/serve")
  [ -n "$url" ] && break
  kill -0 "$pid" 2>/dev/null || exit 1
  sleep 0.1
done
"$tmp/load" -url "$url" -pid "$pid" "$@"
