#pragma once

#include <string>

namespace highwater::cli {

/// Finds out before an hour of simulation, not after it, that nothing can be written.
/// @param out  As of --out; empty for results/.
/// @throws RunFolderError naming the place.
void require_writable(const std::string& out);

/// Of this machine; empty where it has none.
std::string host_name();

}  // namespace highwater::cli
