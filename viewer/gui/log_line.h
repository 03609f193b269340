#pragma once

#include "engine/report/results.h"
#include "viewer/draw/look.h"

namespace highwater::viewer {

/// What has happened, and when; on one line unless it `wraps`.
void log_line(const Look& look, const LogEntry& entry, bool wraps);

}  // namespace highwater::viewer
