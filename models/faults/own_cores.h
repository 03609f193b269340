#pragma once

namespace highwater {
class Component;
}

namespace highwater::faults {

/// Whether its instances compute on cores that a fault can take from them.
///
/// Checked  tests/faults/burn_test.cpp, tests/faults/slow_test.cpp
bool has_own_cores(const Component& component);

}  // namespace highwater::faults
