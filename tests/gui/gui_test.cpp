// The viewer as people use it: by scripts that click and type, drawn by the processor.

#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/gui/play.h"
#include "tests/support/scratch_folder.h"
#include "viewer/draw/image.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace {

using highwater::testing::play;

/// Plays a script on the small scenario, or another one.
ViewEnd play(const std::string& script, const std::string& scenario = small_scenario()) {
  const ScratchFile of_scenario(scenario);
  ViewOptions options;
  options.file = of_scenario.path();
  return play(script, options);
}

/// To a time, and then as still as before.
std::string to(const std::string& time, const std::string& clock) {
  return "click \"go to\"\ntype " + time + "\nkey enter\nuntil clock " + clock + "\n" +
         "until state paused\nwait 2\n";
}

}  // namespace

TEST_CASE("gui: it opens a scenario, runs it, pauses and goes on to the end") {
  CHECK(play("until state paused\n"
             "expect open small\n"
             "key space\n"
             "until state finished\n"
             "expect clock 1:00.000\n"
             "until \"objective:users.availability >= 99%\" met\n"
             "click restart\n"
             "until clock 0:00.000\n"
             "until state paused\n"
             "click play\n"
             "until state finished\n") == ViewEnd::done);
}

TEST_CASE("gui: what is expected and is not so fails") {
  CHECK(play("wait 5\nexpect open other\n") == ViewEnd::failed);
  CHECK(play("wait 5\nclick \"no such button\"\n") == ViewEnd::failed);
}

TEST_CASE("gui: steps of one event, one answer and one second") {
  CHECK(play("until state paused\n"
             "key comma\nuntil events 1\n"
             "click \"step event\"\nuntil events 2\n"
             "click \"step second\"\nuntil clock 0:01.*\nuntil state paused\n") == ViewEnd::done);
}

TEST_CASE("gui: a drag on the strip looks back, and the run stays where it is") {
  CHECK(play("until state paused\n" + to("30", "0:30.000") +
             "click timeline 0.25 0.5\n"
             "expect shown 0:15.*\n"
             "expect clock 0:30.000\n"
             "key left\nexpect shown 0:1*\n"
             "key end\nexpect shown now\n") == ViewEnd::done);
}

TEST_CASE("gui: back in time is another run up to there") {
  CHECK(play("until state paused\n" + to("40", "0:40.000") + to("0:10", "0:10.000") +
             "expect clock 0:10.000\n") == ViewEnd::done);
}

TEST_CASE("gui: a right click breaks what it is on, and what was done is saved as an experiment") {
  const Workplace folder;
  CHECK(play("until state paused\n" + to("20", "0:20.000") +
             "right-click node:api 0.3 0.2\nwait 2\n"
             "click fault:kill\nwait 2\n"
             "click inject\n"
             "until faults 1\n"
             "expect acts 1\nexpect on 1\n" +
             to("30", "0:30.000") +
             "click \"end all\"\nuntil on 0\n"
             "wait 2\nclick \"save experiment\"\nwait 2\n") == ViewEnd::done);
  CHECK(std::filesystem::exists(folder.path() / "small-experiment.json"));
}

TEST_CASE("gui: a field of a part of a fault is said where it belongs, however long the form is") {
  const Workplace folder;
  CHECK(play("until state paused\n"
             "right-click node:api 0.3 0.2\nwait 2\n"
             "click fault:bad_deploy\nwait 2\n"
             "click tree:fault.canary\nwait 2\n"
             "click tree:fault.rolling_update\nwait 2\n"
             "double-click field:fault.rolling_update.max_surge\ntype 2\nkey enter\nwait 2\n"
             "click inject\nuntil faults 1\nexpect problems 0\n"
             "wait 2\nclick \"save experiment\"\nwait 2\n") == ViewEnd::done);
  CHECK_THAT(folder.read("small-experiment.json"),
             Catch::Matches("(.|\n)*\"rolling_update\": *\\{\\s*\"max_surge\": *2(.|\n)*"));
}

TEST_CASE("gui: a parameter is changed in its field, and the run before stays beside it") {
  CHECK(play("until state paused\n" + to("20", "0:20.000") +
             "click row:api\nexpect selected node:api\nwait 2\n"
             "double-click field:replicas\nkey ctrl+a\ntype 3\nkey enter\n"
             "until compared yes\n"
             "until clock 0:20.000\nuntil state paused\n"
             "expect problems 0\n"
             "double-click field:replicas\nkey ctrl+a\ntype \"-3\"\nkey enter\nwait 3\n"
             "expect problems 1\nexpect clock 0:20.000\n") == ViewEnd::done);
}

TEST_CASE("gui: themes, tabs, shortcuts and the library open and close") {
  CHECK(play("until state paused\n"
             "expect theme dark\nkey t\nwait 2\nexpect theme light\nkey t\nwait 2\n"
             "click tab:Inside\nwait 2\nexpect charts Inside\n"
             "click help\nwait 2\nclick shortcuts\nkey escape\nwait 2\n"
             "key o\nwait 2\nclick \"search library\"\nkey escape\n") == ViewEnd::done);
}

TEST_CASE("gui: the same script gives the same picture, pixel by pixel") {
  const auto picture = [] {
    const ScratchFile file("");
    const std::string png = file.path().string() + ".png";
    REQUIRE(play("until state paused\n" + to("30", "0:30.000") + "wait 10\nscreenshot " + png +
                 "\n") == ViewEnd::done);
    const auto image = read_png(png);
    std::filesystem::remove(png);
    return image.value();
  };
  CHECK(differing_share(picture(), picture(), 0) == 0);
}

TEST_CASE("gui: a script that makes no sense says all that is wrong with it, and is not played") {
  CHECK(play("clik play\nwait many\nmove\n") == ViewEnd::wrong_input);
}

TEST_CASE("gui: commands are found by a few of their letters, components too") {
  CHECK(play("until state paused\n"
             "key ctrl+p\nwait 2\ntype dark\nwait 2\nexpect offers 1\nkey enter\nwait 3\n"
             "expect theme light\n"
             "key ctrl+p\nwait 2\ntype \"sel api\"\nwait 2\nkey enter\nwait 3\n"
             "expect selected node:api\n"
             "key ctrl+p\nwait 2\ntype showcap\nwait 2\nkey enter\nwait 3\n"
             "expect charts Capacity\n"
             "key 1\nwait 2\nexpect charts Users\n"
             "key ctrl+p\nwait 2\ntype qqqq\nwait 2\nexpect offers 0\nkey enter\nwait 2\n"
             "key escape\n") == ViewEnd::done);
}

TEST_CASE("gui: the slowest requests are listed, followed and shown as waterfalls") {
  CHECK(play("until state paused\nkey space\nuntil state finished\n"
             "click tab:Requests\nwait 4\nexpect charts Requests\n"
             "until \"requests shown\" some\n"
             "click request:0\n"
             "until request *\n"
             "expect spent:service *\nexpect spent:network *\nexpect calls 1\n"
             "move waterfall 0.5 0.5\nwait 2\nwheel 3\nwait 2\n"
             "click \"filter requests\"\ntype \"no such\"\nwait 3\n"
             "until \"requests shown\" none\n"
             "key escape\nwait 2\nkey home\nuntil clock 0:00.000\nwait 5\n") == ViewEnd::done);
}

TEST_CASE("gui: the capacity charts show demand, and any metric that there is") {
  CHECK(play("until state paused\n" + to("20", "0:20.000") +
             "click row:api\nwait 2\nclick tab:Capacity\nwait 3\n"
             "click \"any metric\"\nwait 2\ntype waitp99\nwait 2\nclick \"metric:wait_ms "
             "p99\"\nwait 3\n"
             "expect metric \"wait_ms p99\"\n") == ViewEnd::done);
}

TEST_CASE("gui: a chart is saved as a picture of its own, as numbers and as a drawing") {
  const Workplace folder;
  CHECK(play("until state paused\n" + to("20", "0:20.000") +
             "right-click plot:throughput\nwait 2\nclick png:throughput\nwait 8\n"
             "right-click plot:throughput\nwait 2\nclick csv:throughput\nwait 3\n"
             "right-click plot:throughput\nwait 2\nclick svg:throughput\nwait 3\n") ==
        ViewEnd::done);
  const auto picture = read_png(folder.path() / "small-throughput.png");
  REQUIRE(picture.has_value());
  CHECK(picture->width > 200);
  CHECK(picture->width < 700);
  CHECK(picture->height > 80);
  CHECK(std::filesystem::file_size(folder.path() / "small-throughput.csv") > 100);
  CHECK(std::filesystem::file_size(folder.path() / "small-throughput.svg") > 1000);
}
