#!/usr/bin/env bash
# Makes the secrets that compose.yaml reads, where they are missing; what is there stays as it is:
#
#     deploy/compose/secrets.sh [--s3] [--certificate "NAME..."] [FOLDER]
#
# FOLDER is var/secrets of the repository, if none is named. With --s3 files are kept in the store of the profile s3. With
# --certificate the gateway gets a certificate for development; else put yours and its key there, as tls/server.pem and
# tls/server.key (`install -m 0444`).
#
# The folder is closed to other users of this machine. What lies in it is readable, because each container reads its
# part as a user of its own. Keep a copy: without SECRET_KEY all sessions and second factors are lost.
set -euo pipefail
umask 022

root="$(cd "$(dirname "$0")/../.." && pwd)"
s3=
names=
while [[ ${1:-} == --* ]]; do
  case $1 in
    --s3) s3=yes ;;
    --certificate)
      names="${2:?which names?}"
      shift
      ;;
    *) echo "secrets.sh: there is no option $1" >&2 && exit 2 ;;
  esac
  shift
done
folder="${1:-$root/var/secrets}"
mkdir -p "$(dirname "$folder")"
[[ -d $folder ]] || mkdir -m 0700 "$folder"
# Of this one every file is a setting of the backends, with the setting's name.
mkdir -p "$folder/backend" "$folder/tls"

# 256 bits, in digits that mean nothing in a URL.
random() {
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# keep NAME TEXT: write it, whole or not at all, unless there is one.
keep() {
  [[ ! -e $folder/$1 ]] || return 0
  printf '%s\n' "$2" >"$folder/$1.new"
  chmod 0444 "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
}

read_secret() {
  cat "$folder/$1"
}

keep backend/SECRET_KEY "$(random)"
# The superuser of PostgreSQL, whom nobody uses but its own first start, and the application's role.
keep postgres_superuser "$(random)"
keep postgres_password "$(random)"
keep backend/DATABASE_URL "postgresql://musubi:$(read_secret postgres_password)@postgres:5432/musubi"
# Valkey is told the digest. The user `health` may only ask whether it is there.
keep valkey_password "$(random)"
keep valkey_acl "user default on #$(read_secret valkey_password | tr -d '\n' | sha256sum | cut -d ' ' -f 1) ~* &* +@all
user health on nopass resetkeys resetchannels -@all +ping"
keep backend/REDIS_URL "redis://:$(read_secret valkey_password)@valkey:6379/0"
keep grafana_password "$(random)"
keep s3_secret "$(random)"
keep s3.json "{\"identities\": [{\"name\": \"musubi\", \"actions\": [\"Admin\", \"Read\", \"Write\", \"List\", \"Tagging\"],
  \"credentials\": [{\"accessKey\": \"musubi\", \"secretKey\": \"$(read_secret s3_secret)\"}]}]}"
[[ -z $s3 ]] || keep backend/MUSUBI_STORAGE_URL \
  "s3://musubi:$(read_secret s3_secret)@musubi/files?endpoint=http://s3:8333&allow_http=true&region=us-east-1"

if [[ -n $names && ! -e $folder/tls/server.key ]]; then
  # The authority stays here: the gateway has no use for its key.
  # shellcheck disable=SC2086 # a word for each name
  sh "$root/deploy/dev-certificate.sh" "$folder/authority" $names
  install -m 0444 "$folder/authority/server.pem" "$folder/authority/server.key" "$folder/tls/"
fi
