#include "engine/model/tracer.h"

#include <algorithm>
#include <utility>

namespace highwater {
namespace {

bool slower(const NotedRequest& a, const NotedRequest& b) {
  if (a.latency() != b.latency()) return a.latency() > b.latency();
  return a.id < b.id;
}

}  // namespace

Tracer::Tracer(const Simulation& simulation, Plan plan)
    : simulation_(simulation), plan_(std::move(plan)) {
  if (plan_.every == Duration::max()) next_sample_ = kNever;
  for (const std::uint64_t id : plan_.ids) {
    if (places_.size() >= plan_.most) break;
    mark(id);
  }
}

void Tracer::mark(std::uint64_t id) {
  const std::uint64_t bit = bit_of(id);
  marks_[bit / 64] |= std::uint64_t{1} << bit % 64;
  places_.emplace(id, kNotYet);
}

void Tracer::began(const Request& request, const Component& client) {
  const Time now = simulation_.now();
  if (now >= next_sample_) [[unlikely]] {
    next_sample_ = now + plan_.every;
    if (places_.size() < plan_.most) mark(request.id);
  }
  if (!follows(request.id)) [[likely]]
    return;
  places_[request.id] = static_cast<std::uint32_t>(requests_.size());
  TracedRequest& traced = requests_.emplace_back();
  traced.id = request.id;
  traced.client = &client;
  traced.endpoint = request.endpoint;
  traced.intended = request.intended;
}

void Tracer::ended(const Request& request, const Component& client, Status status) {
  const Time now = simulation_.now();
  if (follows(request.id)) [[unlikely]] {
    if (const std::uint32_t place = places_[request.id]; place != kNotYet) {
      requests_[place].ended = now;
      requests_[place].status = status;
    }
  }
  if (plan_.stretch != Duration::max())
    note({request.id, &client, request.endpoint, request.intended, now, status});
}

void Tracer::note(const NotedRequest& request) {
  const auto stretch = static_cast<std::uint64_t>((request.ended - Time{}) / plan_.stretch);
  if (stretch != stretch_) [[unlikely]] {
    close_stretch();
    stretch_ = stretch;
  }
  if (request.status != Status::ok) [[unlikely]] {
    if (open_failed_.empty()) open_failed_.push_back(request);
  }
  const bool full = open_slow_.size() >= plan_.slowest;
  if (full && (open_slow_.empty() || !slower(request, open_slow_.back()))) [[likely]]
    return;
  if (full) open_slow_.pop_back();
  open_slow_.insert(std::upper_bound(open_slow_.begin(), open_slow_.end(), request, slower),
                    request);
}

void Tracer::close_stretch() {
  if (!open_failed_.empty() &&
      std::none_of(open_slow_.begin(), open_slow_.end(),
                   [&](const NotedRequest& slow) { return slow.id == open_failed_.front().id; }))
    noted_.push_back(open_failed_.front());
  noted_.insert(noted_.end(), open_slow_.begin(), open_slow_.end());
  open_slow_.clear();
  open_failed_.clear();
}

std::vector<NotedRequest> Tracer::noted() const {
  std::vector<NotedRequest> all = noted_;
  for (const NotedRequest& failed : open_failed_) all.push_back(failed);
  for (const NotedRequest& slow : open_slow_)
    if (open_failed_.empty() || open_failed_.front().id != slow.id) all.push_back(slow);
  std::stable_sort(all.begin(), all.end(),
                   [](const NotedRequest& a, const NotedRequest& b) { return a.ended < b.ended; });
  return all;
}

Tracer::Track Tracer::begin_attempt(const Request& request, const Edge& edge, const Instance& from,
                                    const Instance& to) {
  const std::uint32_t place = places_.find(request.id)->second;
  if (place == kNotYet) return kNoTrack;
  TracedRequest& traced = requests_[place];
  if (traced.attempts.size() >= TracedRequest::kMostSteps || tracks_.size() > kMostAttempts) {
    traced.truncated = true;
    return kNoTrack;
  }
  TracedAttempt& attempt = traced.attempts.emplace_back();
  attempt.edge = &edge;
  attempt.from = &from;
  attempt.to = &to;
  attempt.path = request.path;
  attempt.sent = simulation_.now();
  tracks_.push_back({place, static_cast<std::uint32_t>(traced.attempts.size() - 1)});
  return static_cast<Track>(tracks_.size() - 1);
}

TracedAttempt& Tracer::attempt(Track track) {
  const Place& place = tracks_[track];
  return requests_[place.request].attempts[place.attempt];
}

void Tracer::sent(Track track) {
  attempt(track).sent = simulation_.now();
}

void Tracer::arrived(Track track, const Instance& to) {
  TracedAttempt& arriving = attempt(track);
  arriving.arrived = simulation_.now();
  arriving.to = &to;  // a fault may lead it elsewhere
}

void Tracer::replied(Track track) {
  attempt(track).replied = simulation_.now();
}

void Tracer::returned(Track track, Status status) {
  TracedAttempt& over = attempt(track);
  over.returned = simulation_.now();
  over.status = status;
}

void Tracer::given_up(Track track) {
  TracedAttempt& late = attempt(track);
  late.given_up = simulation_.now();
  late.status = Status::timeout;
}

void Tracer::sent_again(Track track) {
  TracedAttempt& lost = attempt(track);
  if (lost.again < 255) ++lost.again;
}

void Tracer::end_wait(std::uint64_t id, std::uint64_t path, const Instance& at, WaitFor what,
                      Time since) {
  const std::uint32_t place = places_.find(id)->second;
  const Time now = simulation_.now();
  if (place == kNotYet || now == since) return;
  TracedRequest& traced = requests_[place];
  if (traced.waits.size() >= TracedRequest::kMostSteps) {
    traced.truncated = true;
    return;
  }
  traced.waits.push_back({&at, path, since, now, what});
}

}  // namespace highwater
