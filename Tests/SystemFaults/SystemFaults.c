#define _GNU_SOURCE
#include "SystemFaults.h"

#ifdef __linux__

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
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
    fault_call calls, const char *directory, const char *suffix, int64_t skip, int64_t times, int error
) {
    pthread_mutex_lock(&mutex);
    snprintf(wanted_directory, sizeof wanted_directory, "%s", directory);
    snprintf(wanted_suffix, sizeof wanted_suffix, "%s", suffix);
    remaining_skip = skip;
    remaining_times = times;
    error_number = error;
    matched = 0;
    atomic_store(&planned, calls);
    pthread_mutex_unlock(&mutex);
}

int64_t fault_end(void) {
    pthread_mutex_lock(&mutex);
    atomic_store(&planned, 0);
    int64_t count = matched;
    pthread_mutex_unlock(&mutex);
    return count;
}

static bool is_planned(fault_call call) { return (atomic_load(&planned) & (int)call) != 0; }

static bool is_wanted(const char *path, size_t length) {
    size_t suffix = strlen(wanted_suffix);
    return strncmp(path, wanted_directory, strlen(wanted_directory)) == 0 && length >= suffix
        && strcmp(path + length - suffix, wanted_suffix) == 0;
}

// The error that this call on `path` is to end with; 0 for none.
static int fault_at(fault_call call, const char *path) {
    pthread_mutex_lock(&mutex);
    int error = 0;
    if (is_planned(call) && is_wanted(path, strlen(path))) {
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

// The path of an open file.
static bool path_of(int descriptor, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return false;
    path[length] = 0;
    return true;
}

static int fault_for(fault_call call, int descriptor) {
    char path[4096];
    if (!is_planned(call) || !path_of(descriptor, path, sizeof path)) return 0;
    return fault_at(call, path);
}

// The same for a name below a directory that is open.
static int fault_below(fault_call call, int directory, const char *name) {
    if (!is_planned(call)) return 0;
    if (name[0] == '/' || directory == AT_FDCWD) return fault_at(call, name);
    char path[4096 + 256];
    if (!path_of(directory, path, 4096)) return 0;
    size_t length = strlen(path);
    snprintf(path + length, sizeof path - length, "/%s", name);
    return fault_at(call, path);
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

static bool may_write(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

static mode_t mode_in(int flags, va_list arguments) { return flags & O_CREAT ? va_arg(arguments, mode_t) : 0; }

int open(const char *path, int flags, ...) {
    static real_function found;
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))next(&found, "open");
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_in(flags, arguments);
    va_end(arguments);
    int error = fault_below(may_write(flags) ? fault_open : fault_look, AT_FDCWD, path);
    if (error == 0) return real(path, flags, mode);
    errno = error;
    return -1;
}

int openat(int directory, const char *name, int flags, ...) {
    static real_function found;
    int (*real)(int, const char *, int, ...) = (int (*)(int, const char *, int, ...))next(&found, "openat");
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_in(flags, arguments);
    va_end(arguments);
    int error = fault_below(may_write(flags) ? fault_open : fault_look, directory, name);
    if (error == 0) return real(directory, name, flags, mode);
    errno = error;
    return -1;
}

// Large-file names, which libraries built with _FILE_OFFSET_BITS=64 call.
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int directory, const char *name, int flags, ...) __attribute__((alias("openat")));

int access(const char *path, int mode) {
    static real_function found;
    int (*real)(const char *, int) = (int (*)(const char *, int))next(&found, "access");
    int error = fault_below(fault_look, AT_FDCWD, path);
    if (error == 0) return real(path, mode);
    errno = error;
    return -1;
}

int rename(const char *from, const char *to) {
    static real_function found;
    int (*real)(const char *, const char *) = (int (*)(const char *, const char *))next(&found, "rename");
    int error = fault_below(fault_rename, AT_FDCWD, to);
    if (error == 0) return real(from, to);
    errno = error;
    return -1;
}

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
    static real_function found;
    int (*real)(int, const char *, int, const char *) =
        (int (*)(int, const char *, int, const char *))next(&found, "renameat");
    int error = fault_below(fault_rename, to_directory, to);
    if (error == 0) return real(from_directory, from, to_directory, to);
    errno = error;
    return -1;
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
    fault_call calls, const char *directory, const char *suffix, int64_t skip, int64_t times, int error
) {}
int64_t fault_end(void) { return 0; }

#endif
