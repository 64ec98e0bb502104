#!/bin/sh
set -e
# "upgrade" is the first argument when another version takes this one's place, which restarts the service itself.
if [ "$1" != upgrade ] && [ -d /run/systemd/system ]; then
  systemctl disable --now triplestore.service || true
fi
