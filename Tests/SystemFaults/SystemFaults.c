#define _GNU_SOURCE
#include "SystemFaults.h"

#ifdef __linux__

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int planned;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char wanted_directory[4096], wanted_suffix[256];
static int64_t remaining_skip, remaining_times, matched;
static int error_number;

void fault_plan(
    fault_call call, const char *directory, const char *suffix, int64_t skip, int64_t times, int error
) {
    pthread_mutex_lock(&mutex);
    snprintf(wanted_directory, sizeof wanted_directory, "%s", directory);
    snprintf(wanted_suffix, sizeof wanted_suffix, "%s", suffix);
    remaining_skip = skip;
    remaining_times = times;
    error_number = error;
    matched = 0;
    atomic_store(&planned, call);
    pthread_mutex_unlock(&mutex);
}

int64_t fault_end(void) {
    pthread_mutex_lock(&mutex);
    atomic_store(&planned, 0);
    int64_t count = matched;
    pthread_mutex_unlock(&mutex);
    return count;
}

static bool is_wanted(const char *path, ssize_t length) {
    ssize_t suffix = strlen(wanted_suffix);
    return strncmp(path, wanted_directory, strlen(wanted_directory)) == 0 && length >= suffix
        && strcmp(path + length - suffix, wanted_suffix) == 0;
}

// The error that this call is to end with; 0 for none.
static int fault_for(fault_call call, int descriptor) {
    if (atomic_load(&planned) != (int)call) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    pthread_mutex_lock(&mutex);
    int error = 0;
    if (atomic_load(&planned) == (int)call && is_wanted(path, length)) {
        matched++;
        if (remaining_skip > 0) {
            remaining_skip--;
        } else if (remaining_times != 0) {
            if (remaining_times > 0) remaining_times--;
            error = error_number;
        }
    }
    pthread_mutex_unlock(&mutex);
    return error;
}

typedef _Atomic(void *) real_function;

// The system's own function; looked up once, by whichever thread comes first.
static void *next(real_function *found, const char *name) {
    void *function = atomic_load_explicit(found, memory_order_acquire);
    if (function == NULL) {
        function = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(found, function, memory_order_release);
    }
    return function;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    static real_function found;
    ssize_t (*real)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))next(&found, "write");
    int error = fault_for(fault_write, descriptor);
    if (error == 0) return real(descriptor, bytes, count);
    // What a full disk does: some of it fits, the next call fails.
    if (count > 1) real(descriptor, bytes, count / 2);
    errno = error;
    return -1;
}

static int faulty_sync(int descriptor, int (*real)(int)) {
    int error = fault_for(fault_sync, descriptor);
    if (error == 0) return real(descriptor);
    errno = error;
    return -1;
}

int fsync(int descriptor) {
    static real_function found;
    return faulty_sync(descriptor, (int (*)(int))next(&found, "fsync"));
}

int fdatasync(int descriptor) {
    static real_function found;
    return faulty_sync(descriptor, (int (*)(int))next(&found, "fdatasync"));
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

// Swift's Mutex is taken and given back in our code, where the thread sanitizer sees it, while nobody waits for it; else in
// the standard library, where it does not: without this, whatever such a lock guards would look like a race.
extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

#define LOCK_SLOWLY "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
SWIFT void lock_slowly(uint32_t owner, SELF handle) __asm__(LOCK_SLOWLY);
SWIFT void lock_slowly(uint32_t owner, SELF handle) {
    static real_function found;
    SWIFT void (*real)(uint32_t, SELF) = next(&found, LOCK_SLOWLY);
    real(owner, handle);
    __tsan_acquire(handle);
}

#define UNLOCK_SLOWLY "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
SWIFT void unlock_slowly(SELF handle) __asm__(UNLOCK_SLOWLY);
SWIFT void unlock_slowly(SELF handle) {
    static real_function found;
    SWIFT void (*real)(SELF) = next(&found, UNLOCK_SLOWLY);
    __tsan_release(handle);
    real(handle);
}

#endif
#endif

#else

void fault_plan(
    fault_call call, const char *directory, const char *suffix, int64_t skip, int64_t times, int error
) {}
int64_t fault_end(void) { return 0; }

#endif
