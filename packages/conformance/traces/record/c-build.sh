# c-build: GNU bash from Debian's source package, configured, compiled with two jobs, and put through its own test suite
# (less two of its scripts), whose job control gives process groups. pid_max is low, so that the cursor wraps many times.
packages='gcc make libc6-dev dpkg-dev bison'
version=5.2.15-2
subject="bash $version, its tests without run-read and run-ifs-posix"
pid_max=1024
command='./configure --without-bash-malloc && make -j2 && make tests'

# deb-src for this call alone: the system's lists of sources stay as they are.
fetch_source() {
  mkdir -p lists/partial
  echo 'deb-src http://deb.debian.org/debian bookworm main' >sources.list
  set -- -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$work/lists"
  apt-get "$@" update
  apt-get "$@" source "bash=$version"
}

prepare() {
  fetch_source >fetch.log 2>&1
  cd bash-*/
  # Debian patches configure.ac; the shipped configure is what was tested, and needs no autoconf.
  touch aclocal.m4 configure config.h.in
  # Without a terminal the one forks in a loop for ever; the other makes 6,856 subshells that differ in nothing.
  rm tests/run-read tests/run-ifs-posix
}
