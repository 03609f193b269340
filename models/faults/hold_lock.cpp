/// hold_lock: somebody takes a lock and does not let go of it: a session idle in its transaction, a
/// process that hangs in its critical section.
///
/// At a database a session takes a connection of the primary and the lock of a row, or of the whole
/// table against all changes, waiting in line like others; it lets go when the fault ends or its
/// node dies. Changes wait behind it, for as long as lock_timeout lets them, each with its
/// connection. At a service the holder is one of its processes, and lets go when that dies too.
///
/// Assumes  the table's lock conflicts with changes and not with reads (EXCLUSIVE); a failover
///          leaves the new primary without the lock.
/// Source   PostgreSQL 15 documentation, 13.3 Explicit Locking; src/backend/storage/lmgr/lock.c
///          (lines of waiters); ALGORITHMS 9.3 lock_contention.
/// Checked  tests/faults/databases_test.cpp

#include "models/faults/faults.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

class HoldLock final : public FaultAction {
 public:
  HoldLock(HasLocks& component, HasLocks::LockName name)
      : component_(component), name_(std::move(name)) {}
  std::string begin() override {
    std::string holder;
    hold_ = component_.hold_lock(name_, holder);
    std::string what = name_.lock ? *name_.lock : name_.key ? "row" : "table";
    if (name_.key) what += " " + std::to_string(*name_.key);
    return "hold lock " + what + " of " + holder;
  }
  void end() override { hold_.reset(); }

 private:
  HasLocks& component_;
  HasLocks::LockName name_;
  std::unique_ptr<HasLocks::Hold> hold_;
};

struct HoldLockFault {
  static constexpr std::string_view kKinds[] = {"database", "service"};
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string hold_lock;
  FaultTiming timing;
  std::optional<std::string> lock;
  std::optional<std::uint64_t> key;

  static constexpr auto fields() {
    using F = HoldLockFault;
    return Fields{
        field<&F::hold_lock>("A database with locks, or a service with lock steps.").required(),
        inlined<&F::timing>(), field<&F::lock>("Of a service: the lock that its steps name."),
        field<&F::key>(
            "The row of a database, or of a service's lock that there is for each key, the "
            "key. Unless given, all rows of every shard of a database.")};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    const auto* locks = examine_point<HasLocks>(component, "hold_lock", examination);
    if (locks == nullptr) return;
    examine_lack(component, locks->lacks_lock({lock, key}), "hold_lock", examination);
  }
  std::unique_ptr<FaultAction> arm(World&, Directory& directory, const Target& target,
                                   const Strike&) const {
    return std::make_unique<HoldLock>(point_of<HasLocks>(directory.component(target.component)),
                                      HasLocks::LockName{lock, key});
  }
};

}  // namespace

FaultKind hold_lock() {
  return fault_kind<HoldLockFault>("hold_lock", &HoldLockFault::hold_lock, Aim::whole,
                                   "A lock is held until the fault ends.",
                                   "PostgreSQL 13.3 Explicit Locking");
}

}  // namespace highwater::faults
