/// flush: a cache is emptied, or a share of its keys is deleted.
///
/// It is a command like any other: replicas follow it with their lag, a file that keeps what is
/// stored loses it too, and local tiers that are told of changes hear of it. A replica of a cluster
/// refuses it. At a service the local tiers in its processes are emptied.
///
/// Assumes  it takes the cache no time (FLUSHALL ASYNC).
/// Source   Redis 7.0 FLUSHALL, UNLINK, src/db.c; Varnish ban; ALGORITHMS 9.3 cache_flush.
/// Checked  tests/faults/caches_test.cpp

#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

class Flush final : public FaultAction {
 public:
  Flush(Victims choose, HasEntries& store, double share, RandomKey salt)
      : choose_(std::move(choose)), store_(store), share_(share), salt_(salt) {}
  std::string begin() override {
    const std::vector<Instance*> victims = choose_();
    std::uint64_t entries = 0;
    for (Instance* victim : victims) entries += store_.flush(*victim, share_, salt_);
    return "flush " + list_of(victims) + ": " + std::to_string(entries) + " entries";
  }
  void end() override {}  // what is gone is gone

 private:
  Victims choose_;
  HasEntries& store_;
  double share_;
  RandomKey salt_;
};

struct FlushFault {
  static constexpr std::string_view kKinds[] = {"cache", "service"};
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string flush;
  FaultTiming timing;
  FaultExtent extent;
  Fraction fraction{1};

  static constexpr auto fields() {
    return Fields{field<&FlushFault::flush>("The cache, or one of its nodes: \"redis[2]\"; or a "
                                            "service that has local tiers.")
                      .required(),
                  inlined<&FlushFault::timing>(), inlined<&FlushFault::extent>(),
                  field<&FlushFault::fraction>("Such a share of the keys, chosen by chance; the "
                                               "same ones on all nodes.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (timing.lasts)
      problems.error(where.find("for")->position(), pointer_to(path, "for"),
                     "a flush is over at once, and what is gone does not come back");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    if (const auto* store = examine_point<HasEntries>(component, "flush", examination))
      examine_lack(component, store->lacks_entries(), "flush", examination);
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Flush>(choose_instances(world, directory, target, extent, strike),
                                   point_of<HasEntries>(directory.component(target.component)),
                                   fraction.value, salt_of(world, "flush", strike));
  }
};

}  // namespace

FaultKind flush() {
  return fault_kind<FlushFault>("flush", &FlushFault::flush, Aim::members,
                                "A cache is emptied, or a share of its keys is deleted.",
                                "Redis FLUSHALL");
}

}  // namespace highwater::faults
