#include "models/messaging/group_protocol.h"

#include <charconv>
#include <utility>

#include "engine/kernel/check.h"

namespace highwater::messaging {

GroupProtocol::GroupProtocol(Simulation& simulation, GroupListener& listener,
                             const GroupClientOptions& options, bool static_members,
                             std::uint32_t partitions)
    : simulation_(simulation),
      listener_(listener),
      clients_(options, {{"topic", partitions}}),
      static_members_(static_members),
      next_(*this) {}

std::string GroupProtocol::name_of(std::uint32_t consumer) {
  // As wide as any, so that the assignors' order by name is that of the numbers.
  std::string digits = std::to_string(consumer);
  return std::string(10 - digits.size(), '0') + digits;
}

std::uint32_t GroupProtocol::number_of(const std::string& name) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  HIGHWATER_CHECK(error == std::errc());
  return number;
}

void GroupProtocol::started(std::uint32_t consumer) {
  start(consumer);
  tell();
}

void GroupProtocol::closed(std::uint32_t consumer) {
  clients_.close(now(), name_of(consumer), events_);
  tell();
}

void GroupProtocol::rejoins(std::uint32_t consumer) {
  clients_.close(now(), name_of(consumer), events_);
  start(consumer);
  tell();
}

void GroupProtocol::start(std::uint32_t consumer) {
  const std::string name = name_of(consumer);
  std::optional<std::string> instance;
  if (static_members_) instance = name;
  clients_.start(now(), name, {0}, std::move(instance), events_);
}

void GroupProtocol::killed(std::uint32_t consumer) {
  clients_.kill(now(), name_of(consumer), events_);
  tell();
}

void GroupProtocol::freeze(std::uint32_t consumer, bool frozen) {
  clients_.freeze(now(), name_of(consumer), frozen, events_);
  tell();
}

void GroupProtocol::polls(std::uint32_t consumer, bool polls) {
  clients_.set_polling(now(), name_of(consumer), polls, events_);
  tell();
}

void GroupProtocol::tick() {
  clients_.tick(now(), events_);
  tell();
}

void GroupProtocol::tell() {
  // What a listener does may lead to more: that is told after this, in order.
  if (std::exchange(telling_, true)) return;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const GroupEvent event = events_[i];
    switch (event.kind) {
      case GroupEvent::Kind::revoke:
      case GroupEvent::Kind::lose:
        listener_.revoked(number_of(event.member), event.partitions);
        break;
      case GroupEvent::Kind::assign:
        listener_.assigned(number_of(event.member), event.partitions);
        break;
      case GroupEvent::Kind::leave:
      case GroupEvent::Kind::remove:
        listener_.gone(number_of(event.member));
        break;
      case GroupEvent::Kind::stable:
        listener_.at_rest(event.generation);
        break;
    }
  }
  events_.clear();
  telling_ = false;
  const std::int64_t due = clients_.next();
  if (due == GroupClients::kNever)
    simulation_.cancel(next_);
  else
    simulation_.reschedule_at(next_, std::max(Time{Duration{due}}, simulation_.now()));
}

}  // namespace highwater::messaging
