#pragma once

#include <string>

#include "engine/experiment/run.h"

namespace highwater::cli {

/// One line on standard error that is written over and over: how far the run is, how fast, and how
/// long it will take. Only for a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::string scenario) : scenario_(std::move(scenario)) {}
  /// Takes the line away again.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);

 private:
  std::string scenario_;
  bool shown_ = false;
};

/// "users-api  42%  4m 12s of 10m  replication 3 of 10  7.9 M events/s  2 s left"
std::string progress_text(const std::string& scenario, const Progress& progress);

}  // namespace highwater::cli
