# shellcheck shell=bash
# Backends as units of systemd: musubi@PORT.service, each with a link to the release that it runs. For `root`.

# shellcheck source=SCRIPTDIR/../lib/this-machine.sh
. "${here:?deploy.sh sources this}/lib/this-machine.sh"

: "${DEPLOY_ROOT:=/opt/musubi}"
: "${DEPLOY_PYTHON:=python3}"
# A folder or the start of an address, with {} for the version. There lie the wheel, requirements.lock and SHA256SUMS.
: "${DEPLOY_PACKAGES:=}"
: "${DEPLOY_ENVIRONMENT:=/etc/musubi/musubi.env}"
: "${DEPLOY_SECRETS:=/etc/musubi/secrets}"

driver_check() {
  local program
  for program in systemctl systemd-run nginx curl "$DEPLOY_PYTHON"; do
    if ! command -v "$program" >/dev/null; then
      echo "$program isn't there"
      return 1
    fi
  done
  if [[ ! -r $DEPLOY_ENVIRONMENT || ! -r $upstreams ]]; then
    echo "$DEPLOY_ENVIRONMENT and $upstreams have to be there, and readable"
    return 1
  fi
  nginx -p "$DEPLOY_GATEWAY" -c nginx.conf -t -q
}

driver_start() {
  local port=${1##*:}
  mkdir -p "$DEPLOY_ROOT/instances"
  link "$DEPLOY_ROOT/releases/$2" "$DEPLOY_ROOT/instances/$port"
  # Enabled, so that it is there again after the machine was started anew. What failed before doesn't count any more.
  systemctl reset-failed "musubi@$port.service" || true
  systemctl enable --quiet "musubi@$port.service"
  # Without waiting: deploy.sh does that, and has its own bound.
  systemctl start --no-block "musubi@$port.service"
}

# As long as the unit allows.
driver_stop() {
  systemctl stop "musubi@${1##*:}.service"
}

driver_explain() {
  journalctl --unit "musubi@${1##*:}.service" --lines 20 --no-pager --output cat
}

# A link that points elsewhere from one moment to the next.
link() {
  ln --symbolic --force --no-dereference "$1" "$2.new"
  mv --no-target-directory "$2.new" "$2"
}

# A release is an environment of its own: the packages of the lock, whose hashes pip compares, and the wheel, whose hash
# is in SHA256SUMS.
driver_fetch() {
  local version=$1 release=$DEPLOY_ROOT/releases/$1 packages=$DEPLOY_ROOT/releases/$1/packages
  if [[ -e $release/complete ]]; then
    return 0
  fi
  if [[ -z $DEPLOY_PACKAGES ]]; then
    echo "DEPLOY_PACKAGES doesn't say where to get $version from"
    return 1
  fi
  # What a run left that was cut off.
  rm -rf "$release"
  "$DEPLOY_PYTHON" -m venv "$release"
  mkdir "$packages"
  fetch_packages "$version" "$packages"
  "$release/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
    -r "$packages/requirements.lock"
  "$release/bin/pip" install --quiet --disable-pip-version-check --no-index --no-deps \
    "$packages/musubi-$version-py3-none-any.whl"
  rm -rf "$packages"
  [[ $("$release/bin/musubi" --version) == "$version" ]]
  # Where the gateway finds the files of the browser application, whatever Python's version is.
  ln --symbolic "$("$release/bin/python" -c 'import musubi, pathlib; print(pathlib.Path(musubi.__file__).parent / "web")')" \
    "$release/web"
  touch "$release/complete"
}

fetch_packages() {
  local from=${DEPLOY_PACKAGES//'{}'/$1} file
  for file in "musubi-$1-py3-none-any.whl" requirements.lock SHA256SUMS; do
    if [[ $from == *://* ]]; then
      curl --silent --show-error --fail --location --output "$2/$file" "$from/$file"
    else
      cp "$from/$file" "$2/$file"
    fi
  done
  (cd "$2" && sha256sum --check --strict --ignore-missing SHA256SUMS && grep --quiet -F "musubi-$1-py3" SHA256SUMS)
}

# Runs as the service does: its account, its settings, its secrets.
driver_musubi() {
  local release=$DEPLOY_ROOT/releases/$1 secret options=()
  shift
  for secret in "$DEPLOY_SECRETS"/*; do
    [[ ! -f $secret ]] || options+=(--property "LoadCredential=${secret##*/}:$secret")
  done
  # shellcheck disable=SC2016 # it is the shell in there that knows
  systemd-run --quiet --pipe --wait --collect --service-type exec --uid musubi --gid musubi \
    --property StateDirectory=musubi --property StateDirectoryMode=0700 --working-directory /var/lib/musubi \
    --property "EnvironmentFile=$DEPLOY_ENVIRONMENT" \
    --setenv MUSUBI_DATA_DIR=/var/lib/musubi "${options[@]}" \
    -- /bin/sh -c '[ -z "${CREDENTIALS_DIRECTORY:-}" ] || export MUSUBI_SECRETS_DIR="$CREDENTIALS_DIRECTORY"; exec "$@"' \
    sh "$release/bin/musubi" "$@"
}

driver_backup() {
  install --directory --owner musubi --group musubi --mode 0700 "$DEPLOY_BACKUPS"
  driver_musubi "$1" backup "$DEPLOY_BACKUPS" --keep "$DEPLOY_BACKUPS_KEPT"
}

# What the command line, the backups and the gateway go by.
driver_settle() {
  link "$DEPLOY_ROOT/releases/$1" "$DEPLOY_ROOT/current"
}

# driver_prune VERSION…: keep these, and what an instance runs.
driver_prune() {
  local release keep=" $* " instance
  for instance in "$DEPLOY_ROOT"/instances/*; do
    keep+="$(basename "$(realpath "$instance")") "
  done
  for release in "$DEPLOY_ROOT"/releases/*; do
    [[ $keep == *" ${release##*/} "* ]] || rm -rf "$release"
  done
}
