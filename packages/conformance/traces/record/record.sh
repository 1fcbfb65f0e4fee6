#!/bin/sh
# Records one process tree into ../<name>.trace:  sh record.sh c-build|npm-install
#
# Wants Debian 12, root, Linux 6.14 or later (pid_max per pid namespace), and this package built (`npm run build`), because
# the converter writes the format through dist/trace.js. Raw material stays in a temporary folder, whose name it prints.
set -eu

name=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/pidlab-$name.XXXXXX")

# Each workload sets: command, subject, pid_max; and defines prepare (untraced) in $work.
# shellcheck source=/dev/null
. "$here/$name.sh"

apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends strace tini $packages >"$work/apt.log"
cd "$work"
prepare

# A PATH without detours: a failed execve for every folder that lacks a program is noise.
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin

# The tracer stays outside the new namespace, so that it takes none of its numbers, and translates its own numbers to
# those of the namespace. Number 1 is tini, which reaps orphans in sight of the tracer; the build runs in a session of its
# own, as on a build daemon.
strace -f -q -o "$work/strace.log" --seccomp-bpf --decode-pids=pidns -s 0 -e 'signal=!SIGCHLD' \
  -e trace=clone,clone3,fork,vfork,execve,execveat,setsid,setpgid,wait4,waitid,unshare,setns \
  unshare --pid --fork --mount-proc tini -- \
  sh -c 'echo "$1" >/proc/sys/kernel/pid_max && exec setsid --wait sh -c "$2"' recorded "$pid_max" "$command" \
  </dev/null >"$work/build.log" 2>&1 || echo "the recorded command ended with status $?" >&2

node "$here/convert.js" "$work/strace.log" "$here/../$name.trace" <<META
{
  "name": "$name",
  "command": "$command",
  "subject": "$subject",
  "kernel": "$(uname -sr)",
  "system": "Debian $(cat /etc/debian_version)",
  "tracer": "strace $(dpkg-query -W -f '${Version}' strace), tini $(dpkg-query -W -f '${Version}' tini)",
  "date": "$(date -u +%Y-%m-%d)",
  "pidMax": $pid_max,
  "floor": 300
}
META
echo "raw log and build output: $work"
