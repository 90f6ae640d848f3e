# shellcheck shell=bash
# Sourced by drivers whose backends and whose nginx run on this machine, without containers. The backends are those in
# nginx's list, which render.sh wrote, a line each:
#
#     server 127.0.0.1:8001 max_fails=2 fail_timeout=5s;

: "${here:?deploy.sh sources this}"
: "${DEPLOY_GATEWAY:=/var/lib/musubi-gateway}"

# shellcheck disable=SC2034 # deploy.sh reads it
DRIVER_STARTS_ANOTHER=no
upstreams=$DEPLOY_GATEWAY/upstreams.conf

driver_backends() {
  sed -n 's/^[[:space:]]*server[[:space:]]\+\([^[:space:];]\+\).*/\1/p' "$upstreams"
}

driver_ask() {
  curl --silent --fail --max-time 5 --noproxy '*' "http://$1$2"
}

# What is there before a change of the list stays until nginx has taken it: a run that was cut off may leave it so.
driver_route() {
  route_lines "$@" >"$upstreams.new"
  if cmp --quiet "$upstreams.new" "$upstreams" && [[ ! -e $upstreams.before ]]; then
    rm "$upstreams.new"
    return 0
  fi
  cp -p "$upstreams" "$upstreams.before"
  chmod --reference "$upstreams" "$upstreams.new"
  chown --reference "$upstreams" "$upstreams.new"
  mv "$upstreams.new" "$upstreams"
  if ! nginx -p "$DEPLOY_GATEWAY" -c nginx.conf -t -q; then
    mv "$upstreams.before" "$upstreams"
    echo "nginx doesn't take its configuration"
    return 1
  fi
  sh "$here/lib/reload-nginx.sh" "$(cat "$DEPLOY_GATEWAY/run/nginx.pid")"
  rm "$upstreams.before"
}

# The list with all others marked `down`. What else a line says stays.
route_lines() {
  awk -v wanted=" $* " '
    /^[ \t]*server[ \t]/ {
      address = $2
      sub(/;.*/, "", address)
      sub(/[ \t]+down[ \t]*;/, ";")
      if (!index(wanted, " " address " ")) sub(/;/, " down;")
    }
    { print }
  ' "$upstreams"
}
