#pragma once

namespace highwater::viewer {
}  // namespace highwater::viewer
