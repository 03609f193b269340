#include "models/cache/cache_client.h"

#include <utility>

namespace highwater::cache {

void CacheClient::send(Attempt& attempt, const std::vector<std::uint32_t>& places) {
  std::uint32_t call = 0;
  if (free_calls_.empty()) {
    call = static_cast<std::uint32_t>(calls_.size());
    calls_.emplace_back();
  } else {
    call = free_calls_.back();
    free_calls_.pop_back();
  }
  calls_[call] = {&attempt, places.size(), Reply{}};
  for (const std::uint32_t place : places) {
    std::uint32_t slot = 0;
    if (free_errands_.empty()) {
      slot = static_cast<std::uint32_t>(errands_.size());
      errands_.emplace_back(*this, slot);
    } else {
      slot = free_errands_.back();
      free_errands_.pop_back();
    }
    errands_[slot].begin(call, attempt, place);
  }
}

void CacheClient::done(std::uint32_t number, Reply reply) {
  Calling& call = calls_[number];
  if (call.reply.ok()) call.reply = reply;
  if (--call.left > 0) return;
  std::exchange(call.attempt, nullptr)->conclude(call.reply);
  free_calls_.push_back(number);
}

SlotMap& CacheClient::map_of(const Instance& process) {
  const auto [place, is_new] = maps_.try_emplace(&process);
  SlotMap& map = place->second;
  if (is_new || map.incarnation != process.incarnation()) {
    cluster_->read_map(map);
    map.incarnation = process.incarnation();
  }
  return map;
}

void CacheClient::Errand::begin(std::uint32_t call, Attempt& attempt, std::uint32_t place) {
  call_ = call;
  edge_ = &attempt.edge();
  from_ = &attempt.from();
  incarnation_ = from_->incarnation();
  request_ = attempt.request();
  place_ = place;
  tries_ = 0;
  asks_around_ = false;
  RedisCluster* const cluster = client_.cluster_;
  go(cluster == nullptr ? place : cluster->node_for(client_.map_of(*from_), place, request_));
}

void CacheClient::Errand::go(std::uint32_t node) {
  node_ = node;
  // Distinct for every place of a call and every try: the message keys draws.
  Request request = request_.descend(~place_, tries_ + 1);
  if (client_.cluster_ != nullptr) {
    const bool may_be_replica = !asks_around_ && request.operation == Operation::read &&
                                client_.cluster_->params().read_from == ReadFrom::replica;
    request.part = RedisCluster::part_of(place_, may_be_replica);
    client_.cache_.world().simulation.reschedule_after(timeout_,
                                                       client_.cluster_->params().socket_timeout);
  }
  message_ = &Attempt::make(*edge_, *from_, *client_.cache_.instances()[node], request,
                            request.path, *this);
  message_->only_carries();
  message_->depart();
}

void CacheClient::Errand::answered(Reply reply) {
  message_ = nullptr;
  RedisCluster* const cluster = client_.cluster_;
  if (cluster == nullptr) return end(reply);
  client_.cache_.world().simulation.cancel(timeout_);
  if (from_->incarnation() != incarnation_) return end(Reply{Status::reset});
  if (reply.status == Status::unavailable || reply.status == Status::reset) return not_there();
  const std::uint32_t says = reply.status == Status::rejected ? std::exchange(reply.lease, 0u) : 0;
  const bool is_moved = (says & Redirect::kMoved) != 0;
  if (is_moved || asks_around_) cluster->read_map(client_.map_of(*from_), node_);
  if (!is_moved) return end(reply);
  if (tries_++ == cluster->params().max_redirects) return end(Reply{Status::unavailable});
  asks_around_ = false;
  go(says & ~Redirect::kMoved);
}

void CacheClient::Errand::timed_out() {
  // One that was lost is gone already.
  if (message_ != nullptr) std::exchange(message_, nullptr)->forget();
  if (from_->incarnation() != incarnation_) return end(Reply{Status::reset});
  not_there();
}

void CacheClient::Errand::not_there() {
  RedisCluster& cluster = *client_.cluster_;
  client_.map_of(*from_).away[node_] = 1;
  if (tries_++ == cluster.params().max_redirects) return end(Reply{Status::unavailable});
  asks_around_ = true;
  go(cluster.any_but(node_, request_.descend(place_, tries_)));
}

void CacheClient::Errand::end(Reply reply) {
  client_.free_errands_.push_back(slot_);
  client_.done(call_, reply);
}

}  // namespace highwater::cache
