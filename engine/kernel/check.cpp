#include "engine/kernel/check.h"

#include <cstdio>
#include <cstdlib>

void highwater_check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}
