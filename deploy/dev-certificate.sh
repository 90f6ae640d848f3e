#!/bin/sh
# Make a certificate for development: an authority of one's own, and a server certificate that it signs.
set -eu
umask 077

usage() {
    cat <<'USAGE'
Usage: dev-certificate.sh FOLDER NAME...

Writes into FOLDER, for the names and addresses given (localhost 127.0.0.1):

  authority.pem    what browsers and programs have to trust
  authority.key    its private key
  server.pem       the server's certificate, for a year
  server.key       its private key

An authority that is there already signs again; a server certificate that is there is left alone, and it is an error.

To trust it, on your own machine only: whoever has authority.key can be any site to you.
  Debian, Ubuntu   cp authority.pem /usr/local/share/ca-certificates/musubi.crt && update-ca-certificates
  macOS            security add-trusted-cert -d -k /Library/Keychains/System.keychain authority.pem
  Windows          certutil -addstore Root authority.pem
  Chromium, Linux  certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n musubi -i authority.pem
  Firefox          Settings, Certificates, Authorities, Import
  curl             curl --cacert authority.pem https://localhost/
USAGE
}

case ${1:-} in
-h | --help)
    usage
    exit
    ;;
esac
[ $# -ge 2 ] || {
    usage >&2
    exit 2
}

mkdir -p "$1"
cd "$1"
shift
for file in server.pem server.key; do
    if [ -e "$file" ]; then
        echo "dev-certificate.sh: $PWD/$file is there already: remove it, or take another folder" >&2
        exit 1
    fi
done

alternatives=
for name in "$@"; do
    case $name in
    *[!A-Za-z0-9.:*-]*)
        echo "dev-certificate.sh: '$name' is neither a name nor an address" >&2
        exit 1
        ;;
    *:* | *[0-9].*[0-9]) kind=IP ;;
    *) kind=DNS ;;
    esac
    alternatives=$alternatives${alternatives:+,}$kind:$name
done

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

if [ ! -e authority.key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -sha256 -days 1825 \
        -subj "/CN=Musubi development authority" -keyout "$made/authority.key" -out "$made/authority.pem" \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign 2>"$made/log" \
        || { cat "$made/log" >&2; exit 1; }
    mv -n "$made/authority.key" "$made/authority.pem" .
fi

openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$1" \
    -keyout "$made/server.key" -out "$made/request.pem" 2>"$made/log" || { cat "$made/log" >&2; exit 1; }
cat >"$made/extensions" <<EXTENSIONS
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=$alternatives
EXTENSIONS
openssl x509 -req -in "$made/request.pem" -CA authority.pem -CAkey authority.key -sha256 -days 365 \
    -set_serial "0x$(openssl rand -hex 16)" -extfile "$made/extensions" -out "$made/server.pem" 2>"$made/log" \
    || { cat "$made/log" >&2; exit 1; }
mv -n "$made/server.key" "$made/server.pem" .
chmod 644 authority.pem server.pem
