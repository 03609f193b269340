#pragma once

#include <array>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/client/access_log.h"

namespace highwater {

constexpr auto words_of(TraceFormat) {
  return std::array{
      Word{TraceFormat::combined, "combined",
           "Access log of Apache or nginx with referer and agent; common lines are read as well."},
      Word{TraceFormat::common, "common",
           "The same without referer and agent; combined lines are read as well."},
      Word{TraceFormat::csv, "csv",
           "CSV with a header: time (or time_s, time_ms, time_us, time_ns), endpoint, key."},
      Word{TraceFormat::times, "times", "One time in seconds on each line."}};
}

namespace client {

struct TraceParams {
  FilePath file;
  TraceFormat format = TraceFormat::combined;
  double speedup = 1;
  bool spread = true;

  static constexpr auto fields() {
    return Fields{
        field<&TraceParams::file>("The file, plain or gzip, relative to the scenario.").required(),
        field<&TraceParams::format>("How the file is written."),
        field<&TraceParams::speedup>("Replays so many times faster than it was recorded.")
            .at_least(1e-6)
            .at_most(1e9),
        field<&TraceParams::spread>("Spreads the requests of an access log evenly over the span "
                                    "that its stamps really resolve: a second, or an hour where "
                                    "all stamps of each hour lie in one minute.")};
  }
};

}  // namespace client
}  // namespace highwater
