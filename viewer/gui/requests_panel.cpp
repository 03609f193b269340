#include "viewer/gui/requests_panel.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "viewer/draw/format.h"
#include "viewer/draw/ticks.h"
#include "viewer/draw/widgets.h"

namespace highwater::viewer {
namespace {

/// While a run goes on, what was followed is looked at so often.
constexpr double kLookAgain_s = 0.5;
constexpr std::size_t kMostEntries = 1'000;
/// Followed at once; more than anybody looks at.
constexpr std::size_t kMostFollowed = 400;
constexpr std::size_t kMostContributors = 4;

Color color_of(const Theme& theme, Spent spent) {
  return theme.series(static_cast<std::size_t>(spent));
}

double ms(Duration time) {
  return seconds(time) * 1e3;
}

std::string text_of(Duration time) {
  return format(ms(time), Unit::milliseconds);
}

Status status_of(const highwater::Status status, bool ended) {
  if (!ended) return Status::idle;
  return status == highwater::Status::ok ? Status::ok : Status::bad;
}

}  // namespace

void RequestsPanel::refresh(Context& context) {
  LiveRun& run = context.session.run();
  const RunState state = context.status().state;
  LiveRun* const again = context.session.following();
  const std::uint64_t again_serial = again != nullptr ? again->serial() : 0;
  const bool other_run = std::exchange(run_, run.serial()) != run.serial();
  const bool other_again = std::exchange(again_, again_serial) != again_serial;
  if (other_run) asked_s_ = -1;
  if (state == RunState::running && context.clock_s - asked_s_ >= kLookAgain_s) {
    run.look_at_requests();
    asked_s_ = context.clock_s;
  }
  const RequestTraces* const seen = &run.traces();
  const RequestTraces* const followed = again != nullptr ? &again->traces() : nullptr;
  const Range& view = context.time.view();
  const std::string wanted = fmt::format("{} {} {} {}", filter_.data(), failed_only_, sampled_too_,
                                         static_cast<int>(order_));
  const bool same = !other_run && !other_again && seen_ == seen && followed_ == followed &&
                    collected_for_ == wanted;
  // A view that follows the run is another one in each frame.
  const bool is_due = !(view == collected_view_) && context.clock_s - collected_s_ >= kLookAgain_s;
  if (same && !is_due) return;
  collected_view_ = view;
  collected_s_ = context.clock_s;
  seen_ = seen;
  followed_ = followed;
  collected_for_ = wanted;
  collect(context);
}

bool RequestsPanel::passes(const RequestTrace* trace, const Entry& entry,
                           const std::string& wanted) const {
  if (failed_only_ && entry.status == highwater::Status::ok) return false;
  if (wanted.empty()) return true;
  const auto holds = [&](std::string_view text) { return text.find(wanted) != text.npos; };
  if (holds(entry.endpoint) || holds(entry.client) || holds(name(entry.status))) return true;
  return trace != nullptr &&
         std::any_of(trace->attempts.begin(), trace->attempts.end(),
                     [&](const RequestTrace::Attempt& attempt) { return holds(attempt.to); });
}

void RequestsPanel::collect(Context& context) {
  entries_.clear();
  contributors_.clear();
  contributed_ = Duration{0};
  pictured_ = nullptr;
  std::map<std::uint64_t, const RequestTrace*> traces;
  for (const RequestTrace& trace : seen_->followed) traces[trace.id] = &trace;
  if (followed_ != nullptr)
    for (const RequestTrace& trace : followed_->followed) traces[trace.id] = &trace;
  const std::string wanted = filter_.data();
  const Range& view = context.time.view();
  std::set<std::uint64_t> listed;
  const auto add = [&](Entry entry) {
    if (!view.contains(seconds(entry.intended)) || !passes(entry.trace, entry, wanted)) return;
    if (listed.insert(entry.id).second) entries_.push_back(std::move(entry));
  };
  for (const SlowRequest& slow : seen_->slow) {
    const auto trace = traces.find(slow.id);
    add({slow.id, slow.client, slow.endpoint, slow.intended, slow.latency(), slow.status, true,
         false, trace == traces.end() ? nullptr : trace->second});
  }
  if (sampled_too_)
    for (const auto& [id, trace] : traces)
      add({id, trace->client, trace->endpoint, trace->intended, trace->latency(), trace->status,
           trace->ended.has_value(), true, trace});
  std::stable_sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
    return order_ == Order::latency ? a.latency > b.latency : a.intended < b.intended;
  });
  if (entries_.size() > kMostEntries) entries_.resize(kMostEntries);
  std::map<std::string, Duration> sums;
  for (const Entry& entry : entries_) {
    if (entry.trace == nullptr) continue;
    for (const Waterfall::Row& row : waterfall_of(*entry.trace).rows)
      for (const Waterfall::Segment& segment : row.critical) {
        sums[fmt::format("{} {}", row.component, word(segment.spent))] +=
            segment.end - segment.begin;
        contributed_ += segment.end - segment.begin;
      }
  }
  contributors_.assign(sums.begin(), sums.end());
  std::stable_sort(contributors_.begin(), contributors_.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
}

void RequestsPanel::follow(Context& context, std::optional<std::uint64_t> first) {
  std::vector<std::uint64_t> ids;
  if (first) ids.push_back(*first);
  for (const Entry& entry : entries_)
    if (!entry.sampled && ids.size() < kMostFollowed) ids.push_back(entry.id);
  context.later([&context, ids = std::move(ids)] { context.session.follow(ids); });
}

void RequestsPanel::filters(Context& context) {
  ImGui::SetNextItemWidth(context.look.px(170));
  ImGui::InputTextWithHint("##filter", "endpoint, status, component", filter_.data(),
                           filter_.size());
  context.registry.mark("filter requests");
  ImGui::SameLine();
  ImGui::Checkbox("failed", &failed_only_);
  context.registry.mark("failed requests");
  ImGui::SameLine();
  ImGui::Checkbox("sampled", &sampled_too_);
  context.registry.mark("sampled requests");
  if (ImGui::IsItemHovered())
    ImGui::SetTooltip("Beside the slowest and those that failed: one of all, again and again");
  const auto missing = std::count_if(entries_.begin(), entries_.end(),
                                     [](const Entry& entry) { return entry.trace == nullptr; });
  LiveRun* const again = context.session.following();
  if (again != nullptr && missing > 0 && again->status().state != RunState::paused &&
      again->status().state != RunState::finished) {
    const double goal = seconds(again->options().go_to);
    dim_text(context.look,
             fmt::format("the same run once more, to see them: {}",
                         format(goal > 0 ? seconds(again->status().now) / goal : 1, Unit::ratio)));
  } else if (missing > 0) {
    if (ImGui::Button(fmt::format("Follow the {} slowest", missing).c_str()))
      follow(context, std::nullopt);
    context.registry.mark("follow");
  } else {
    contributors(context);
  }
}

/// Where the time of all that are listed went.
void RequestsPanel::contributors(Context& context) const {
  if (contributed_ <= Duration{0}) return dim_text(context.look, " ");
  std::string text = "critical paths:";
  for (std::size_t i = 0; i < std::min(kMostContributors, contributors_.size()); ++i)
    text += fmt::format(
        "{} {} {}", i > 0 ? "," : "", contributors_[i].first,
        format(seconds(contributors_[i].second) / seconds(contributed_), Unit::ratio, 2));
  ImGui::PushFont(context.look.font(TextRole::small));
  ImGui::PushTextWrapPos(0);
  dim_text(context.look, text);
  ImGui::PopTextWrapPos();
  ImGui::PopFont();
}

void RequestsPanel::list(Context& context, ImVec2 size) {
  ImGui::BeginChild("requests list", size);
  filters(context);
  constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingStretchProp |
                                     ImGuiTableFlags_ScrollY | ImGuiTableFlags_Sortable;
  if (ImGui::BeginTable("requests", 4, kFlags, ImGui::GetContentRegionAvail())) {
    ImGui::TableSetupScrollFreeze(0, 1);
    ImGui::TableSetupColumn(
        "latency", ImGuiTableColumnFlags_DefaultSort | ImGuiTableColumnFlags_PreferSortDescending,
        1.2F);
    ImGui::TableSetupColumn("at", 0, 1.1F);
    ImGui::TableSetupColumn("request", ImGuiTableColumnFlags_NoSort, 2.2F);
    ImGui::TableSetupColumn("ended", ImGuiTableColumnFlags_NoSort, 1.4F);
    ImGui::TableHeadersRow();
    if (const ImGuiTableSortSpecs* const sort = ImGui::TableGetSortSpecs();
        sort != nullptr && sort->SpecsCount > 0)
      order_ = sort->Specs[0].ColumnIndex == 0 ? Order::latency : Order::time;
    ImGuiListClipper shown;
    shown.Begin(static_cast<int>(entries_.size()));
    while (shown.Step())
      for (int i = shown.DisplayStart; i < shown.DisplayEnd; ++i) {
        const Entry& entry = entries_[static_cast<std::size_t>(i)];
        ImGui::PushID(i);
        ImGui::TableNextRow();
        ImGui::TableNextColumn();
        ImGui::PushFont(context.look.font(TextRole::mono_small));
        if (ImGui::Selectable(text_of(entry.latency).c_str(), chosen_ == entry.id,
                              ImGuiSelectableFlags_SpanAllColumns)) {
          chosen_ = entry.id;
          chosen_s_ = context.clock_s;
          pictured_ = nullptr;
          from_ = 0;
          to_ = 1;
          if (entry.trace == nullptr) follow(context, entry.id);
        }
        context.registry.mark(fmt::format("request:{}", i));
        ImGui::TableNextColumn();
        ImGui::TextUnformatted(format_clock(seconds(entry.intended), 1).c_str());
        ImGui::PopFont();
        ImGui::TableNextColumn();
        ImGui::TextUnformatted((entry.endpoint.empty() ? entry.client : entry.endpoint).c_str());
        ImGui::TableNextColumn();
        status_label(context.look, status_of(entry.status, entry.ended),
                     entry.ended ? name(entry.status) : "under way");
        ImGui::PopID();
      }
    ImGui::EndTable();
  }
  ImGui::EndChild();
}

void RequestsPanel::summary(Context& context) {
  const RequestTrace& trace = *pictured_;
  ImGui::PushFont(context.look.font(TextRole::strong));
  ImGui::TextUnformatted(fmt::format("{} {}", trace.endpoint.empty() ? "request" : trace.endpoint,
                                     text_of(trace.latency()))
                             .c_str());
  ImGui::PopFont();
  ImGui::SameLine();
  status_label(context.look, status_of(trace.status, trace.ended.has_value()),
               trace.ended ? name(trace.status) : "under way");
  ImGui::SameLine();
  dim_text(context.look, fmt::format("of {} at {}, {} calls{}", trace.client,
                                     format_clock(seconds(trace.intended), 3),
                                     trace.attempts.size(), trace.truncated ? " and more" : ""));
  // What the critical path was spent on, as one bar with words.
  const float width = ImGui::GetContentRegionAvail().x, height = context.look.px(8);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const double all = std::max(seconds(waterfall_.end - waterfall_.begin), 1e-12);
  float x = at.x;
  for (std::size_t i = 0; i < kSpent; ++i) {
    const float part = width * static_cast<float>(seconds(waterfall_.spent[i]) / all);
    draw.AddRectFilled({x, at.y}, {x + part, at.y + height},
                       color_of(context.look.theme, static_cast<Spent>(i)));
    x += part;
  }
  ImGui::Dummy({width, height});
  ImGui::PushFont(context.look.font(TextRole::small));
  for (std::size_t i = 0; i < kSpent; ++i) {
    const auto spent = static_cast<Spent>(i);
    if (i > 0) ImGui::SameLine(0, context.look.px(14));
    const ImVec2 sign = ImGui::GetCursorScreenPos();
    const float side = context.look.px(9);
    const float line = ImGui::GetTextLineHeight();
    draw.AddRectFilled({sign.x, sign.y + (line - side) / 2},
                       {sign.x + side, sign.y + (line + side) / 2},
                       color_of(context.look.theme, spent));
    ImGui::Dummy({side, line});
    ImGui::SameLine(0, context.look.px(5));
    ImGui::TextUnformatted(fmt::format("{} {} ({})", word(spent), text_of(waterfall_.spent[i]),
                                       format(seconds(waterfall_.spent[i]) / all, Unit::ratio, 2))
                               .c_str());
    context.registry.publish("spent:" + word(spent), text_of(waterfall_.spent[i]));
  }
  ImGui::PopFont();
}

float RequestsPanel::x_of(Duration time, float left, float width) const {
  const double all = std::max(seconds(waterfall_.end - waterfall_.begin), 1e-12);
  const double share = seconds(time - waterfall_.begin) / all;
  return left + width * static_cast<float>((share - from_) / (to_ - from_));
}

void RequestsPanel::tooltip(Context& context, const Waterfall::Row& row) const {
  ImGui::BeginTooltip();
  ImGui::PushFont(context.look.font(TextRole::strong));
  ImGui::TextUnformatted(
      (row.from.empty() ? row.name : fmt::format("{} calls {}", row.from, row.name)).c_str());
  ImGui::PopFont();
  ImGui::TextUnformatted(fmt::format("{} from +{}, {}", text_of(row.end - row.begin),
                                     text_of(row.begin - waterfall_.begin),
                                     row.ended ? name(row.status) : "under way")
                             .c_str());
  if (row.served_to)
    ImGui::TextUnformatted("Nobody waited for the answer any more: the work was wasted.");
  if (row.detached) ImGui::TextUnformatted("Nobody waits for it: a message, processed later.");
  std::map<std::string, Duration> sums;
  for (const Waterfall::Segment& segment : row.segments)
    sums[segment.text] += segment.end - segment.begin;
  ImGui::PushFont(context.look.font(TextRole::mono_small));
  for (const auto& [text, time] : sums)
    ImGui::TextUnformatted(fmt::format("{:>9}  {}", text_of(time), text).c_str());
  Duration critical{0};
  for (const Waterfall::Segment& segment : row.critical) critical += segment.end - segment.begin;
  ImGui::TextUnformatted(
      fmt::format("{:>9}  of it on the critical path", text_of(critical)).c_str());
  ImGui::PopFont();
  ImGui::EndTooltip();
}

void RequestsPanel::row(Context& context, std::size_t number, ImVec2 at, float label, float width,
                        float height) {
  const Look& look = context.look;
  const Theme& theme = look.theme;
  const Waterfall::Row& of = waterfall_.rows[number];
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const float left = at.x + label, right = left + width;
  const float middle = at.y + height / 2, thick = height * 0.56F;
  const auto box = [&](Duration from, Duration to, Color color, float share) {
    const float x0 = std::clamp(x_of(from, left, width), left, right);
    const float x1 =
        std::clamp(std::max(x_of(to, left, width), x_of(from, left, width) + 1), left, right);
    if (x1 <= x0) return;
    draw.AddRectFilled({x0, middle - thick / 2 * share}, {x1, middle + thick / 2 * share}, color);
  };
  // The whole call, what is its own within it, and of that what is critical.
  box(of.begin, of.end, faded(theme.dim, of.detached ? 0.12F : 0.22F), 1);
  if (of.served_to) box(of.end, *of.served_to, faded(theme.dim, 0.35F), 0.35F);
  for (const Waterfall::Segment& segment : of.segments)
    box(segment.begin, segment.end, faded(color_of(theme, segment.spent), 0.4F), 1);
  for (const Waterfall::Segment& segment : of.critical) {
    box(segment.begin, segment.end, color_of(theme, segment.spent), 1);
    const float x0 = std::clamp(x_of(segment.begin, left, width), left, right);
    const float x1 = std::clamp(x_of(segment.end, left, width), left, right);
    draw.AddLine({x0, middle + thick / 2 + look.px(2)}, {x1, middle + thick / 2 + look.px(2)},
                 theme.text, look.px(1.5F));
  }
  if (of.ended && of.status != highwater::Status::ok) {
    const float x = std::clamp(x_of(of.end, left, width) + look.px(8), left, right - look.px(8));
    draw_icon(draw, icon(Status::bad), {x, middle}, look.px(5), theme.status(Status::bad));
  }
  ImFont* const font = look.font(TextRole::small);
  const float indent = look.px(4) + look.px(9) * static_cast<float>(std::min(of.depth, 8));
  draw.PushClipRect(at, {left - look.px(4), at.y + height}, true);
  draw.AddText(font, font->FontSize, {at.x + indent, middle - font->FontSize / 2},
               of.detached ? theme.dim : theme.text, of.name.c_str());
  draw.PopClipRect();
}

void RequestsPanel::rows(Context& context, ImVec2 size) {
  const Look& look = context.look;
  ImGui::BeginChild("waterfall", size, false, ImGuiWindowFlags_NoScrollWithMouse);
  const float height = look.px(19), label = look.px(118);
  const float width = std::max(ImGui::GetContentRegionAvail().x - label - look.px(12), look.px(40));
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const auto count = waterfall_.rows.size();
  const float axis = look.px(18);
  ImGui::InvisibleButton("rows", {label + width, axis + height * static_cast<float>(count)});
  context.registry.mark("waterfall");
  const ImGuiIO& io = ImGui::GetIO();
  const bool hovered = ImGui::IsItemHovered();
  at_.reset();
  if (hovered) {
    const double share = std::clamp((io.MousePos.x - origin.x - label) / width, 0.0F, 1.0F);
    const double place = from_ + share * (to_ - from_);
    at_ = place;
    if (io.MouseWheel != 0 && !io.KeyCtrl) {
      const double factor = std::pow(0.8, static_cast<double>(io.MouseWheel));
      from_ = std::max(0.0, place - (place - from_) * factor);
      to_ = std::min(1.0, place + (to_ - place) * factor);
      if (to_ - from_ < 1e-6) to_ = from_ + 1e-6;
    } else if (io.MouseWheel != 0) {
      ImGui::SetScrollY(ImGui::GetScrollY() - io.MouseWheel * height * 3);
    }
    if (ImGui::IsMouseDoubleClicked(0)) {
      from_ = 0;
      to_ = 1;
    }
  }
  if (ImGui::IsItemActive() && ImGui::IsMouseDragging(0)) {
    const double by = -static_cast<double>(io.MouseDelta.x / width) * (to_ - from_);
    const double kept = std::clamp(by, -from_, 1 - to_);
    from_ += kept;
    to_ += kept;
  }
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const double all_ms = ms(waterfall_.end - waterfall_.begin);
  const float left = origin.x + label;
  ImFont* const font = look.font(TextRole::small);
  const double span = std::max(all_ms * (to_ - from_), 1e-9);
  const double step = std::pow(10.0, std::floor(std::log10(span / 3)));
  const double nice = span / step > 12 ? step * 5 : span / step > 6 ? step * 2 : step;
  const TickFormat ticks(nice, all_ms, Unit::milliseconds);
  for (double at = std::ceil(all_ms * from_ / nice) * nice; at <= all_ms * to_ + nice * 1e-9;
       at += nice) {
    const float x = left + width * static_cast<float>((at / all_ms - from_) / (to_ - from_));
    draw.AddLine({x, origin.y + axis}, {x, origin.y + axis + height * static_cast<float>(count)},
                 look.theme.grid);
    if (x < left + width - look.px(36))
      draw.AddText(font, font->FontSize, {x + look.px(3), origin.y}, look.theme.dim,
                   ticks.text(at).c_str());
  }
  const float top = ImGui::GetWindowPos().y, bottom = top + ImGui::GetWindowHeight();
  for (std::size_t i = 0; i < count; ++i) {
    const float y = origin.y + axis + height * static_cast<float>(i);
    if (y + height < top || y > bottom) continue;
    row(context, i, {origin.x, y}, label, width, height);
    if (hovered && io.MousePos.y >= y && io.MousePos.y < y + height) {
      draw.AddRectFilled({origin.x, y}, {left + width, y + height}, faded(look.theme.text, 0.06F));
      tooltip(context, waterfall_.rows[i]);
      if (ImGui::IsMouseReleased(0) && ImGui::GetMouseDragDelta(0).x == 0)
        context.selected = topology::Target::node(waterfall_.rows[i].component);
    }
  }
  if (at_ && hovered) {
    const float x = left + width * static_cast<float>((*at_ - from_) / (to_ - from_));
    draw.AddLine({x, origin.y}, {x, origin.y + axis + height * static_cast<float>(count)},
                 look.theme.crosshair);
  }
  ImGui::EndChild();
}

void RequestsPanel::picture(Context& context, ImVec2 size) {
  ImGui::BeginChild("request", size, true);
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& one) { return chosen_ == one.id; });
  if (entry == entries_.end() || entry->trace == nullptr) {
    const char* const words =
        entry != entries_.end() ? "The same run goes by once more, with an eye on this request…"
        : entries_.empty()      ? "No request has been followed here yet."
                                : "A click on a request shows where its time went.";
    dim_text(context.look, words);
    pictured_ = nullptr;
    ImGui::EndChild();
    return;
  }
  if (std::exchange(pictured_, entry->trace) != entry->trace)
    waterfall_ = waterfall_of(*entry->trace);
  context.registry.publish("request", text_of(entry->latency));
  context.registry.publish("calls", std::to_string(waterfall_.rows.size() - 1));
  summary(context);
  rows(context, ImGui::GetContentRegionAvail());
  ImGui::EndChild();
}

void RequestsPanel::draw(Context& context) {
  refresh(context);
  context.registry.publish("requests shown", entries_.empty() ? "none" : "some");
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  const float first = std::min(context.look.px(390), room.x * 0.45F);
  list(context, {first, room.y});
  ImGui::SameLine();
  picture(context, {room.x - first - gap, room.y});
}

void RequestsPanel::draw_on(Context& context, const TopologyCanvas& canvas) const {
  if (pictured_ == nullptr || run_ != context.session.run().serial()) return;
  // Without the mouse it goes by slowly, again and again.
  constexpr double kLoop_s = 4;
  const double share = at_ ? *at_
                       : context.reduced_motion
                           ? 1
                           : std::fmod((context.clock_s - chosen_s_) / kLoop_s, 1.0);
  const Duration now =
      waterfall_.begin +
      Duration{std::llround(seconds(waterfall_.end - waterfall_.begin) * share * 1e9)};
  if (ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup)) return;
  // The canvas is a window of its own, which would hide what is drawn into this one.
  ImDrawList& draw = *ImGui::GetForegroundDrawList();
  const ImVec2 min = ImGui::GetWindowPos(), size = ImGui::GetWindowSize();
  draw.PushClipRect(min, {min.x + size.x, min.y + size.y});
  const Theme& theme = context.look.theme;
  const auto middle = [&](const std::string& component) -> std::optional<ImVec2> {
    const auto rect = canvas.rect_of("node:" + component);
    if (!rect) return std::nullopt;
    return ImVec2{(rect->min.x + rect->max.x) / 2, (rect->min.y + rect->max.y) / 2};
  };
  for (std::size_t i = 0; i < waterfall_.rows.size(); ++i) {
    const Waterfall::Row& row = waterfall_.rows[i];
    if (now < row.begin || now > row.end) continue;
    for (const Waterfall::Segment& segment : row.segments) {
      if (now < segment.begin || now > segment.end) continue;
      const auto to = middle(row.component);
      if (!to) continue;
      const Color color = color_of(theme, segment.spent);
      if (segment.spent != Spent::network) {
        const auto rect = canvas.rect_of("node:" + row.component);
        draw.AddRect({rect->min.x - 3, rect->min.y - 3}, {rect->max.x + 3, rect->max.y + 3}, color,
                     context.look.px(8), 0, context.look.px(3));
        continue;
      }
      const auto from = middle(waterfall_.rows[row.parent].component);
      if (!from) continue;
      const double length = std::max(seconds(segment.end - segment.begin), 1e-12);
      auto way = static_cast<float>(seconds(now - segment.begin) / length);
      if (segment.begin > row.begin) way = 1 - way;  // its answer
      draw.AddCircleFilled({from->x + (to->x - from->x) * way, from->y + (to->y - from->y) * way},
                           context.look.px(6), color);
    }
  }
  draw.PopClipRect();
}

}  // namespace highwater::viewer
