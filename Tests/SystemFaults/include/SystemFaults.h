// Makes calls of the operating system fail in this process, for tests: the executable's own `write`, `fsync` and
// `fdatasync` stand before the C library's, also for the shared libraries it loads (Linux only).
#pragma once

#include <stdint.h>

typedef enum { fault_write = 1, fault_sync = 2 } fault_call;

// From now on calls of kind `call` on files whose path begins with `directory` and ends with `suffix` are counted,
// and after `skip` of them the next `times` fail with `error` (negative: all). A failing write writes the first
// half. One plan at a time.
void fault_plan(
    fault_call call, const char *directory, const char *suffix, int64_t skip, int64_t times, int error);

// Ends the plan and returns how many calls matched.
int64_t fault_end(void);
