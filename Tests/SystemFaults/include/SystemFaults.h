// Makes calls of the operating system fail in this process, for tests: the executable's own `write`, `fsync`,
// `fdatasync`, `open`, `openat`, `access`, `rename` and `renameat` stand before the C library's, also for the shared libraries it
// loads (Linux only).
#pragma once

#include <stdint.h>

// Kinds of calls; a plan may be for several. `fault_open` counts opens that may write, `fault_look` those that only read
// and questions whether a file is there, `fault_any` all but these.
typedef enum {
    fault_write = 1, fault_sync = 2, fault_open = 4, fault_rename = 8, fault_look = 16, fault_any = 15
} fault_call;

// From now on calls of the kinds `calls` on files whose path begins with `directory` and ends with `suffix` are counted,
// and after `skip` of them the next `times` fail with `error` (negative: all). A failing write writes the first
// half. A rename's path is its target's. One plan at a time.
void fault_plan(
    fault_call calls, const char *directory, const char *suffix, int64_t skip, int64_t times, int error);

// Ends the plan and returns how many calls matched.
int64_t fault_end(void);
