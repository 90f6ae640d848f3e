#!/bin/sh
# Write a complete configuration of nginx, for an image, a machine without containers, or a test.
set -eu

usage() {
    cat <<'USAGE'
Usage: render.sh PREFIX

Writes everything that `nginx -p PREFIX -c nginx.conf` needs into the folder PREFIX: a copy of the rules beside this
script, and what differs per installation, from these variables:

  GATEWAY_NAMES             names it is reached by, with spaces between: musubi.example.org
  GATEWAY_CERTIFICATE       file with the certificate and those that lead to its authority
  GATEWAY_CERTIFICATE_KEY   file with its private key
  GATEWAY_UPSTREAMS         backends, with spaces between (127.0.0.1:8000)
  GATEWAY_STATIC            folder that has the built SPA's folder `static`
                            (/usr/share/musubi/web)

They have defaults that are good for most:

  GATEWAY_ADDRESSES         addresses to listen at (0.0.0.0, and [::] where there is IPv6)
  GATEWAY_HTTP_PORT         port that redirects (80)
  GATEWAY_HTTPS_PORT        port that serves (443)
  GATEWAY_PUBLIC_PORT       port that people use, if another one is mapped to it (443)
  GATEWAY_ACME              folder in which a client of ACME puts its answers (/var/lib/musubi-acme)
  GATEWAY_RATE              requests per second of one address (100), and how many at once
  GATEWAY_BURST             (1000)
  GATEWAY_CONNECTIONS       requests under way of one address (500)
  GATEWAY_LIVE_CONNECTIONS  live connections of one address (3000)
  GATEWAY_BODY_LIMIT        as MUSUBI_MAX_BODY_BYTES (1048576)
  GATEWAY_RESUMABLE_LIMIT   as MUSUBI_RESUMABLE_MAX_BYTES (1073741824)
  GATEWAY_IMPORT_LIMIT      as MUSUBI_FILE_QUOTA_BYTES, and 268500992 more for what isn't files (1342242816)
  GATEWAY_REAL_IP_FROM      load balancers in front whose X-Forwarded-For counts, with spaces between (none)
  GATEWAY_RESOLVER          name server for OCSP (those of /etc/resolv.conf)
  GATEWAY_MODULES           folder of nginx's modules (/usr/lib/nginx/modules)
  GATEWAY_WORKER_CONNECTIONS  connections of each worker, to clients and backends together (4096)
  GATEWAY_USER              account of the workers, where nginx is started by root (www-data); empty: it isn't
  GATEWAY_LOG, GATEWAY_ERROR_LOG  where the logs go (/dev/stdout, /dev/stderr)

Run again after a change, and `nginx -p PREFIX -c nginx.conf -s reload`. Backends alone: edit PREFIX/upstreams.conf.
USAGE
}

fail() {
    echo "render.sh: $*" >&2
    exit 1
}

case ${1:-} in
-h | --help)
    usage
    exit
    ;;
esac
[ $# -eq 1 ] || {
    usage >&2
    exit 2
}

: "${GATEWAY_NAMES:?must be set}" "${GATEWAY_CERTIFICATE:?must be set}" "${GATEWAY_CERTIFICATE_KEY:?must be set}"
: "${GATEWAY_UPSTREAMS:=127.0.0.1:8000}" "${GATEWAY_STATIC:=/usr/share/musubi/web}"
: "${GATEWAY_HTTP_PORT:=80}" "${GATEWAY_HTTPS_PORT:=443}" "${GATEWAY_PUBLIC_PORT:=443}"
: "${GATEWAY_ACME:=/var/lib/musubi-acme}"
: "${GATEWAY_RATE:=100}" "${GATEWAY_BURST:=1000}" "${GATEWAY_CONNECTIONS:=500}" "${GATEWAY_LIVE_CONNECTIONS:=3000}"
: "${GATEWAY_BODY_LIMIT:=1048576}" "${GATEWAY_RESUMABLE_LIMIT:=1073741824}"
: "${GATEWAY_IMPORT_LIMIT:=1342242816}"
: "${GATEWAY_REAL_IP_FROM:=}" "${GATEWAY_RESOLVER:=}" "${GATEWAY_MODULES:=/usr/lib/nginx/modules}"
: "${GATEWAY_WORKER_CONNECTIONS:=4096}" "${GATEWAY_USER=www-data}"
: "${GATEWAY_LOG:=/dev/stdout}" "${GATEWAY_ERROR_LOG:=/dev/stderr}"
if [ -z "${GATEWAY_ADDRESSES:-}" ]; then
    GATEWAY_ADDRESSES=0.0.0.0
    if [ -s /proc/net/if_inet6 ]; then GATEWAY_ADDRESSES="$GATEWAY_ADDRESSES [::]"; fi
fi

# They become part of the configuration: nothing may end a directive there.
for value in "$1" "$GATEWAY_NAMES" "$GATEWAY_CERTIFICATE" "$GATEWAY_CERTIFICATE_KEY" "$GATEWAY_UPSTREAMS" \
    "$GATEWAY_STATIC" "$GATEWAY_ADDRESSES" "$GATEWAY_HTTP_PORT" "$GATEWAY_HTTPS_PORT" "$GATEWAY_PUBLIC_PORT" \
    "$GATEWAY_ACME" "$GATEWAY_RATE" "$GATEWAY_BURST" "$GATEWAY_CONNECTIONS" "$GATEWAY_LIVE_CONNECTIONS" \
    "$GATEWAY_BODY_LIMIT" "$GATEWAY_RESUMABLE_LIMIT" "$GATEWAY_IMPORT_LIMIT" "$GATEWAY_REAL_IP_FROM" "$GATEWAY_RESOLVER" \
    "$GATEWAY_MODULES" "$GATEWAY_WORKER_CONNECTIONS" "$GATEWAY_USER" "$GATEWAY_LOG" "$GATEWAY_ERROR_LOG"; do
    case $value in
    *[!A-Za-z0-9.:/@%+,=_*\ \[\]-]*) fail "'$value' has a character that can't be in there" ;;
    esac
done

source=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/site" "$1/snippets" "$1/run" "$1/temporary"
prefix=$(cd "$1" && pwd)
cp "$source/nginx.conf" "$source/servers.conf" "$prefix"
cp "$source"/snippets/*.conf "$prefix/snippets"
site=$prefix/site
brotli=$GATEWAY_MODULES/ngx_http_brotli_static_module.so

listen() { # FILE PORT OPTIONS: at all of the addresses
    for address in $GATEWAY_ADDRESSES; do
        echo "listen $address:$2$3;"
    done >"$site/$1"
}

is_root() {
    [ "$(id -u)" -eq 0 ]
}

{
    if [ -e "$brotli" ]; then echo "load_module $brotli;"; fi
    # Whoever isn't root can't change accounts, and has the limit that they were given.
    if is_root && [ -n "$GATEWAY_USER" ]; then
        echo "user $GATEWAY_USER;"
        echo "worker_rlimit_nofile $((GATEWAY_WORKER_CONNECTIONS * 2));"
    fi
    echo "pid $prefix/run/nginx.pid;"
    echo "error_log $GATEWAY_ERROR_LOG notice;"
} >"$site/process.conf"

echo "worker_connections $GATEWAY_WORKER_CONNECTIONS;" >"$site/connections.conf"

{
    for kind in client_body proxy fastcgi uwsgi scgi; do
        echo "${kind}_temp_path $prefix/temporary/$kind;"
    done
    echo "access_log $GATEWAY_LOG gateway;"
    echo "error_log $GATEWAY_ERROR_LOG crit;"
    echo "limit_req_zone \$client_network zone=requests:10m rate=${GATEWAY_RATE}r/s;"
    echo "limit_conn_zone \$client_network zone=connections:10m;"
    echo "limit_conn_zone \$client_network zone=live:10m;"
    echo "limit_req_status 429;"
    echo "limit_conn_status 429;"
    if [ -n "$GATEWAY_REAL_IP_FROM" ]; then
        for address in $GATEWAY_REAL_IP_FROM; do
            echo "set_real_ip_from $address;"
        done
        echo "real_ip_header X-Forwarded-For;"
        echo "real_ip_recursive on;"
    fi
} >"$site/paths.conf"

echo "limit_req zone=requests burst=$GATEWAY_BURST nodelay;" >"$site/request-limits.conf"
echo "limit_conn connections $GATEWAY_CONNECTIONS;" >"$site/limits.conf"
echo "limit_conn live $GATEWAY_LIVE_CONNECTIONS;" >"$site/live-limits.conf"
echo "client_max_body_size $GATEWAY_BODY_LIMIT;" >"$site/body-limit.conf"
echo "client_max_body_size $GATEWAY_RESUMABLE_LIMIT;" >"$site/resumable-limit.conf"
echo "client_max_body_size $GATEWAY_IMPORT_LIMIT;" >"$site/import-limit.conf"
echo "root $GATEWAY_ACME;" >"$site/acme.conf"

{
    echo "root $GATEWAY_STATIC;"
    if [ -e "$brotli" ]; then echo "brotli_static on;"; fi
} >"$site/static.conf"

listen listen-http.conf "$GATEWAY_HTTP_PORT" ""
listen listen-http-default.conf "$GATEWAY_HTTP_PORT" " default_server"
listen listen-https.conf "$GATEWAY_HTTPS_PORT" " ssl http2"
listen listen-https-default.conf "$GATEWAY_HTTPS_PORT" " ssl http2 default_server"

{
    echo "server_name $GATEWAY_NAMES;"
    suffix=
    if [ "$GATEWAY_PUBLIC_PORT" != 443 ]; then suffix=:$GATEWAY_PUBLIC_PORT; fi
    echo "set \$public_port \"$suffix\";"
} >"$site/names.conf"

has_responder() {
    command -v openssl >/dev/null && [ -r "$GATEWAY_CERTIFICATE" ] \
        && [ -n "$(openssl x509 -noout -ocsp_uri -in "$GATEWAY_CERTIFICATE")" ]
}

{
    echo "ssl_certificate $GATEWAY_CERTIFICATE;"
    echo "ssl_certificate_key $GATEWAY_CERTIFICATE_KEY;"
    if has_responder; then
        resolver=${GATEWAY_RESOLVER:-$(sed -n 's/^nameserver[[:space:]]*//p' /etc/resolv.conf | tr '\n' ' ')}
        echo "ssl_stapling on;"
        echo "ssl_stapling_verify on;"
        echo "ssl_trusted_certificate $GATEWAY_CERTIFICATE;"
        echo "resolver $resolver;"
    fi
} >"$site/certificate.conf"

# Who asks for an address sends no name in the handshake: only where nobody may do so, it ends there.
unnamed="ssl_reject_handshake on;"
for name in $GATEWAY_NAMES; do
    case $name in
    \[*) unnamed="include site/certificate.conf;" ;;
    *[!0-9.]*) ;;
    *) unnamed="include site/certificate.conf;" ;;
    esac
done
echo "$unnamed" >>"$site/listen-https-default.conf"

for upstream in $GATEWAY_UPSTREAMS; do
    echo "server $upstream max_fails=2 fail_timeout=5s;"
done >"$prefix/upstreams.conf"
