# shellcheck shell=bash
# Sourced by deploy.sh: steps with their durations, the log, the lock, and what a signal does.

# Standard output is the terminal's until open_log; then it is the log, and 3 and 4 are the terminal.
exec 3>&1 4>&2
log=
outcome=0
interrupted=

# One line to the terminal and to the log. A terminal that is gone must not end a deployment.
say() {
  printf '%s\n' "$*" >&3 || true
  [[ -z $log ]] || printf '%s\n' "$*" >>"$log"
}

# End with one line that says what happened.
give_up() {
  local line="deploy: $*"
  [[ -z $log ]] || printf '%s\n' "$line" >>"$log"
  printf '%s\n' "$line${log:+. The log is $log}" >&4 || true
  exit 1
}

# From now on whatever a command prints goes to a log of this run. Older logs but twenty are removed.
open_log() {
  local old
  log="$DEPLOY_STATE/logs/$(date -u +%Y%m%dT%H%M%SZ)-$1-$$.log"
  mkdir -p "$DEPLOY_STATE/logs"
  exec >>"$log" 2>&1
  find "$DEPLOY_STATE/logs" -name '*.log' | sort | head -n -20 | while read -r old; do rm -f "$old"; done
}

# Only one deployment at a time. The lock is the kernel's, so it is gone with its holder, however that ended.
take_lock() {
  mkdir -p "$DEPLOY_STATE"
  exec 9<>"$DEPLOY_STATE/lock"
  flock --nonblock 9 || give_up "another deployment is under way: $(cat "$DEPLOY_STATE/lock")"
  printf '%s, process %d, since %s\n' "$1" "$$" "$(date -u +%FT%TZ)" >"$DEPLOY_STATE/lock"
}

# A signal is remembered, and obeyed between two steps: see `attempt` and `obey_signals`.
remember_signals() {
  local signal
  for signal in INT TERM HUP; do
    # shellcheck disable=SC2064 # it is this loop's signal that is meant
    trap "interrupted=$signal" "$signal"
  done
  trap '' PIPE
}

# attempt NAME COMMAND…: run it in a shell of its own, print one line with how long it took, and set `outcome` to its
# status. While `shielded` is set, signals to the whole group, as a Ctrl-C sends them, don't reach it.
# Never call this where a failure is looked at (`if`, `||`): there, bash goes on in spite of `set -e`.
attempt() {
  local name=$1 started=${EPOCHREALTIME/./} spent word='done'
  shift
  printf '\n== %s\n' "$name"
  set +e
  while :; do
    (
      [[ -z ${shielded:-} ]] || trap '' INT TERM HUP
      # What is started here and stays must hold neither the lock nor the terminal.
      exec 3>&- 4>&- 9>&-
      set -e
      "$@"
    ) </dev/null
    outcome=$?
    # Only before it had its shield can such a signal have ended it. Then nothing was begun, and it is begun once more.
    [[ -n ${shielded:-} && $outcome =~ ^(129|130|143)$ ]] || break
  done
  set -e
  spent=$(((${EPOCHREALTIME/./} - started) / 1000))
  ((outcome == 0)) || word=FAILED
  say "$(printf '%6d.%03d s  %-6s  %s' $((spent / 1000)) $((spent % 1000)) "$word" "$name")"
}

# ask VARIABLE COMMAND…: put what a command prints into a variable. It is asked once more if it fails, as it does when a
# signal to the whole group ends it halfway.
ask() {
  local -n reply_of_ask=$1
  shift
  # shellcheck disable=SC2034 # it is the caller's
  reply_of_ask=$("$@") || reply_of_ask=$("$@")
}

# A step that ends the deployment when it fails.
step() {
  attempt "$@"
  obey_signals
  ((outcome == 0)) || give_up "\"$1\" failed, and ${if_it_fails:-nothing was changed for anyone}: $(last_words)"
}

# The last line of the log that says something.
last_words() {
  grep --invert-match -E '^(== .*| *[0-9]+\.[0-9]{3} s .*|)$' "$log" | tail -n 1
}

# Where nothing is half done: end if a signal asked for it.
obey_signals() {
  [[ -z $interrupted ]] || give_up "ended by SIG$interrupted ${where_it_stands:-before anything was changed for anyone}"
}

# Put a text into a file, whole or not at all.
write_file() {
  printf '%s\n' "$2" >"$1.new"
  mv "$1.new" "$1"
}
