#include "viewer/session/measurement.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/experiment/assemble.h"
#include "engine/experiment/wall_clock.h"

namespace highwater::viewer {

unsigned measurement_jobs() {
  return std::max(std::thread::hardware_concurrency(), 2U) - 1;
}

Measurement::Measurement(MeasurementPlan plan)
    : plan_(std::move(plan)), thread_([this] { run(); }) {
  progress_.planned = plan_.system->replications;
}

Measurement::~Measurement() {
  abandoned_.store(true);
  stop();
  thread_.join();
}

void Measurement::run() try {
  const std::string started = wall_date();
  RunOptions options;
  options.jobs = measurement_jobs();
  options.interrupt = &stops_;
  options.progress = [this](const Progress& progress) {
    progresses_.put(std::make_unique<Progress>(progress));
  };
  const RunRecord record = run_system(*plan_.system, options);
  if (abandoned_.load()) return;
  auto measured = std::make_unique<MeasuredRun>();
  Results& results = measured->results = assemble(*plan_.system, record);
  results.started = started;
  results.version = plan_.provenance.version;
  results.compiler = plan_.provenance.compiler;
  results.command = plan_.provenance.command;
  results.host = plan_.provenance.host;
  results.findings.insert(results.findings.end(), plan_.warnings.begin(), plan_.warnings.end());
  measured->replications = values_by_replication(*plan_.system, record);
  measured->expanded = plan_.expanded;
  measured->settings = plan_.settings;
  finished_.put(std::move(measured));
} catch (const std::exception& error) {
  failed_.put(std::make_unique<std::string>(error.what()));
}

const Progress& Measurement::progress() {
  if (const auto latest = progresses_.take()) progress_ = *latest;
  return progress_;
}

std::unique_ptr<MeasuredRun> Measurement::take() {
  return finished_.take();
}

std::string Measurement::failure() {
  const auto failed = failed_.take();
  return failed ? *failed : "";
}

}  // namespace highwater::viewer
