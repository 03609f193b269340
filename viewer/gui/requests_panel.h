#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "viewer/draw/topology_canvas.h"
#include "viewer/gui/context.h"
#include "viewer/session/request_trace.h"

namespace highwater::viewer {

/// Single requests: the slowest, those that failed and a sample of all, in a list, and the one that
/// is chosen as a waterfall with its critical path. What was not followed while it happened is
/// followed in the same run once more, in the background.
class RequestsPanel {
 public:
  void draw(Context& context);

  /// The chosen request on its way through the topology, at the time that the mouse is at in the
  /// waterfall, or as time goes by. Drawn over `canvas`.
  void draw_on(Context& context, const TopologyCanvas& canvas) const;

 private:
  struct Entry {
    std::uint64_t id = 0;
    std::string client, endpoint;
    Duration intended{}, latency{};
    highwater::Status status{};
    bool ended = true;
    bool sampled = false;  ///< Chosen by the clock alone; otherwise since it was slow or failed.
    const RequestTrace* trace = nullptr;  ///< Null where it has not been followed.
  };
  enum class Order : std::uint8_t { latency, time };

  void refresh(Context& context);
  void collect(Context& context);
  void filters(Context& context);
  void list(Context& context, ImVec2 size);
  void follow(Context& context, std::optional<std::uint64_t> first);
  void picture(Context& context, ImVec2 size);
  void summary(Context& context);
  void rows(Context& context, ImVec2 size);
  void row(Context& context, std::size_t number, ImVec2 at, float label, float width, float height);
  void tooltip(Context& context, const Waterfall::Row& row) const;
  void contributors(Context& context) const;
  bool passes(const RequestTrace* trace, const Entry& entry, const std::string& wanted) const;
  float x_of(Duration time, float left, float width) const;

  // Of the run that the entries are of: looked at again when something of it has changed.
  std::uint64_t run_ = 0;    // its serial number
  std::uint64_t again_ = 0;  // that of the one that follows
  const RequestTraces* seen_ = nullptr;
  const RequestTraces* followed_ = nullptr;
  double asked_s_ = -1;
  std::string collected_for_;
  Range collected_view_;
  double collected_s_ = 0;
  std::vector<Entry> entries_;
  /// What the critical paths of the entries that were followed went through, by component and what
  /// it was spent on, the longest first.
  std::vector<std::pair<std::string, Duration>> contributors_;
  Duration contributed_{0};
  Order order_ = Order::latency;
  std::array<char, 64> filter_{};
  bool failed_only_ = false, sampled_too_ = true;

  std::optional<std::uint64_t> chosen_;
  const RequestTrace* pictured_ = nullptr;
  Waterfall waterfall_;
  double from_ = 0, to_ = 1;  // what of the waterfall is seen, as shares of it
  std::optional<double> at_;  // share of the request's time that the mouse is at
  double chosen_s_ = 0;
};

}  // namespace highwater::viewer
