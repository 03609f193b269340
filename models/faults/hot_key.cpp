/// hot_key: a share of a client's requests is about a few keys that were no more popular than
/// others: a celebrity's post, a product on sale.
///
/// Which requests, and to which of those keys, is drawn apart from everything else: all others keep
/// the keys that they would have had.
///
/// Assumes  those keys are as popular as each other; requests of a session stay with its first key.
/// Source   Y. Yang et al., A Large Scale Analysis of Hundreds of In-memory Cache Clusters at
///          Twitter, OSDI 2020; ALGORITHMS 9.3 hot_key.
/// Checked  tests/faults/clients_test.cpp

#include <algorithm>

#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

class HotKey final : public GradualAction {
 public:
  HotKey(HasKeys& client, std::string name, double share, std::vector<std::uint64_t> keys,
         RandomKey draws)
      : client_(client), name_(std::move(name)), share_(share) {
    heat_.keys = std::move(keys);
    heat_.draws = draws;
  }

 private:
  std::string aim() override { return "hot key of " + name_ + list_keys(); }
  void apply(double strength) override {
    heat_.share = share_ * strength;
    client_.heat(heat_);
  }
  void withdraw(double) override { client_.cool(heat_); }
  std::string list_keys() const {
    constexpr std::size_t kMost = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(heat_.keys.size(), kMost); ++i)
      text += (i == 0 ? ": " : ", ") + std::to_string(heat_.keys[i]);
    return text + (heat_.keys.size() > kMost ? " and others" : "");
  }

  HasKeys& client_;
  std::string name_;
  double share_;
  HasKeys::Heat heat_;  // the client knows it by its address
};

struct HotKeyFault {
  static constexpr std::string_view kKinds[] = {"client"};
  static constexpr std::string_view kTrials[] = {R"({"share": "50%"})"};

  std::string hot_key;
  FaultTiming timing;
  FaultRamp gradual;
  Fraction share{0.5};
  std::uint32_t keys = 1;
  std::optional<std::uint64_t> first;

  static constexpr auto fields() {
    using F = HotKeyFault;
    return Fields{field<&F::hot_key>("The client whose users turn to those keys.").required(),
                  inlined<&F::timing>(),
                  inlined<&F::gradual>(),
                  field<&F::share>("Share of the requests that is about them."),
                  field<&F::keys>("How many there are.").at_least(1u).at_most(100'000u),
                  field<&F::first>("The first of them, the others follow; drawn from all keys "
                                   "unless given.")};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    const auto& client = dynamic_cast<const HasKeys&>(component);
    const std::uint64_t items = client.keys();
    if (items == 0)
      report_fault(examination, "hot_key", "hot_key",
                   in_quotes(component.id()) + " has no \"keys\" of which some could be hot");
    else if (keys > items)
      report_fault(examination, "keys", "hot_key",
                   in_quotes(component.id()) + " has " + std::to_string(items) + " keys");
    else if (first && *first > items - keys)
      report_fault(examination, "first", "hot_key", "the last key is " + std::to_string(items - 1));
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    auto& client = dynamic_cast<HasKeys&>(directory.component(target.component));
    std::vector<std::uint64_t> chosen;
    RandomStream random = world.stream("hot_key", strike.key());
    const std::uint64_t items = client.keys();
    // One after the other from a place drawn by chance where most of them are wanted.
    const bool row = first || keys > items / 2;
    const std::uint64_t begin = first ? *first : random.below(items);
    while (chosen.size() < keys) {
      const std::uint64_t key = row ? (begin + chosen.size()) % items : random.below(items);
      if (row || std::find(chosen.begin(), chosen.end(), key) == chosen.end())
        chosen.push_back(key);
    }
    return std::make_unique<HotKey>(client, target.text(), share.value, std::move(chosen),
                                    world.key("hot_key requests", strike.key()));
  }
};

}  // namespace

FaultKind hot_key() {
  return fault_kind<HotKeyFault>("hot_key", &HotKeyFault::hot_key, Aim::whole,
                                 "A share of a client's requests turns to a few keys.",
                                 "Yang et al., OSDI 2020");
}

}  // namespace highwater::faults
