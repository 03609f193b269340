#pragma once

/// Prints "file:line: check failed: condition" to stderr and aborts. Not for bad input.
[[noreturn]] void highwater_check_failed(const char* file, int line, const char* condition);

/// States what must be true here. Stays on in release builds: a wrong answer that looks right costs
/// more than a stopped run. For bugs only; bad input goes through highwater::Problems.
#define HIGHWATER_CHECK(condition)                            \
  do {                                                        \
    if (!(condition)) [[unlikely]]                            \
      highwater_check_failed(__FILE__, __LINE__, #condition); \
  } while (false)

/// The same for the few places where a measurement showed the check to cost too much. On unless
/// NDEBUG is defined.
#ifdef NDEBUG
#define HIGHWATER_DCHECK(condition) static_cast<void>(0)
#else
#define HIGHWATER_DCHECK(condition) HIGHWATER_CHECK(condition)
#endif
