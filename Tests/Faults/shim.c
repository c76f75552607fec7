// Preloaded into a program, it makes the disk below one directory fail, or cuts the power.
//
//     FAULT_DIRECTORY   the directory whose files it watches
//     FAULT_PLAN        CALL:FIRST:TIMES:ERROR   from the FIRST call of that kind on, TIMES of them (-1: all) end with
//                                                the error number; CALL is write, sync, open, rename, or
//                                                look for whatever asks for a file by its name
//                       cut:N:KEEP:ZEROS         at the N-th operation that changes files the power goes: of what was
//                                                not synced KEEP hundredths are kept and the rest is dropped, or is
//                                                zeros when ZEROS is 1: lengths are written before bytes may be
//     FAULT_SUFFIX      for errors: the files whose names end so (or contain it, with * before it)
//     FAULT_HIT         a file that is made when a call ends with an error
//
// The power cut follows ext4 with ordered data: a file loses the bytes behind those of its last sync; names that were
// made, changed or removed since the last sync of anything are as they were at it.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real_call(#name))

static void *real_call(const char *name) { return dlsym(RTLD_NEXT, name); }

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char directory[PATH_MAX], trash[PATH_MAX + 16], planned[16], suffix[64], hit[PATH_MAX];
static long first, times, argument, seen, operations;
static bool cuts;

// The bytes of a file that are on the disk, by inode.
static struct { ino_t inode; off_t synced; } files[65536];
static int file_count;

// What is undone when the power goes, newest last.
enum change { created, renamed, removed };
static struct { enum change change; char path[PATH_MAX], from[PATH_MAX], kept[PATH_MAX]; } changes[4096];
static int change_count, kept_count;

__attribute__((constructor)) static void start(void) {
    const char *where = getenv("FAULT_DIRECTORY"), *plan = getenv("FAULT_PLAN");
    if (where == NULL || plan == NULL) return;
    snprintf(directory, sizeof directory, "%s", where);
    snprintf(trash, sizeof trash, "%s.trash", where);
    if (getenv("FAULT_SUFFIX")) snprintf(suffix, sizeof suffix, "%s", getenv("FAULT_SUFFIX"));
    if (getenv("FAULT_HIT")) snprintf(hit, sizeof hit, "%s", getenv("FAULT_HIT"));
    sscanf(plan, "%15[^:]:%ld:%ld:%ld", planned, &first, &times, &argument);
    cuts = strcmp(planned, "cut") == 0;
    if (cuts) mkdir(trash, 0700);
}

static bool is_watched(const char *path) {
    size_t length = strlen(directory);
    return length > 0 && strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static bool is_wanted(const char *path) {
    if (suffix[0] == '*') return strstr(path, suffix + 1) != NULL;
    size_t length = strlen(path), wanted = strlen(suffix);
    return length >= wanted && strcmp(path + length - wanted, suffix) == 0;
}

// The absolute path of a name; false for those that are not watched.
static bool absolute(int at, const char *name, char *path) {
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
    } else {
        char link[64], base[PATH_MAX];
        if (at == AT_FDCWD) {
            if (getcwd(base, sizeof base) == NULL) return false;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", at);
            ssize_t length = readlink(link, base, sizeof base - 1);
            if (length < 0) return false;
            base[length] = 0;
        }
        if (snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) return false;
    }
    return is_watched(path);
}

static bool path_of(int descriptor, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return false;
    path[length] = 0;
    return is_watched(path);
}

static off_t *synced_bytes(ino_t inode) {
    for (int index = 0; index < file_count; index++)
        if (files[index].inode == inode) return &files[index].synced;
    return NULL;
}

static void note_file(int descriptor, bool is_new) {
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return;
    off_t *synced = synced_bytes(status.st_ino);
    if (synced == NULL && file_count < 65536) {
        files[file_count].inode = status.st_ino;
        synced = &files[file_count++].synced;
        *synced = is_new ? 0 : status.st_size;
    }
    // Emptied by opening, or an inode's number used again.
    if (synced != NULL && (is_new || *synced > status.st_size)) *synced = is_new ? 0 : status.st_size;
}

static void note_change(enum change change, const char *path, const char *from, const char *kept) {
    if (change_count == 4096) abort();
    changes[change_count].change = change;
    snprintf(changes[change_count].path, PATH_MAX, "%s", path);
    snprintf(changes[change_count].from, PATH_MAX, "%s", from);
    snprintf(changes[change_count++].kept, PATH_MAX, "%s", kept);
}

// A second name for a file that is about to lose its own.
static const char *keep(const char *path) {
    static char kept[PATH_MAX + 64];
    snprintf(kept, sizeof kept, "%s/%d", trash, kept_count++);
    return link(path, kept) == 0 ? kept : "";
}


static void cut_power(void) {
    for (int index = change_count - 1; index >= 0; index--) {
        const char *path = changes[index].path, *kept = changes[index].kept;
        switch (changes[index].change) {
        case created: REAL(unlink)(path); break;
        case removed: if (kept[0]) link(kept, path); break;
        case renamed:
            REAL(rename)(path, changes[index].from);
            if (kept[0]) link(kept, path);
            break;
        }
    }
    DIR *folder = opendir(directory);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char path[PATH_MAX];
        struct stat status;
        if (snprintf(path, sizeof path, "%s/%s", directory, entry->d_name) >= (int)sizeof path) continue;
        if (REAL(stat)(path, &status) != 0 || !S_ISREG(status.st_mode)) continue;
        off_t *synced = synced_bytes(status.st_ino);
        if (synced == NULL || *synced >= status.st_size) continue;
        // `times` holds how many hundredths of the rest are kept.
        off_t kept_bytes = *synced + (status.st_size - *synced) * times / 100;
        // Disks write whole sectors.
        if (argument == 1) kept_bytes = kept_bytes / 512 * 512 > *synced ? kept_bytes / 512 * 512 : *synced;
        if (truncate(path, kept_bytes) != 0) abort();
        if (argument == 1 && truncate(path, status.st_size) != 0) abort();
    }
    raise(SIGKILL);
}

// Comes before each operation that changes files, with the mutex held.
static void count_operation(void) {
    operations++;
    if (cuts && operations == first) cut_power();
}

static bool fails(const char *call, const char *path) {
    if (strcmp(planned, call) != 0 || !is_wanted(path)) return false;
    seen++;
    if (seen < first || times == 0) return false;
    if (times > 0) times--;
    int made = hit[0] ? REAL(openat)(AT_FDCWD, hit, O_WRONLY | O_CREAT, 0600) : -1;
    if (made >= 0) close(made);
    errno = (int)argument;
    return true;
}

static int open_watched(int at, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!absolute(at, name, path)) return REAL(openat)(at, name, flags, mode);
    pthread_mutex_lock(&mutex);
    int result = -1;
    if (!fails("open", path) && !fails("look", path)) {
        bool is_new = (flags & O_CREAT) && REAL(access)(path, F_OK) != 0;
        if (is_new || (flags & O_TRUNC)) count_operation();
        result = REAL(openat)(at, name, flags, mode);
        if (result >= 0 && cuts && (flags & O_ACCMODE) != O_RDONLY) {
            note_file(result, is_new || (flags & O_TRUNC));
            if (is_new) note_change(created, path, "", "");
        }
    }
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

#define OPEN(name, at, ...)                                                                                            \
    int name(__VA_ARGS__, int flags, ...) {                                                                            \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;                                        \
        va_end(list);                                                                                                  \
        return open_watched(at, path, flags, mode);                                                                    \
    }

OPEN(open, AT_FDCWD, const char *path)
OPEN(open64, AT_FDCWD, const char *path)
OPEN(openat, at, int at, const char *path)
OPEN(openat64, at, int at, const char *path)

ssize_t write(int descriptor, const void *bytes, size_t count) {
    char path[PATH_MAX];
    if (!directory[0] || !path_of(descriptor, path)) return REAL(write)(descriptor, bytes, count);
    pthread_mutex_lock(&mutex);
    ssize_t result = -1;
    if (fails("write", path)) {
        // What a full disk does: some of it fits, the next call fails.
        int error = errno;
        if (count > 1 && REAL(write)(descriptor, bytes, count / 2) < 0) {}
        errno = error;
    } else {
        count_operation();
        result = REAL(write)(descriptor, bytes, count);
    }
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

static int sync_watched(int descriptor, int (*real)(int)) {
    char path[PATH_MAX];
    if (!directory[0] || !path_of(descriptor, path)) return real(descriptor);
    pthread_mutex_lock(&mutex);
    int result = -1;
    if (!fails("sync", path)) {
        count_operation();
        result = real(descriptor);
        if (result == 0 && cuts) {
            struct stat status;
            off_t *synced = fstat(descriptor, &status) == 0 ? synced_bytes(status.st_ino) : NULL;
            if (synced != NULL) *synced = status.st_size;
            // The journal is written, with all names up to here.
            change_count = 0;
        }
    }
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

int fsync(int descriptor) { return sync_watched(descriptor, REAL(fsync)); }
int fdatasync(int descriptor) { return sync_watched(descriptor, REAL(fdatasync)); }

// Whether asking for a file by its name fails.
static bool is_unseen(int at, const char *name) {
    char path[PATH_MAX];
    if (strcmp(planned, "look") != 0 || !absolute(at, name, path)) return false;
    pthread_mutex_lock(&mutex);
    bool result = fails("look", path);
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

int access(const char *path, int mode) {
    return is_unseen(AT_FDCWD, path) ? -1 : REAL(access)(path, mode);
}
int stat(const char *restrict path, struct stat *restrict status) {
    return is_unseen(AT_FDCWD, path) ? -1 : REAL(stat)(path, status);
}
int lstat(const char *restrict path, struct stat *restrict status) {
    return is_unseen(AT_FDCWD, path) ? -1 : REAL(lstat)(path, status);
}
int fstatat(int at, const char *restrict path, struct stat *restrict status, int flags) {
    return is_unseen(at, path) ? -1 : REAL(fstatat)(at, path, status, flags);
}

static int rename_watched(int from_at, const char *from, int to_at, const char *to) {
    char old[PATH_MAX], new[PATH_MAX];
    if (!absolute(to_at, to, new) || !absolute(from_at, from, old)) return REAL(renameat)(from_at, from, to_at, to);
    pthread_mutex_lock(&mutex);
    int result = -1;
    if (!fails("rename", new)) {
        count_operation();
        const char *kept = cuts && REAL(access)(new, F_OK) == 0 ? keep(new) : "";
        result = REAL(renameat)(from_at, from, to_at, to);
        if (result == 0 && cuts) note_change(renamed, new, old, kept);
    }
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

int rename(const char *from, const char *to) { return rename_watched(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_at, const char *from, int to_at, const char *to) {
    return rename_watched(from_at, from, to_at, to);
}

static int unlink_watched(int at, const char *name, int flags) {
    char path[PATH_MAX];
    if ((flags & AT_REMOVEDIR) || !absolute(at, name, path)) return REAL(unlinkat)(at, name, flags);
    pthread_mutex_lock(&mutex);
    count_operation();
    const char *kept = cuts && REAL(access)(path, F_OK) == 0 ? keep(path) : "";
    int result = REAL(unlinkat)(at, name, flags);
    if (result == 0 && cuts) note_change(removed, path, "", kept);
    int error = errno;
    pthread_mutex_unlock(&mutex);
    errno = error;
    return result;
}

int unlink(const char *path) { return unlink_watched(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return unlink_watched(at, path, flags); }
int remove(const char *path) { return unlink_watched(AT_FDCWD, path, 0); }
