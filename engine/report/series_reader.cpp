#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "engine/report/document_readers.h"

namespace highwater {
namespace {

/// A run is cut into 250 slices at most; a few times as many are no reason to refuse a file.
constexpr std::size_t kMostTimes = 10'000;
/// Of all series together: 80 MB.
constexpr std::size_t kMostValues = 10'000'000;
/// A file of millions of broken lines is no better described by all of them.
constexpr std::size_t kMostProblems = 100;

using Cells = std::vector<std::string>;

/// RFC 4180 as csv_writer.h writes it: one row a line.
class CsvLines {
 public:
  CsvLines(std::string_view text, const std::string& name, std::string_view header,
           Problems& problems)
      : text_(text), source_(problems.add_source(name)), problems_(problems) {
    columns_ = static_cast<std::size_t>(std::count(header.begin(), header.end(), ',')) + 1;
    good_ = text_.substr(0, text_.find('\n')) == header;
    if (!good_)
      wrong(1, "expected the columns " + in_quotes(header, 100));
    else
      position_ = header.size() + 1;
    line_ = 2;
  }

  /// @return false at the end, and where there are too many problems to go on.
  bool next(Cells& cells) {
    while (good_ && position_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', position_), text_.size());
      split(text_.substr(position_, end - position_), cells);
      position_ = end + 1;
      ++line_;
      if (cells.size() == columns_) return true;
      wrong(line_ - 1, "expected " + std::to_string(columns_) + " cells, found " +
                           std::to_string(cells.size()));
    }
    return false;
  }

  /// The number in a cell of the row that was read last; NaN after a problem.
  double number(const Cells& cells, std::size_t column) {
    const std::string& text = cells[column];
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && std::isfinite(value))
      return value;
    wrong(line_ - 1, "expected a number, found " + in_quotes(text));
    return std::numeric_limits<double>::quiet_NaN();
  }

  void wrong(std::size_t line, std::string message) {
    problems_.error({source_, static_cast<std::uint32_t>(line), 1}, "", std::move(message));
    if (++wrong_ < kMostProblems) return;
    if (good_) problems_.error({source_, static_cast<std::uint32_t>(line_), 1}, "", "no further");
    good_ = false;
  }

 private:
  static void split(std::string_view line, Cells& cells) {
    cells.assign(1, "");
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
        cells.back() += '"';
        ++i;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        cells.emplace_back();
      } else {
        cells.back() += c;
      }
    }
  }

  std::string_view text_;
  std::uint32_t source_;
  Problems& problems_;
  std::size_t position_ = 0, line_ = 1, columns_ = 0, wrong_ = 0;
  bool good_ = true;
};

/// Values by time, of one component and metric, in the order of their first rows.
struct Track {
  std::string component, metric;
  std::vector<std::array<double, 4>> rows;  // time, then up to three values
};

class Tracks {
 public:
  Track& of(const std::string& component, const std::string& metric) {
    const auto [place, is_new] = places_.try_emplace({component, metric}, tracks_.size());
    if (is_new) tracks_.push_back({component, metric, {}});
    return tracks_[place->second];
  }
  const std::vector<Track>& all() const { return tracks_; }

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> places_;
  std::vector<Track> tracks_;
};

/// All times that any of them has, rising; some of them where there are more than kMostTimes.
std::vector<double> times_of(const Tracks& tracks) {
  std::vector<double> times;
  for (const Track& track : tracks.all()) {
    for (const auto& row : track.rows) times.push_back(row[0]);
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    if (times.size() > kMostTimes) break;
  }
  return times;
}

std::vector<double> spread(const Track& track, const std::vector<double>& times,
                           std::size_t value) {
  std::vector<double> values(times.size(), std::numeric_limits<double>::quiet_NaN());
  for (const auto& row : track.rows) {
    const auto at = std::lower_bound(times.begin(), times.end(), row[0]);
    values[static_cast<std::size_t>(at - times.begin())] = row[value];
  }
  return values;
}

bool fits(std::size_t tracks, std::size_t times, CsvLines& lines) {
  if (times <= kMostTimes && tracks * times <= kMostValues) return true;
  lines.wrong(1, "expected the series of one run, found " + std::to_string(tracks) + " of " +
                     std::to_string(times) + " times or more");
  return false;
}

const ComponentResult* find_component(const Results& results, const std::string& id) {
  const auto found = std::find_if(results.components.begin(), results.components.end(),
                                  [&](const ComponentResult& each) { return each.id == id; });
  return found == results.components.end() ? nullptr : &*found;
}

std::string unit_of_series(const FindKind& find, const ComponentResult* component,
                           const std::string& metric) {
  const KindInfo* const kind = find && component != nullptr ? find(component->kind) : nullptr;
  if (kind != nullptr)
    for (const MetricInfo& info : kind->metrics)
      if (info.name == metric) return info.unit;
  return unit_by_name(metric);
}

std::vector<double>* column_of(ClientSeries& client, std::string_view metric) {
  for (const auto& [name, column] : {std::pair{"offered_rps", &ClientSeries::offered_rps},
                                     std::pair{"completed_rps", &ClientSeries::completed_rps},
                                     std::pair{"failed_rps", &ClientSeries::failed_rps},
                                     std::pair{"latency_p50_ms", &ClientSeries::p50_ms},
                                     std::pair{"latency_p90_ms", &ClientSeries::p90_ms},
                                     std::pair{"latency_p99_ms", &ClientSeries::p99_ms},
                                     std::pair{"latency_p999_ms", &ClientSeries::p999_ms}})
    if (metric == name) return &(client.*column);
  return nullptr;
}

}  // namespace

void read_series_csv(std::string_view csv, const std::string& name, const FindKind& find,
                     Results& results, Problems& problems) {
  const std::size_t before = problems.error_count();
  CsvLines lines(csv, name, "time_s,component,metric,value", problems);
  Tracks tracks;
  Cells cells;
  while (lines.next(cells)) {
    const double time = lines.number(cells, 0), value = lines.number(cells, 3);
    tracks.of(cells[1], cells[2]).rows.push_back({time, value, 0, 0});
  }
  if (problems.error_count() != before) return;
  SeriesSet set;
  set.times_s = times_of(tracks);
  if (!fits(tracks.all().size(), set.times_s.size(), lines)) return;
  if (set.times_s.empty()) return;
  set.bin_s = results.simulated_s - set.times_s.back();
  for (const ClientResult& client : results.clients) {
    ClientSeries& series = set.clients.emplace_back();
    series.client = client.id;
    for (const char* metric : {"offered_rps", "completed_rps", "failed_rps", "latency_p50_ms",
                               "latency_p90_ms", "latency_p99_ms", "latency_p999_ms"})
      column_of(series, metric)
          ->assign(set.times_s.size(), std::numeric_limits<double>::quiet_NaN());
  }
  for (const Track& track : tracks.all()) {
    std::vector<double> values = spread(track, set.times_s, 1);
    const auto client =
        std::find_if(set.clients.begin(), set.clients.end(),
                     [&](const ClientSeries& each) { return each.client == track.component; });
    std::vector<double>* const column =
        client == set.clients.end() ? nullptr : column_of(*client, track.metric);
    const ComponentResult* const component = find_component(results, track.component);
    if (column != nullptr)
      *column = std::move(values);
    else if (track.metric == "utilization" && component == nullptr)
      set.instances.push_back({track.component, std::move(values)});
    else
      set.extras.push_back({track.component, track.metric,
                            unit_of_series(find, component, track.metric), std::move(values)});
  }
  results.series = std::move(set);
}

void read_intervals_csv(std::string_view csv, const std::string& name, Results& results,
                        Problems& problems) {
  const std::size_t before = problems.error_count();
  CsvLines lines(csv, name, "time_s,end_s,component,metric,value,ci_low,ci_high", problems);
  Tracks tracks;
  Cells cells;
  const std::vector<double>& times = results.series.times_s;
  std::size_t bins = 1;
  while (lines.next(cells)) {
    const double begin = lines.number(cells, 0), end = lines.number(cells, 1);
    tracks.of(cells[2], cells[3])
        .rows.push_back(
            {begin, lines.number(cells, 4), lines.number(cells, 5), lines.number(cells, 6)});
    const auto place = [&](double at) { return std::lower_bound(times.begin(), times.end(), at); };
    bins = std::max(
        bins, static_cast<std::size_t>(std::max<std::ptrdiff_t>(place(end) - place(begin), 1)));
  }
  if (problems.error_count() != before) return;
  std::vector<double> groups;
  for (std::size_t i = 0; i < times.size(); i += bins) groups.push_back(times[i]);
  if (!fits(tracks.all().size(), groups.size(), lines)) return;
  std::vector<SeriesBand> bands;
  for (const Track& track : tracks.all()) {
    for (const auto& row : track.rows) {
      if (std::binary_search(groups.begin(), groups.end(), row[0])) continue;
      lines.wrong(1, "expected the times of series.csv, found " + std::to_string(row[0]));
      return;
    }
    bands.push_back({track.component, track.metric, bins, spread(track, groups, 1),
                     spread(track, groups, 2), spread(track, groups, 3)});
  }
  results.series.bands = std::move(bands);
}

}  // namespace highwater
