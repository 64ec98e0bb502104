#!/bin/sh
set -e
if ! getent passwd triplestore >/dev/null; then
  useradd --system --user-group --home-dir /var/lib/triplestore --no-create-home --shell /usr/sbin/nologin triplestore
fi
chown root:triplestore /etc/triplestore/environment
chmod 0640 /etc/triplestore/environment
# The service is not started by itself: an upgrade of the store's format is a decision, and so is opening a port.
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart triplestore.service || true
fi
