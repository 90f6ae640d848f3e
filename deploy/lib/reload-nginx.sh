#!/bin/sh
# sh reload-nginx.sh PID: have the nginx with this master process read its configuration anew, and return once no worker
# takes requests by the old one any more. Plain sh and /proc: it is run in the gateway's container, too.
set -eu
master=$1

workers() {
  for status in /proc/[0-9]*/status; do
    if grep -q "^PPid:[[:space:]]*$master\$" "$status" 2>/dev/null; then
      pid=${status#/proc/}
      echo "${pid%/status}"
    fi
  done
}

# Those that finish what they have say so in their title.
takes_requests() {
  grep -q 'worker process' "/proc/$1/cmdline" 2>/dev/null && ! grep -q 'shutting down' "/proc/$1/cmdline" 2>/dev/null
}

before=$(workers)
kill -HUP "$master"
tries=0
for worker in $before; do
  while takes_requests "$worker"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ]; then
      echo "nginx goes on with its old configuration; its error log says why" >&2
      exit 1
    fi
    sleep 0.1
  done
done
