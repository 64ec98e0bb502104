#!/usr/bin/env bash
# Tries what packaging makes, as far as this machine can: the deb is unpacked into a folder of its own, its program serves, its unit is
# verified; the image of the Dockerfile is built and run where there is a container engine, else its last stage is made by hand and run
# in a chroot as its user. Nothing is installed. What cannot be tried is said.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
pid=
cleanup() { [ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null || true; }; rm -rf "$tmp"; }
trap cleanup EXIT
failed=0
ok() { echo "ok       $*"; }
skip() { echo "skipped  $*"; }
bad() { echo "FAILED   $*"; failed=1; }

# serves NAME COMMAND...: starts a server, which announces itself as JSON, asks it, and ends it.
serves() {
  local name=$1 url="" n
  shift
  "$@" >"$tmp/out" 2>"$tmp/err" &
  pid=$!
  for n in $(seq 300); do
    url=$(sed -nE 's|.*"url": "(.*)/",?$|\1|p' "$tmp/out")
    if [ -n "$url" ] || ! kill -0 "$pid" 2>/dev/null; then break; fi
    sleep 0.1
  done
  if [ -z "$url" ]; then bad "$name: it does not serve: $(tail -3 "$tmp/err")"; pid=; return; fi
  if [ "$(curl -sS --max-time 20 "$url/healthz")" != ok ]; then bad "$name: /healthz"; fi
  n=$(curl -sS --max-time 20 -G "$url/sparql" -H 'Accept: text/csv' --data-urlencode 'query=SELECT (COUNT(*) AS ?n) { ?s ?p ?o }' | tr -d '\r' | tail -1)
  kill "$pid" && wait "$pid" && code=0 || code=$?
  pid=
  if [ "$code" != 0 ]; then bad "$name: it ended with $code: $(tail -3 "$tmp/err")"; fi
  if [ "${n:-0}" -gt 100 ] 2>/dev/null; then ok "$name: serves the examples, $n statements, and ends at SIGTERM"; else bad "$name: it counted $n statements"; fi
}

echo "== deb"
if ! command -v dpkg-deb >/dev/null; then
  skip "there is no dpkg-deb"
elif ! make --no-print-directory deb VERSION=0.0.1~test >"$tmp/deb.log" 2>&1; then
  if grep -q 'nfpm' "$tmp/deb.log" && [ "${CI:-}" != true ]; then skip "nfpm could not be built: $(tail -1 "$tmp/deb.log")"; else bad "make deb: $(tail -3 "$tmp/deb.log")"; fi
else
  deb=$(ls -t dist/triplestore_0.0.1~test_*.deb | head -1)
  root=$tmp/root
  mkdir "$root" && dpkg-deb -x "$deb" "$root" && dpkg-deb -e "$deb" "$tmp/control"
  for f in usr/bin/triplestore lib/systemd/system/triplestore.service etc/triplestore/environment usr/share/doc/triplestore/operations.md usr/share/doc/triplestore/copyright; do
    [ -e "$root/$f" ] || bad "the package lacks $f"
  done
  [ "$(stat -c %a "$root/etc/triplestore/environment")" = 640 ] || bad "the file of the token can be read by others"
  for s in postinst prerm postrm; do sh -n "$tmp/control/$s" || bad "$s"; done
  [ "$("$root/usr/bin/triplestore" version | head -1 | cut -d' ' -f2)" = 0.0.1~test ] || bad "the version is $("$root/usr/bin/triplestore" version)"
  ok "the package holds what it should"
  serves "the package's program" "$root/usr/bin/triplestore" serve --store "$tmp/deb-store" --listen 127.0.0.1:0 --json --load-examples
  if command -v systemd-analyze >/dev/null; then
    # The unit names the program where it would be installed; here it is in the folder. Users are looked up on this machine.
    sed "s|/usr/bin/triplestore|$root/usr/bin/triplestore|; s/^User=.*/User=daemon/; s/^Group=.*/Group=daemon/; s|^Documentation=.*||" "$root/lib/systemd/system/triplestore.service" >"$tmp/triplestore.service"
    # What units of the machine itself lack is none of ours.
    if systemd-analyze verify --man=no "$tmp/triplestore.service" 2>"$tmp/verify"; then ok "systemd-analyze finds the unit right"; else bad "the unit: $(cat "$tmp/verify")"; fi
    if grep -q 'triplestore.service' "$tmp/verify"; then bad "systemd-analyze: $(grep triplestore.service "$tmp/verify")"; fi
    exposure=$(systemd-analyze security --offline=true "$tmp/triplestore.service" 2>/dev/null | sed -nE 's/.*Overall exposure level.*: ([0-9.]+).*/\1/p')
    if [ -n "$exposure" ]; then
      if [ "${exposure%.*}" -lt 3 ]; then ok "the unit's exposure is $exposure of 10"; else bad "the unit's exposure is $exposure of 10"; fi
    fi
  else
    skip "there is no systemd-analyze for the unit"
  fi
  rm -f "$deb"
fi

echo "== other processors"
for arch in amd64 arm64; do
  if CGO_ENABLED=0 GOOS=linux GOARCH=$arch ${GO:-go} build -trimpath -o "$tmp/triplestore-$arch" ./cmd/triplestore 2>"$tmp/cross"; then ok "it builds for linux/$arch"; else bad "linux/$arch: $(tail -3 "$tmp/cross")"; fi
  rm -f "$tmp/triplestore-$arch"
done

echo "== container"
# built ENGINE COMMAND...: whether the image could be built; else what the engine said, which is mostly that the compiler's image is out of reach.
built() {
  local engine=$1
  shift
  if "$@" -f packaging/Dockerfile --build-arg VERSION=0.0.1-test -t triplestore-test . >"$tmp/build.log" 2>&1; then ok "$engine builds the image"; return; fi
  skip "$engine could not build the image: $(tail -1 "$tmp/build.log")"
  return 1
}

# image ENGINE: the image as its user with a volume: it gets well by its own measure, and a second container finds what the first one was told.
image() {
  local engine=$1 name=triplestore-test-$$ n url user state=""
  serves "the image" "$engine" run --rm --init --network host triplestore-test serve --store /data/store --listen 127.0.0.1:0 --json --load-examples
  for n in 1 2; do
    "$engine" run -d --name "$name" --network host --health-interval 1s -e TRIPLESTORE_TOKEN=test -v "$name:/data" triplestore-test \
      serve --store /data/store --listen 127.0.0.1:0 --json >/dev/null || { bad "the image does not start with a volume"; break; }
    url=
    for _ in $(seq 300); do
      url=$("$engine" logs "$name" 2>/dev/null | sed -nE 's|.*"url": "(.*)/",?$|\1|p')
      [ -z "$url" ] || break
      sleep 0.1
    done
    if [ "$n" = 1 ]; then
      user=$("$engine" inspect "$name" --format '{{.Config.User}}')
      if [ "$user" = 65532:65532 ]; then ok "it runs as user $user"; else bad "it runs as user $user"; fi
      for _ in $(seq 300); do
        state=$("$engine" inspect "$name" --format '{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}' 2>/dev/null)
        if [ "$state" != starting ]; then break; fi
        sleep 0.1
      done
      case $state in healthy) ok "it is healthy" ;; none | "") skip "$engine keeps no health checks" ;; *) bad "it is $state" ;; esac
      curl -sS --max-time 20 "$url/update" -H 'Authorization: Bearer test' -H 'Content-Type: application/sparql-update' --data 'INSERT DATA { <urn:s> <urn:p> "kept" }' >/dev/null || bad "it takes no update"
    elif curl -sS --max-time 20 -G "$url/sparql" -H 'Accept: text/csv' --data-urlencode 'query=SELECT ?o { <urn:s> <urn:p> ?o }' | grep -q kept; then
      ok "what was written outlives its container"
    else
      bad "what was written is gone with its container"
    fi
    "$engine" stop "$name" >/dev/null && [ "$("$engine" inspect "$name" --format '{{.State.ExitCode}}')" = 0 ] || bad "it does not stop in order"
    "$engine" rm -f "$name" >/dev/null
  done
  "$engine" volume rm "$name" >/dev/null 2>&1 || true
}

tried=
for e in docker podman; do
  [ -z "$tried" ] || break
  command -v $e >/dev/null || { skip "there is no $e"; continue; }
  $e info >/dev/null 2>&1 || { skip "$e does not run here"; continue; }
  # ENGINE_BUILD is for engines without a network of their own: --network host.
  # shellcheck disable=SC2086
  built $e $e build ${ENGINE_BUILD:-} || continue
  tried=yes
  image $e
  $e rmi -f triplestore-test >/dev/null
done
# buildah needs no daemon and no rights to make containers; its runs have no volumes and no health.
if [ -z "$tried" ] && command -v buildah >/dev/null && built buildah buildah --storage-driver vfs bud --isolation chroot --format docker; then
  tried=yes
  c=$(buildah --storage-driver vfs from triplestore-test)
  serves "the image" buildah --storage-driver vfs run --isolation chroot "$c" -- /triplestore serve --store /data/store --listen 127.0.0.1:0 --json --load-examples
  buildah --storage-driver vfs rm "$c" >/dev/null
  buildah --storage-driver vfs rmi -f triplestore-test >/dev/null
fi
if [ -z "$tried" ]; then
  if [ "$(id -u)" != 0 ]; then
    skip "the image by hand, which takes root for chroot"
  else
    # The last stage of the Dockerfile.
    image=$tmp/image
    mkdir -p "$image/etc/ssl/certs" "$image/data" "$image/tmp" && chmod 1777 "$image/tmp" && chown 65532:65532 "$image/data"
    chmod 755 "$tmp"
    if [ -e /etc/ssl/certs/ca-certificates.crt ]; then cp /etc/ssl/certs/ca-certificates.crt "$image/etc/ssl/certs/"; fi
    cp "$(${GO:-go} env GOROOT)/lib/time/zoneinfo.zip" "$image/zoneinfo.zip"
    CGO_ENABLED=0 ${GO:-go} build -trimpath -ldflags "-s -w -X main.release=0.0.1-test" -o "$image/triplestore" ./cmd/triplestore
    serves "the image by hand, as user 65532 with nothing else in its root" env -i ZONEINFO=/zoneinfo.zip "$(command -v chroot)" --userspec=65532:65532 "$image" \
      /triplestore serve --store /data/store --listen 127.0.0.1:0 --json --load-examples
    [ "$(stat -c %u "$image/data/store" 2>/dev/null)" = 65532 ] || bad "the store is not the user's"
  fi
fi
exit $failed
