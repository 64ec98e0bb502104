#!/bin/sh
set -e
# The data in /var/lib/triplestore and the user that owns them stay, even with purge.
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
