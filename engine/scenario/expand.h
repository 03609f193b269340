#pragma once

#include <string>

#include "engine/scenario/document.h"

namespace highwater {

/// The document with every default filled in, in declared order: what `show` prints and a run keeps
/// beside its results, so that a changed default cannot silently change an old conclusion. It reads
/// back as the same scenario and expands to itself. Quantities stay as they were written.
/// @param directory  Where the text will stand: names of files are rewritten to be relative to it.
///                   "" leaves those of the scenario file itself as they are.
Value expand(const Document& document, const Language& language, const std::string& directory = "");

}  // namespace highwater
