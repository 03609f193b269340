/// mesh: a proxy beside each process, through which all its calls go and come.
///
/// The proxies take time for each message. They do what calls are told beside their target: what
/// the section says of timeouts, retries, breakers and the rest is written into every call that a
/// component with a sidecar makes and that says nothing of its own, so that `show` prints it there.
/// Only calls to services, load balancers, functions and external services get it: the others speak
/// protocols of their own (SQL, Redis, Kafka), of which the proxies pass on the bytes.
///
/// Assumes  sidecars are up as long as their process and have CPU enough; a retry passes all
///          proxies again, where the caller's own proxy begins it; gossip between instances and
///          what stays within a component pass none; connections are open: no TLS handshakes.
/// Source   Istio 1.12.3 documentation: Traffic Management, Performance and Scalability; Envoy.
/// Checked  tests/mesh/mesh_test.cpp

#include "models/mesh/mesh.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/nearest.h"
#include "models/mesh/mesh_params.h"

namespace highwater::mesh {
namespace {

bool names(const std::vector<ComponentRef>& list, std::string_view id) {
  return std::any_of(list.begin(), list.end(),
                     [&](const ComponentRef& one) { return one.id == id; });
}

/// Whether the processes of a component have a proxy beside them.
bool has_sidecar(const MeshParams& mesh, std::string_view id, std::string_view kind) {
  if (names(mesh.exclude, id)) return false;
  if (!mesh.only.empty()) return names(mesh.only, id);
  constexpr std::array<std::string_view, 5> kWithout{"client", "load_balancer", "function",
                                                     "external", "cluster"};
  return std::find(kWithout.begin(), kWithout.end(), kind) == kWithout.end();
}

/// Whether the proxies understand what is said to components of this kind.
bool speaks_http(std::string_view kind) {
  constexpr std::array<std::string_view, 4> kHttp{"service", "load_balancer", "function",
                                                  "external"};
  return std::find(kHttp.begin(), kHttp.end(), kind) != kHttp.end();
}

/// Whether one of its instances will do as well as another.
bool has_equal_instances(std::string_view kind) {
  return kind != "function";
}

/// Writes the section's defaults into the calls of a scenario.
class Filling {
 public:
  Filling(const Value& section, Value& components) : section_(section), components_(components) {
    Problems unread;  // it has been read without any
    mesh_ = read_params<MeshParams>(section, "", unread);
  }

  void fill() {
    for (Value::Member& member : components_.members()) {
      if (!has_sidecar(mesh_, member.key, kind_of(member.key))) continue;
      if (Value* const calls = member.value.find("calls")) fill_client(*calls);
      fill_steps(member.value);
    }
  }

 private:
  std::string_view kind_of(std::string_view id) const {
    const Value* const component = components_.find(id);
    const Value* const kind = component != nullptr ? component->find("kind") : nullptr;
    return kind != nullptr && kind->is_string() ? std::string_view(kind->text()) : "";
  }

  /// Of a client, whose calls may be no more than their target.
  void fill_client(Value& calls) {
    if (calls.is_string()) {
      Value whole = Value::object();
      whole.set_position(calls.position());
      whole.set("to", calls);
      calls = std::move(whole);
    }
    if (const Value* const to = calls.find("to"); to != nullptr && to->is_string())
      fill_call(calls, std::string(to->text()));
  }

  void fill_steps(Value& value) {
    if (value.is_array()) {
      for (Value& element : value.elements()) fill_steps(element);
    } else if (value.is_object()) {
      if (const Value* const call = value.find("call"); call != nullptr && call->is_string())
        fill_call(value, std::string(call->text()));
      for (Value::Member& member : value.members()) fill_steps(member.value);
    }
  }

  void fill_call(Value& call, const std::string& callee) {
    const std::string_view kind = kind_of(callee);
    if (!speaks_http(kind)) return;
    for (const FieldInfo& field : table_of<CallPolicy>()) fill_in(call, field.name);
    if (has_equal_instances(kind)) fill_in(call, "outlier_detection");
    // An empty list, as `show` prints it, says nothing.
    const Value* const own = call.find("split");
    if (own != nullptr && !(own->is_array() && own->elements().empty())) return;
    Value split = Value::array();
    for (const Value& one : listed("split")) {
      if (one.find("of")->text() != callee) continue;
      Value part = Value::object();
      part.set("to", *one.find("to"));
      part.set("share", *one.find("share"));
      part.set_position(one.position());
      split.set_position(one.position());
      split.push(std::move(part));
    }
    if (!split.elements().empty()) call.set("split", std::move(split));
  }

  void fill_in(Value& call, const std::string& key) const {
    const Value* const given = section_.find(key);
    if (given != nullptr && call.find(key) == nullptr) call.set(key, *given);
  }

  Value::Elements listed(const char* key) const {
    const Value* const list = section_.find(key);
    return list != nullptr ? list->elements() : Value::Elements{};
  }

  const Value& section_;
  Value& components_;
  MeshParams mesh_;
};

void fill(const Value& section, Value& root) {
  Value* const components = root.find("components");
  if (components != nullptr && components->is_object()) Filling(section, *components).fill();
}

/// The proxies between two components.
class Proxies final : public Passage {
 public:
  Proxies(World& world, const Edge& edge, const MeshParams& mesh, bool at_caller, bool at_callee)
      : world_(world),
        latency_(mesh.sidecar.latency),
        at_caller_(at_caller),
        at_callee_(at_callee),
        key_(world.key(edge.from().id() + " -> " + edge.to().id(), "sidecars")) {}

  Duration there(std::uint64_t request, std::uint64_t message) override {
    ++passed_;
    return draw(request, message);
  }
  Duration back(std::uint64_t request, std::uint64_t message) override {
    const Duration time = draw(request, ~message);
    // The same again as on the way there.
    if (took_ != nullptr) took_->record(world_.now(), draw(request, message) + time);
    return time;
  }

  void record_in(Tally& took) { took_ = &took; }
  std::uint64_t passed() const { return passed_; }

 private:
  Duration draw(std::uint64_t request, std::uint64_t message) const {
    RequestRandom random(key_, request, message);
    Duration sum{};
    for (int i = 0; i < at_caller_ + at_callee_; ++i) sum += latency_.draw(random);
    return sum;
  }

  World& world_;
  const Distribution& latency_;
  bool at_caller_, at_callee_;
  RandomKey key_;
  std::uint64_t passed_ = 0;  // requests
  Tally* took_ = nullptr;
};

class Mesh final : public SectionEffect {
 public:
  Mesh(World& world, Directory& directory, const MeshParams& mesh) {
    std::map<std::string, std::vector<const Proxies*>> by_sidecar;
    std::map<std::string, std::vector<Proxies*>> by_caller;
    for (Edge& edge : directory.edges()) {
      const Component& from = edge.from();
      const Component& to = edge.to();
      if (&from == &to) continue;
      const bool at_caller = has_sidecar(mesh, from.id(), from.kind());
      const bool at_callee = has_sidecar(mesh, to.id(), to.kind());
      if (!at_caller && !at_callee) continue;
      Proxies& proxies = proxies_.emplace_back(world, edge, mesh, at_caller, at_callee);
      edge.lead_through(proxies);
      if (at_caller) by_sidecar[from.id()].push_back(&proxies);
      if (at_callee) by_sidecar[to.id()].push_back(&proxies);
      by_caller[from.id()].push_back(&proxies);
    }
    for (const auto& [id, list] : by_caller)
      if (Recorder::Owner* const owner = world.recorder.find(id)) {
        Tally& took = owner->tally("sidecar_ms");
        for (Proxies* const proxies : list) proxies->record_in(took);
      }
    const double cpu = seconds(mesh.sidecar.cpu);
    for (const auto& [id, list] : by_sidecar)
      if (Recorder::Owner* const owner = world.recorder.find(id))
        owner->rate("sidecar_cores", [list = list, cpu](Time) {
          std::uint64_t sum = 0;
          for (const Proxies* const proxies : list) sum += proxies->passed();
          return static_cast<double>(sum) * cpu;
        });
  }

 private:
  std::deque<Proxies> proxies_;
};

class MeshPlan final : public SectionPlan {
 public:
  explicit MeshPlan(MeshParams mesh) : mesh_(std::move(mesh)) {}

  void examine(Directory& directory, const Examination& examination) const override {
    const auto passes = [&](const Edge& edge) {
      return &edge.from() != &edge.to() &&
             (has_sidecar(mesh_, edge.from().id(), edge.from().kind()) ||
              has_sidecar(mesh_, edge.to().id(), edge.to().kind()));
    };
    const auto& edges = directory.edges();
    if (!std::any_of(edges.begin(), edges.end(), passes))
      examination.problems.warning(examination.where.position(), examination.path,
                                   "no call passes a sidecar");
    const Value* const list = examination.where.find("split");
    for (std::size_t i = 0; i < mesh_.split.size(); ++i) {
      const MeshSplitParams& split = mesh_.split[i];
      const auto takes = [&](const Edge& edge) { return splits(split, edge); };
      if (std::any_of(edges.begin(), edges.end(), takes)) continue;
      const Value& of = *list->elements()[i].find("of");
      examination.problems.error(
          of.position(), pointer_to(pointer_to(pointer_to(examination.path, "split"), i), "of"),
          "no call of a component with a sidecar to " + in_quotes(split.of.id) +
              " is there to be split");
    }
  }

  std::unique_ptr<SectionEffect> join(World& world, Directory& directory) const override {
    return std::make_unique<Mesh>(world, directory, mesh_);
  }

 private:
  bool splits(const MeshSplitParams& split, const Edge& edge) const {
    return edge.to().id() == split.to.id &&
           has_sidecar(mesh_, edge.from().id(), edge.from().kind());
  }

  MeshParams mesh_;
};

}  // namespace

void MeshParams::check(const Value& where, const std::string& path, Problems& problems) const {
  const auto* const list = where.find("exclude");
  for (std::size_t i = 0; i < exclude.size(); ++i)
    if (names(only, exclude[i].id))
      problems.error(list->elements()[i].position(), pointer_to(pointer_to(path, "exclude"), i),
                     in_quotes(exclude[i].id) + " is named under \"only\" too");
  std::map<std::string, double> sums;
  for (std::size_t i = 0; i < split.size(); ++i) {
    const std::string at = pointer_to(pointer_to(path, "split"), i);
    const Position position = where.find("split")->elements()[i].position();
    if (split[i].of.id == split[i].to.id)
      problems.error(position, at,
                     in_quotes(split[i].of.id) + " gets the rest of the calls anyway");
    if ((sums[split[i].of.id] += split[i].share.value) > 1 + 1e-9)
      problems.error(position, at, "the shares add up to more than 100%");
  }
}

SectionKind mesh() {
  SectionKind section;
  section.info = kind_info<MeshParams>(
      "mesh",
      "A service mesh: a proxy beside each process, and defaults for the calls of all of them.",
      "Istio 1.12; Envoy", mesh_metrics());
  section.fill = fill;
  section.read = [](Preparation& preparation) -> std::shared_ptr<const SectionPlan> {
    const std::size_t before = preparation.problems.error_count();
    MeshParams params =
        read_params<MeshParams>(preparation.where, preparation.path, preparation.problems);
    if (preparation.problems.error_count() != before) return nullptr;
    return std::make_shared<MeshPlan>(std::move(params));
  };
  return section;
}

std::vector<MetricInfo> mesh_metrics() {
  return {{"sidecar_ms", "ms",
           "With a mesh: what proxies added to its calls, on the way there and back.",
           MetricShape::kTimes},
          {"sidecar_cores", "cores", "With a mesh: CPU cores that its proxies used."}};
}

}  // namespace highwater::mesh
