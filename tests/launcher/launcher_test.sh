#!/bin/sh
# launcher_test.sh LAUNCHER CASE: one case of the launcher's tests.
#
# The launcher runs in a small checkout of its own whose path holds a space, and sees a PATH made of
# fakes (cmake, ctest, dpkg-query, apt-get, sudo, id) and of links to the few real tools it may use.
# The fakes write what they were asked into $calls; $world tells them how to behave:
#   installed   the packages dpkg-query knows       uid          what `id -u` says
#   no-lists    apt-get needs an update first       no-network   apt-get fails
#   slow-build  the build waits for a file go-on    bad-build    the build fails
set -eu

launcher=$1
case=$2

base=$(mktemp -d "${TMPDIR:-/tmp}/launcher-test.XXXXXX")
trap 'rm -rf "$base"' EXIT
checkout="$base/check out"
world=$base/world
calls=$base/calls
bin=$base/bin
mkdir -p "$checkout/engine" "$checkout/models" "$checkout/cli" "$checkout/cmake" "$world" "$bin"
cp "$launcher" "$checkout/highwater"
echo 'int main() {}' >"$checkout/engine/main.cpp"
touch "$checkout/CMakeLists.txt" "$checkout/CMakePresets.json"
: >"$calls"
echo 0 >"$world/uid"
: >"$world/installed"
export world calls

for tool in sh cat chmod cp date env find flock grep head ln ls mkdir mkfifo mv nproc printf \
  readlink rm script sed seq sleep sort tail touch tr wc; do
  ln -s "$(command -v "$tool")" "$bin/$tool" 2>/dev/null || : # builtins have no file
done

fake() { # NAME, body on standard input
  { printf '#!/bin/sh\n' && cat; } >"$bin/$1"
  chmod +x "$bin/$1"
}
fake ninja <<'END'
exit 1
END
fake id <<'END'
cat "$world/uid"
END
fake dpkg-query <<'END'
while [ $# -gt 0 ]; do
  case $1 in
    -W) shift ;;
    -f) shift 2 ;;
    *)
      if grep -qx -- "$1" "$world/installed"; then
        echo "installed $1"
      else
        echo "dpkg-query: no packages found matching $1" >&2
        missing=yes
      fi
      shift ;;
  esac
done
[ -z "${missing-}" ]
END
fake apt-get <<'END'
echo "apt-get $*" >>"$calls"
[ ! -e "$world/no-network" ] || { echo "E: no network"; exit 100; }
case " $* " in
  *" update "*) rm -f "$world/no-lists" ;;
  *" install "*)
    [ ! -e "$world/no-lists" ] || { echo "E: Unable to locate package"; exit 100; }
    for word in "$@"; do
      case $word in -* | DPkg* | install) ;; *) echo "$word" >>"$world/installed" ;; esac
    done ;;
esac
END
fake sudo <<'END'
echo "sudo $*" >>"$calls"
case $1 in -n | -v) exit 0 ;; esac
"$@"
END
fake cmake <<'END'
echo "cmake $*" >>"$calls"
cat >/dev/null # a build that reads would take the program's input
# A tool that leaves a server behind must not leave the lock with it.
if (: >&9) 2>/dev/null; then echo "the build holds the lock" >>"$calls"; fi
if [ "$1" = --build ]; then
  if [ -e "$world/slow-build" ]; then
    touch "$world/building"
    while [ -e "$world" ] && [ ! -e "$world/go-on" ]; do sleep 0.02; done
  fi
  [ ! -e "$world/bad-build" ] || { echo "engine/main.cpp:1: error: expected wisdom"; exit 1; }
  mkdir -p "$2/cli"
  printf '%s\n' '#!/bin/sh' 'echo "program in $PWD:"' 'printf "<%s>\n" "$@"' \
    '[ "$1" != input ] || cat' '[ "$1" != status ] || exit "$2"' >"$2/cli/highwater"
  chmod +x "$2/cli/highwater"
else
  mkdir -p build/release
  touch build/release/CMakeCache.txt
fi
END
fake ctest <<'END'
echo "ctest $* in $PWD" >>"$calls"
exit 8
END

PATH=$bin
export PATH
cd "$base"

# Runs the launcher; leaves its streams in out and err, its status in $status.
start() {
  status=0
  "$checkout/highwater" "$@" >out 2>err </dev/null || status=$?
}
# Every package that is asked for is there, so that a case is about something else.
have_everything() {
  sed -n 's/^\(run\|test\) *\([a-z0-9.+-]*\) .*/\2/p' "$launcher" >"$world/installed"
  [ "$(wc -l <"$world/installed")" -gt 10 ] || die "the list of packages was not found"
}
die() {
  printf 'FAILED: %s\n--- out\n%s\n--- err\n%s\n--- calls\n%s\n' "$*" \
    "$(cat out 2>/dev/null)" "$(cat err 2>/dev/null)" "$(cat "$calls")"
  exit 1
}
expect() { "$@" || die "$*"; }
expect_status() { [ "$status" -eq "$1" ] || die "status $status, not $1"; }
called() { grep -q -e "$1" "$calls"; }
not_called() { ! called "$1"; }
said() { grep -q -e "$1" err; }
silent() { [ ! -s err ]; }
count() { grep -c -e "$1" "$calls" || :; }
later() { sleep 0.02; } # so that two times differ, whatever the clock's step
patience=1500 # so many times 0.02 s until what does not come is a failure
until_true() { # COMMAND…
  for _ in $(seq $patience); do
    if "$@"; then return; fi
    sleep 0.02
  done
  die "in vain: $*"
}

case_the_first_start_installs_builds_and_runs() {
  have_everything
  grep -v -e libfmt-dev -e cmake "$world/installed" >some
  mv some "$world/installed"
  start run "a scenario.json" --seed 7
  expect_status 0
  expect called "apt-get .*install --no-install-recommends cmake libfmt-dev$"
  expect said "libfmt-dev  .*numbers" # the reason stands beside the name
  expect not_called "apt-get.*update"
  expect called "cmake --preset release -D BUILD_TESTING=OFF -G Ninja$"
  expect called "cmake --build .*check out/build/release .*--target highwater$"
  printf 'program in %s:\n<run>\n<a scenario.json>\n<--seed>\n<7>\n' "$base" >wanted
  [ "$(cat out)" = "$(cat wanted)" ] || die "other output than the program's"
}

case_a_second_start_builds_nothing_and_says_nothing() {
  have_everything
  start run
  : >"$calls"
  start run
  expect_status 0
  expect silent
  [ ! -s "$calls" ] || die "something was called"
}

case_a_second_start_adds_less_than_50_ms() {
  have_everything
  start run
  best=1000000
  for _ in $(seq 100); do # on a machine that others use, too, some are slow
    [ "$best" -ge 50000 ] || break
    before=$(date +%s%N)
    "$checkout/highwater" run >/dev/null
    between=$(date +%s%N)
    "$checkout/build/release/cli/highwater" run >/dev/null
    after=$(date +%s%N)
    added=$(((between - before - (after - between)) / 1000))
    [ "$added" -ge "$best" ] || best=$added
  done
  echo "added $best us"
  [ "$best" -lt 50000 ] || die "it adds $best us"
}

case_a_changed_file_is_built() {
  have_everything
  start run
  later
  echo "// changed" >>"$checkout/engine/main.cpp"
  start run
  [ "$(count "cmake --build")" = 2 ] || die "not built again"
  [ "$(count "cmake --preset")" = 1 ] || die "configured again for a source"
  later
  touch "$checkout/CMakePresets.json"
  start run
  [ "$(count "cmake --preset")" = 2 ] || die "changed presets were not configured"
}

case_a_removed_file_is_noticed() {
  have_everything
  touch "$checkout/models/old.h"
  start run
  later
  rm "$checkout/models/old.h"
  start run
  [ "$(count "cmake --build")" = 2 ] || die "not built again"
}

case_a_file_changed_during_the_build_is_built_next_time() {
  have_everything
  touch "$world/slow-build"
  start run &
  until_true test -e "$world/building"
  echo "// changed" >>"$checkout/engine/main.cpp"
  touch "$world/go-on"
  wait
  start run
  [ "$(count "cmake --build")" = 2 ] || die "the change was lost"
}

case_a_commit_is_noticed_in_clones_and_linked_trees() {
  have_everything
  mkdir -p "$checkout/.git/logs"
  touch "$checkout/.git/logs/HEAD"
  start run
  later
  touch "$checkout/.git/logs/HEAD"
  start run
  [ "$(count "cmake --build")" = 2 ] || die "commit not noticed"
  mv "$checkout/.git" "$base/git dir"
  echo "gitdir: $base/git dir" >"$checkout/.git"
  start run
  [ "$(count "cmake --build")" = 2 ] || die "built without a commit"
  later
  touch "$base/git dir/logs/HEAD"
  start run
  [ "$(count "cmake --build")" = 3 ] || die "commit not noticed in a linked work tree"
}

case_no_install_refuses_and_lists() {
  have_everything
  grep -v -e libfmt-dev "$world/installed" >some
  mv some "$world/installed"
  start --no-install run
  expect_status 3
  expect said "  libfmt-dev  "
  expect said "apt-get install libfmt-dev$"
  expect not_called .
  [ ! -s out ] || die "output"
}

case_no_install_builds_where_nothing_is_missing() {
  have_everything
  start --no-install run --no-install
  expect_status 0
  [ "$(sed -n 2,3p out | tr '\n' ' ')" = "<run> <--no-install> " ] || die "arguments"
}

case_absent_package_lists_are_fetched() {
  touch "$world/no-lists"
  start run
  expect_status 0
  [ "$(count "apt-get")" = 3 ] || die "install, update, install"
  expect called "apt-get.*update$"
}

case_packages_that_cannot_be_had_end_with_3() {
  touch "$world/no-network"
  start run
  expect_status 3
  expect said "E: no network"
  expect not_called "^cmake"
}

case_a_user_installs_through_sudo() {
  echo 1000 >"$world/uid"
  start run
  expect_status 0
  expect called "sudo env DEBIAN_FRONTEND=noninteractive apt-get .*install.* g++ "
}

case_neither_root_nor_sudo_ends_with_3() {
  echo 1000 >"$world/uid"
  rm "$bin/sudo"
  start run
  expect_status 3
  expect said "neither root nor sudo"
  expect said "apt-get install g++ cmake"
  expect not_called apt-get
}

case_another_distribution_is_told_the_names() {
  rm "$bin/dpkg-query" "$bin/apt-get"
  mv "$bin/cmake" "$bin/later"
  start run
  expect_status 3
  expect said "not Debian or Ubuntu"
  expect said "  nlohmann-json3-dev "
  mv "$bin/later" "$bin/cmake"
  start run
  expect_status 0
  later
  touch "$checkout/cli" "$world/bad-build"
  start run
  expect_status 1
  expect said "  nlohmann-json3-dev "
}

case_a_failed_build_shows_its_end_and_is_tried_again() {
  have_everything
  start run
  later
  touch "$checkout/engine/main.cpp" "$world/bad-build"
  start run
  expect_status 1
  expect said "expected wisdom"
  expect said "launcher.log"
  [ ! -s out ] || die "the old program ran"
  rm "$world/bad-build"
  start run
  expect_status 0
}

case_several_at_once_wait_for_one_build() {
  have_everything
  touch "$world/slow-build"
  for i in 1 2 3 4; do
    "$checkout/highwater" rank $i >"out$i" 2>"err$i" &
  done
  until_true three_wait
  touch "$world/go-on"
  wait
  [ "$(count "cmake --build")" = 1 ] || die "more than one build"
  for i in 1 2 3 4; do
    grep -q "<$i>" "out$i" || die "rank $i did not run"
  done
}
three_wait() {
  [ "$(cat err1 err2 err3 err4 | grep -c "waiting for another start")" = 3 ]
}

case_the_lock_ends_with_the_build() {
  have_everything
  start run
  later
  touch "$checkout/engine/main.cpp"
  # This program still runs while the next start has to build: until its input ends.
  mkfifo held
  "$checkout/highwater" input <held >out1 2>err1 &
  exec 8>held
  until_true grep -qs "^<input>" out1
  touch "$checkout/engine/main.cpp"
  "$checkout/highwater" run >out 2>err </dev/null 8>&- &
  until_true grep -qs "^<run>" out
  exec 8>&-
  expect not_called "holds the lock"
  wait
}

case_input_reaches_the_program() {
  have_everything
  printf 'key 1\nkey 2\n' | "$checkout/highwater" input >out 2>err
  expect grep -q "^key 1$" out
  expect grep -q "^key 2$" out
}

case_the_exit_status_is_the_programs() {
  have_everything
  start status 99
  expect_status 99
  start status 2
  expect_status 2
}

case_links_and_other_folders_work() {
  have_everything
  mkdir -p "$base/else where/bin"
  ln -s "../../check out/highwater" "$base/else where/bin/one"
  ln -s one "$base/else where/bin/two"
  ln -s "$base/else where/bin/two" "$base/three"
  cd "$base/else where"
  "$base/three" here >out 2>err || die "status $?"
  [ "$(head -n 1 out)" = "program in $base/else where:" ] || die "another folder"
  cd bin
  sh two again >out 2>err || die "through sh: $?"
  cd "$checkout"
  ./highwater again >out 2>err || die "from its own folder: $?"
  [ "$(count "cmake --build")" = 1 ] || die "built more than once"
}

case_a_moved_checkout_is_configured_anew() {
  have_everything
  start run
  mkdir "$checkout/build/release/CMakeFiles"
  mv "$checkout" "$base/moved"
  checkout=$base/moved
  start run
  expect_status 0
  later
  touch "$checkout/engine/main.cpp"
  start run
  [ "$(count "cmake --preset")" = 2 ] || die "not configured anew"
  [ ! -e "$checkout/build/release/CMakeFiles" ] || die "old paths were kept"
}

case_a_checkout_that_cannot_be_written_runs_what_is_there() {
  have_everything
  if [ "$(env PATH=/usr/bin:/bin id -u)" -eq 0 ]; then
    as_user="/usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups"
  else
    as_user=
  fi
  chmod 755 "$base"
  chmod a-w "$checkout"
  $as_user "$checkout/highwater" run >out 2>err && die "ran what was never built" || status=$?
  chmod u+w "$checkout"
  expect_status 3
  start run
  later
  touch "$checkout/engine/main.cpp"
  chmod -R a-w "$checkout"
  : >"$calls"
  status=0
  $as_user "$checkout/highwater" run >out 2>err || status=$?
  chmod -R u+w "$checkout"
  expect_status 0
  expect said "running what was built before"
  expect grep -q "^<run>$" out
  expect not_called cmake
}

case_a_terminal_sees_one_line_of_progress() {
  have_everything
  script -qec "'$checkout/highwater' run" /dev/null >out 2>err </dev/null
  expect grep -q "program in" out
  : >"$world/bad-build"
  later
  touch "$checkout/engine/main.cpp"
  status=0
  script -qec "'$checkout/highwater' run" /dev/null >out 2>err </dev/null || status=$?
  expect_status 1
  expect grep -q "$(printf '\r\033\\[Khighwater: ').*expected wisdom" out
}

case_test_builds_everything_and_hands_on_its_options() {
  have_everything
  grep -v -e catch2 "$world/installed" >some
  mv some "$world/installed"
  start test -R "a case"
  expect_status 8
  expect called "apt-get .*install --no-install-recommends catch2$"
  expect called "cmake --preset release -D BUILD_TESTING=ON"
  called "cmake --build.*--target" && die "only one target"
  expect called "ctest --preset release -R a case in $checkout$"
  start test --nightly --stop-on-failure
  expect called "ctest --preset nightly --stop-on-failure in "
}

case_tests_stay_configured_when_the_program_runs() {
  have_everything
  start test
  later
  touch "$checkout/engine/main.cpp"
  start run
  [ "$(count "cmake --preset")" = 1 ] || die "configured again"
  expect_status 0
}

case_running_first_and_testing_later_configures_tests() {
  have_everything
  start run
  start test
  expect called "cmake --preset release -D BUILD_TESTING=ON$"
  [ "$(count "cmake --build")" = 2 ] || die "tests were not built"
}

"case_$case"
