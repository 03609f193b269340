// Writes the sample reports into a folder, for the browser test and the schema test.

#include <cstdio>
#include <exception>
#include <filesystem>

#include "engine/report/run_folder.h"
#include "engine/report/terminal_writer.h"
#include "tests/report/sample_results.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_report_samples DIRECTORY\n", stderr);
    return 2;
  }
  try {
    const std::pair<const char*, highwater::Results> samples[] = {
        {"sample", highwater::sample_results()},
        {"replay", highwater::replay_results()},
        {"hostile", highwater::hostile_results()},
        {"empty", highwater::empty_results()}};
    for (const auto& [name, results] : samples) {
      const std::filesystem::path folder = std::filesystem::path(argv[1]) / name;
      highwater::write_run_folder(results, "{}\n", {.root = "", .directory = folder});
      highwater::write_file(
          folder / "terminal.txt",
          highwater::terminal_summary(results, {.width = 80, .report_path = "x"}));
      highwater::write_file(
          folder / "terminal_color.txt",
          highwater::terminal_summary(results, {.width = 120, .color = true, .report_path = "x"}));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
