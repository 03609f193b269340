#include "tests/parameters/trial.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "engine/experiment/assemble.h"
#include "engine/experiment/run.h"
#include "models/catalog.h"

namespace highwater::testing {
namespace {

const std::string kFolder = HIGHWATER_SOURCE_DIR "/tests/data/parameters/";
constexpr unsigned kThreads = 2;

std::string text_of(const Estimate& estimate) {
  return fmt::format("{} {}", estimate.value.value_or(-1), estimate.ci95 ? estimate.ci95->low : -1);
}

/// Writes metrics down that are not 0.
class Ledger {
 public:
  void add(const std::string& name, const Estimate& estimate) {
    if (estimate.value.value_or(0) != 0) entries_[name] = text_of(estimate);
  }
  void add(const std::string& name, const TimeSummary& times) {
    if (times.count > 0)
      entries_[name] =
          fmt::format("{} {} {} {} {} {}", times.count, text_of(times.mean), text_of(times.p50),
                      text_of(times.p90), text_of(times.p99), text_of(times.max));
  }
  void add(const std::string& name, const Count& count) { add(name, count.value); }
  void add(const std::string& name, std::uint64_t count) {
    if (count > 0) entries_[name] = fmt::format("{}", count);
  }
  void add(const std::string& name, const CountsByCause& counts) {
    for (const auto& [cause, count] : counts) add(name + "." + cause, count);
  }
  void add(const std::string& owner, const std::vector<MetricResult>& metrics) {
    for (const MetricResult& metric : metrics)
      std::visit([&](const auto& value) { add(owner + "." + metric.name, value); }, metric.value);
  }

  std::map<std::string, std::string> entries() { return std::move(entries_); }

 private:
  std::map<std::string, std::string> entries_;
};

std::map<std::string, std::string> metrics_of(const Results& results) {
  Ledger ledger;
  for (const ClientResult& client : results.clients) {
    ledger.add(client.id + ".issued", client.requests.issued);
    ledger.add(client.id + ".completed", client.requests.completed);
    ledger.add(client.id + ".failed", client.requests.failed);
    ledger.add(client.id + ".rejected", client.requests.rejected);
    ledger.add(client.id + ".throughput_rps", client.throughput_rps);
    ledger.add(client.id + ".latency_ms", client.latency_ms);
    ledger.add(client.id + ".failed_latency_ms", client.failed_latency_ms);
    ledger.add(client.id + ".errors", client.errors);
    ledger.add(client.id, client.metrics);
  }
  for (const ComponentResult& component : results.components)
    ledger.add(component.id, component.metrics);
  // What happened and when, but for the faults, which the scenario says.
  std::string log;
  for (const LogEntry& entry : results.events_log)
    if (entry.kind.rfind("fault", 0) != 0) log += fmt::format("{} {}; ", entry.t_s, entry.kind);
  std::map<std::string, std::string> entries = ledger.entries();
  entries["log"] = log;
  return entries;
}

}  // namespace

const Catalog& catalog() {
  static const Catalog all{model_kinds(), fault_kinds(), section_kinds()};
  return all;
}

const Language& language() {
  static const Language spoken = language_of(catalog());
  return spoken;
}

const Guide& guide() {
  static const Guide one(language());
  return one;
}

std::optional<Document> document_of(const Trial& trial, std::string* problems) {
  LoadOptions options;
  if (!trial.setting.empty()) options.settings.push_back(trial.setting);
  Problems found;
  auto document = load_document(trial.base + ".json", language(), options, found);
  if (problems != nullptr) *problems = found.text();
  return document;
}

bool differ(const Outcome& one, const Outcome& other) {
  for (const auto& [name, text] : one.metrics) {
    const auto found = other.metrics.find(name);
    if (found != other.metrics.end() && found->second != text) return true;
  }
  return false;
}

std::optional<Outcome> outcome_of(const Document& document, double most_seconds) {
  Problems problems = document.problems();
  const std::optional<System> system = prepare(document, catalog(), problems);
  if (!system) return std::nullopt;
  std::atomic<bool> too_long = false;
  RunOptions options;
  options.interrupt = &too_long;
  options.progress = [&](const Progress& progress) {
    if (progress.wall_s > most_seconds) too_long = true;
  };
  const RunRecord record = run_system(*system, options);
  if (record.interrupted) return std::nullopt;
  const Results results = assemble(*system, record);
  Outcome outcome;
  outcome.events = results.events;
  outcome.wall_s = record.wall_s;
  outcome.metrics = metrics_of(results);
  return outcome;
}

std::optional<Outcome> outcome_of(const Trial& trial, double most_seconds) {
  const std::optional<Document> document = document_of(trial);
  return document ? outcome_of(*document, most_seconds) : std::nullopt;
}

std::vector<std::optional<Outcome>> outcomes_of(const std::vector<Trial>& trials,
                                                double most_seconds) {
  std::vector<std::optional<Outcome>> outcomes(trials.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < trials.size(); i = next++)
      outcomes[i] = outcome_of(trials[i], most_seconds);
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < kThreads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return outcomes;
}

InFolder::InFolder() : before_(std::filesystem::current_path().string()) {
  std::filesystem::current_path(kFolder);
}

InFolder::~InFolder() {
  std::filesystem::current_path(before_);
}

std::vector<std::string> base_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(".")) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".json" && name != "effects") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace highwater::testing
