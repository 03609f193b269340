#!/bin/sh
# Makes the pictures of the viewer in README.md and docs/viewer.md from the real engine:
#
#   docs/pictures/make.sh        from anywhere; needs imagemagick for the film
#
# They come out the same each time, but for the date and the speed of the run in results.png.
set -eu
cd -- "$(dirname -- "$0")/../.."
./highwater view scenarios/users-api.json --headless --script docs/pictures/viewer.script

frames=$(mktemp -d)
trap 'rm -rf "$frames"' EXIT
script=$frames/film.script
number=0

say() {
  printf '%s\n' "$@" >>"$script"
}
show() { # FRAMES OF A 60TH, before the picture is taken
  number=$((number + 1))
  say "wait $1" "$(printf 'screenshot %s/%03d.png' "$frames" "$number")"
}
go_to() { # SECONDS
  clock=$(printf '%d:%02d.000' $(($1 / 60)) $(($1 % 60)))
  say 'click "go to"' "type $1" "key enter" "until clock $clock" "until state paused" \
    "move canvas 0.02 0.6"
}

say "until state paused"
at=190
while [ "$at" -le 350 ]; do # one of three replicas dies at 4:00 and is back at 5:00
  go_to "$at"
  show 2
  at=$((at + 8))
done
say "click node:api" "move canvas 0.02 0.6"
show 3
show 3
say "click tab:Requests" "wait 6" "click request:0" "until request *"
show 6
for share in 0.15 0.3 0.45 0.6 0.75 0.9; do
  say "move waterfall $share 0.3"
  show 2
done
say "click tab:Capacity"
show 4
show 4
say "click tab:Users" "key ctrl+p" "wait 2" "type half"
show 4
show 4
./highwater view scenarios/users-api.json --headless --size 1280x800 --script "$script"
convert -delay 35 -loop 0 "$frames"/*.png -resize 800x +dither -colors 48 +map \
  -layers OptimizeFrame docs/pictures/viewer.gif

./highwater run scenarios/users-api.json --replications 8 >/dev/null
printf '%s\n' 'wait 20' 'click "result finding:0"' 'move "result node:email-worker"' 'wait 400' \
  'screenshot docs/pictures/results.png' >"$script"
./highwater view results/users-api/latest --headless --script "$script" --size 1600x1000
